import ApusModel
import ApusPromQL
import Synchronization

/// One query between the task that asks and the thread that answers.
final class QueryJob: Sendable {
    /// Names the query in lists; unique in its engine.
    let id: UInt64
    let request: QueryRequest
    private let query: QueryState
    private let arrival = ContinuousClock.now
    private let state = Mutex(State.waiting(nil))
    /// Ends the query at its deadline while it waits.
    private let timer = Mutex<Task<Void, Never>?>(nil)

    typealias Outcome = Result<QueryAnswer, QueryError>

    private enum State: Sendable {
        /// Not begun; the continuation is there once the caller waits.
        case waiting(CheckedContinuation<Outcome, Never>?)
        case running
        /// Answered, before it had begun or after.
        case finished(QueryError?)
    }

    /// What is known of a query when it has ended.
    struct Ending: Sendable {
        var outcome: Outcome
        /// The tree; `nil` when the text is no PromQL or the query did not begin.
        var expression: Expression?
        var statistics: QueryStatistics
    }

    init(_ request: QueryRequest, id: UInt64, query: QueryState) {
        self.request = request
        self.id = id
        self.query = query
    }

    /// Sees to it that the query ends at its deadline if it still waits then, when nobody else looks at it.
    ///
    /// - Parameter atEnd: called when it ended so.
    func expireWhileWaiting(_ atEnd: @escaping @Sendable () -> Void) {
        let deadline = query.deadline
        let task = Task { [weak self] in
            do {
                try await Task.sleep(until: deadline, clock: .continuous)
            } catch {
                return
            }
            self?.leaveQueue(with: .timeout("query timed out in query queue"))
            atEnd()
        }
        timer.withLock { $0 = task }
        // The query may have left the queue before it had a timer.
        if !isWaiting { stopTimer() }
    }

    private var isWaiting: Bool {
        state.withLock { state in
            if case .waiting = state { return true }
            return false
        }
    }

    private func stopTimer() {
        timer.withLock { timer in
            timer?.cancel()
            timer = nil
        }
    }

    /// Gives the one who waits.
    ///
    /// - Returns: whether there is anything to wait for; otherwise the continuation was resumed.
    func attach(_ continuation: CheckedContinuation<Outcome, Never>) -> Bool {
        let failure = state.withLock { state -> QueryError? in
            switch state {
            case .waiting:
                state = .waiting(continuation)
                return nil
            case .finished(let error): return error ?? .stopped(.cancelled, in: "query queue")
            case .running: return .stopped(.cancelled, in: "query queue")
            }
        }
        if let failure { continuation.resume(returning: .failure(failure)) }
        return failure == nil
    }

    /// Stops the query: at once while it waits, at the next series while it runs.
    func stop(_ reason: QueryState.StopReason) {
        query.stop(reason)
        leaveQueue(with: .stopped(reason, in: "query queue"))
    }

    /// Answers with an error, if the query has not begun.
    func leaveQueue(with error: QueryError) {
        let continuation = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            guard case .waiting(let continuation) = state else { return nil }
            state = .finished(error)
            return continuation
        }
        stopTimer()
        continuation?.resume(returning: .failure(error))
    }

    /// Evaluates the query on the calling thread and answers, unless it was stopped while it waited.
    ///
    /// - Parameter atEnd: called with what is known before the one who waits is resumed.
    func run(begin: () -> Void, atEnd: (Ending) -> Void) {
        let continuation = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            guard case .waiting(let continuation) = state else { return nil }
            state = .running
            return continuation
        }
        stopTimer()
        guard let continuation else { return }
        begin()
        let ending = QueryRun(request, query: query, waited: ContinuousClock.now - arrival).ending()
        query.sharing.removeAll()
        query.memory.releaseAll()
        state.withLock { $0 = .finished(nil) }
        atEnd(ending)
        continuation.resume(returning: ending.outcome)
    }

    /// The query as it is now.
    var snapshot: RunningQuery {
        let isRunning = state.withLock { state in
            if case .running = state { return true }
            return false
        }
        let statistics = query.statistics
        return RunningQuery(
            id: id, text: request.text, kind: request.kind, state: isRunning ? .running : .queued,
            started: request.arrival, elapsedSeconds: (ContinuousClock.now - arrival).seconds,
            seriesSelected: statistics.seriesSelected, samplesRead: statistics.samplesRead,
            memoryBytes: query.memory.heldBytes, peakMemoryBytes: query.memory.peakBytes,
            client: request.options.client)
    }
}
