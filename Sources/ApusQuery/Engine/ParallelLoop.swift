/// Work split into numbered parts that several threads take one by one.
///
/// The calling thread takes parts too, so that the loop ends even when no helper is free; helpers that come late find
/// nothing left.
///
/// Unchecked: all state is touched inside the monitor only.
final class ParallelLoop<Result: Sendable>: @unchecked Sendable {
    private let monitor = Monitor()
    private let partCount: Int
    private let body: @Sendable (Int, inout Scratch) throws(QueryError) -> Result
    private var nextPart = 0
    private var running = 0
    private var results: [Result?]
    private var failure: (part: Int, error: QueryError)?

    private init(
        _ partCount: Int, _ body: @escaping @Sendable (Int, inout Scratch) throws(QueryError) -> Result
    ) {
        self.partCount = partCount
        self.body = body
        results = Array(repeating: nil, count: partCount)
    }

    /// The results of all parts, in their order.
    ///
    /// - Throws: the error of the first part that failed; parts after it may have been left out.
    static func run(
        parts partCount: Int, helpers: WorkerThreads?, helperCount: Int,
        _ body: @escaping @Sendable (Int, inout Scratch) throws(QueryError) -> Result
    ) throws(QueryError) -> [Result] {
        let loop = ParallelLoop(partCount, body)
        if let helpers, partCount > 1 {
            for _ in 0..<min(helperCount, partCount - 1) { helpers.submit { loop.work() } }
        }
        loop.work()
        loop.awaitHelpers()
        if let failure = loop.failure { throw failure.error }
        return loop.results.compactMap { $0 }
    }

    private func work() {
        var scratch = Scratch()
        while let part = takePart() {
            do throws(QueryError) {
                let result = try body(part, &scratch)
                monitor.locked { finish(part, result) }
            } catch {
                monitor.locked { fail(part, error) }
            }
        }
    }

    private func takePart() -> Int? {
        monitor.locked {
            guard nextPart < partCount, failure == nil else { return nil }
            running += 1
            nextPart += 1
            return nextPart - 1
        }
    }

    private func finish(_ part: Int, _ result: Result) {
        results[part] = result
        leave()
    }

    private func fail(_ part: Int, _ error: QueryError) {
        if failure.map({ part < $0.part }) ?? true { failure = (part, error) }
        leave()
    }

    private func leave() {
        running -= 1
        if running == 0 { monitor.wakeAll() }
    }

    private func awaitHelpers() {
        monitor.locked {
            // Nothing starts any more: the caller found no part left.
            nextPart = partCount
            while running > 0 { monitor.wait() }
        }
    }
}
