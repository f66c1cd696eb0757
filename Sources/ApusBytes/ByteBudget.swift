import Synchronization

/// Bytes that several parties hold together, with a limit.
package final class ByteBudget: Sendable {
    /// The most bytes that are given out.
    package let limit: Int
    private let used = Atomic<Int>(0)

    /// A budget of `limit` bytes.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Bytes that are held now.
    package var heldBytes: Int { used.load(ordering: .relaxed) }

    /// Takes bytes.
    ///
    /// - Returns: whether they were left; without them nothing was taken.
    package func take(_ bytes: Int) -> Bool {
        let (_, now) = used.wrappingAdd(bytes, ordering: .relaxed)
        if now <= limit || bytes <= 0 { return true }
        used.wrappingSubtract(bytes, ordering: .relaxed)
        return false
    }

    /// Gives bytes back.
    package func giveBack(_ bytes: Int) {
        used.wrappingSubtract(bytes, ordering: .relaxed)
    }
}
