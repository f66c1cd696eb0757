import Synchronization

/// A fixed number of atomic counters side by side; every access is checked.
///
/// The standard library has no array of noncopyable atomics, hence the memory of its own: allocated and initialised once,
/// freed when the last owner goes, never handed out.
@safe
final class AtomicCells: @unchecked Sendable {
    // Sendable: the pointer and the count never change after init, and the cells behind it are atomic.
    private let cells: UnsafeMutablePointer<Atomic<UInt64>>
    let count: Int

    init(count: Int) {
        self.count = count
        unsafe cells = .allocate(capacity: count)
        for index in 0..<count { unsafe (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        unsafe cells.deinitialize(count: count)
        unsafe cells.deallocate()
    }

    @inline(__always)
    func increment(_ index: Int) {
        precondition(index >= 0 && index < count)
        unsafe cells[index].wrappingAdd(1, ordering: .relaxed)
    }

    func add(_ amount: UInt64, to index: Int) {
        precondition(index >= 0 && index < count)
        unsafe cells[index].wrappingAdd(amount, ordering: .relaxed)
    }

    /// The value of a cell, which becomes zero.
    func take(_ index: Int) -> UInt64 {
        precondition(index >= 0 && index < count)
        return unsafe cells[index].exchange(0, ordering: .relaxed)
    }
}
