import Synchronization

/// Runs pieces of work one after the other, in the order in which they come: a reload by signal and one by request must
/// not mix, and an actor would let the second begin while the first waits.
final class SerialWork: Sendable {
    private let last = Mutex<Task<Void, any Error>?>(nil)

    /// Runs `work` after all that came before, whether that succeeded or not.
    func run(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let task = last.withLock { last in
            let previous = last
            let task = Task(name: "reload") {
                _ = await previous?.result
                try await work()
            }
            last = task
            return task
        }
        try await task.value
    }
}
