import ApusModel
import Glibc
import Synchronization

/// Keeps some of the disk free, so that a full disk stops appending before it stops what gives space back.
///
/// Appending is refused while less is free than the reserve, and goes on by itself when there is more again.
package final class DiskReserve: Sendable {
    private let folder: String
    /// The bytes that are kept free; 0 keeps none.
    package let bytes: Int
    /// When to look again, in milliseconds of the clock that only goes forward.
    private let nextLook = Atomic<Int>(0)
    private let refusals = Atomic<Int>(0)

    private static let lookInterval = 100

    /// A reserve on the disk of `folder`: `limit` bytes, or a hundredth of the disk where that is less.
    package init(folder: String, limit: Int) {
        self.folder = folder
        let size = Self.size(of: folder)?.total ?? .max
        bytes = max(0, min(limit, size / 100))
    }

    /// The times that appending was refused.
    package var refusalCount: Int { refusals.load(ordering: .relaxed) }

    /// The bytes that are free on the disk; `nil` when the system does not say.
    package func freeBytes() -> Int? { Self.size(of: folder)?.free }

    /// The bytes of the whole disk; `nil` when the system does not say.
    func totalBytes() -> Int? { Self.size(of: folder)?.total }

    /// Refuses when less is free than the reserve; the disk is looked at ten times a second, always when there is little left.
    func demandSpace() throws(AppendError) {
        guard bytes > 0 else { return }
        let now = monotonicMilliseconds()
        if now < nextLook.load(ordering: .relaxed) { return }
        guard let free = freeBytes() else { return }
        if free >= bytes {
            nextLook.store(free / 4 > bytes ? now + Self.lookInterval : 0, ordering: .relaxed)
            return
        }
        refusals.add(1, ordering: .relaxed)
        throw .diskNearlyFull(free: free, reserve: bytes)
    }

    private static func size(of folder: String) -> (free: Int, total: Int)? {
        var status = statvfs()
        guard unsafe statvfs(folder, &status) == 0 else { return nil }
        let unit = UInt64(status.f_frsize)
        func bytes(_ blocks: UInt64) -> Int { Int(clamping: blocks.multipliedReportingOverflow(by: unit).partialValue) }
        return (bytes(UInt64(status.f_bavail)), bytes(UInt64(status.f_blocks)))
    }
}
