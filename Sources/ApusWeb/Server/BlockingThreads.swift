import NIOPosix

/// Threads for work that may block on disk, so that neither event loops nor the cooperative pool ever do.
struct BlockingThreads: Sendable {
    private let pool = NIOThreadPool.singleton

    /// Runs `work` on one of the threads; throws `failure` when the calling task was cancelled before it began.
    func run<Value: Sendable, Failure: Error>(
        whenCancelled failure: Failure,
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure>
        do {
            result = try await pool.runIfActive {
                do throws(Failure) {
                    return .success(try work())
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw failure
        }
        return try result.get()
    }
}
