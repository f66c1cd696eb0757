import Synchronization

/// Bytes that requests hold together, with a limit.
final class ByteBudget: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    /// A budget of `limit` bytes.
    init(limit: Int) {
        self.limit = limit
    }

    /// Takes bytes; says whether there were that many left.
    func reserve(_ count: Int) -> Bool {
        guard used.wrappingAdd(count, ordering: .relaxed).newValue > limit else { return true }
        if count == 0 { return true }
        used.wrappingSubtract(count, ordering: .relaxed)
        return false
    }

    /// Gives bytes back.
    func release(_ count: Int) {
        used.wrappingSubtract(count, ordering: .relaxed)
    }
}
