import ApusModel
import ApusPromQL
import Synchronization

/// One query between the task that asks and the thread that answers.
final class QueryJob: Sendable {
    private let evaluation: Evaluation
    private let text: String
    private let isRange: Bool
    private let arrival = ContinuousClock.now
    private let state = Mutex(State.waiting(nil))

    typealias Outcome = Result<QueryResult, QueryError>

    private enum State: Sendable {
        /// Not begun; the continuation is there once the caller waits.
        case waiting(CheckedContinuation<Outcome, Never>?)
        case running(CheckedContinuation<Outcome, Never>?)
        /// Answered, before it had begun or after.
        case finished
    }

    init(_ text: String, isRange: Bool, evaluation: Evaluation) {
        self.text = text
        self.isRange = isRange
        self.evaluation = evaluation
    }

    /// Gives the one who waits.
    ///
    /// - Returns: whether there is anything to wait for; otherwise the continuation was resumed.
    func attach(_ continuation: CheckedContinuation<Outcome, Never>) -> Bool {
        let isWaiting = state.withLock { state -> Bool in
            if case .waiting = state {
                state = .waiting(continuation)
                return true
            }
            return false
        }
        if !isWaiting { continuation.resume(returning: .failure(cancellation)) }
        return isWaiting
    }

    /// Stops the query: at once while it waits, at the next series while it runs.
    func cancel() {
        evaluation.cancel()
        let continuation = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            guard case .waiting(let continuation) = state else { return nil }
            state = .finished
            return continuation
        }
        continuation?.resume(returning: .failure(cancellation))
    }

    private var cancellation: QueryError { .cancelled("query was canceled in query queue") }

    /// Evaluates the query on the calling thread and answers, unless it was cancelled while it waited.
    func run() {
        let continuation = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            guard case .waiting(let continuation) = state else { return nil }
            state = .running(continuation)
            return continuation
        }
        guard let continuation else { return }
        let outcome: Outcome
        do throws(QueryError) {
            outcome = .success(try evaluate())
        } catch {
            outcome = .failure(error)
        }
        state.withLock { $0 = .finished }
        continuation.resume(returning: outcome)
    }

    private func evaluate() throws(QueryError) -> QueryResult {
        let begin = ContinuousClock.now
        try evaluation.check(in: "query queue")
        let expression: Expression
        do {
            expression = try Parser.parse(text)
        } catch {
            throw .parse(error)
        }
        let prepared = ContinuousClock.now
        let answer = ResultBuilder(evaluator: Evaluator(evaluation: evaluation))
        let value =
            try isRange ? answer.range(expression) : answer.instant(expression)
        let evaluated = ContinuousClock.now
        let sorted = answer.sorted(value, keepsOrder: !isRange && expression.hasOrderedValue)
        var statistics = evaluation.statistics
        statistics.queueNanoseconds = (begin - arrival).nanoseconds
        statistics.preparationNanoseconds = (prepared - begin).nanoseconds
        statistics.evaluationNanoseconds = (evaluated - prepared).nanoseconds
        statistics.sortNanoseconds = (ContinuousClock.now - evaluated).nanoseconds
        let annotations = evaluation.annotations
        return QueryResult(
            value: sorted, warnings: annotations.warnings, infos: annotations.infos, statistics: statistics)
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    }
}

extension Expression {
    /// Whether the elements of an instant vector come in an order that means something.
    fileprivate var hasOrderedValue: Bool {
        switch withoutParentheses {
        case .aggregation(let node): node.operation == .topk || node.operation == .bottomk
        case .call(let call):
            [.sort, .sortDesc, .sortByLabel, .sortByLabelDesc].contains(call.function)
        default: false
        }
    }
}
