import ApusModel
import ApusQuery
import ApusTestSupport
import ApusWeb
import Synchronization

/// A query engine that answers what it was told to and remembers what it was asked.
final class FakeEngine: QueryService {
    struct Call: Equatable {
        var text: String
        var start: Int64
        var end: Int64
        var step: Int64
        var timeout: Int64?
        var lookback: Int64?
        var client = ""
        var wantsSteps = false
    }

    private struct State {
        var result: Result<QueryResult, QueryError> = .success(QueryResult(value: .vector([])))
        var lastCall: Call?
        var waitsForCancellation = false
    }

    private let state = Mutex(State())

    init(_ value: QueryValue) {
        answer(with: .success(QueryResult(value: value)))
    }

    init(_ error: QueryError) {
        answer(with: .failure(error))
    }

    func answer(with result: Result<QueryResult, QueryError>) {
        state.withLock { $0.result = result }
    }

    func waitForCancellation() {
        state.withLock { $0.waitsForCancellation = true }
    }

    var lastCall: Call? { state.withLock { $0.lastCall } }

    // What is told of queries is tested with the engine itself.
    let limits = QueryLimits()
    var runningQueries: [RunningQuery] { [] }
    var heldMemoryBytes: Int { 0 }
    var heavyQueries: [HeavyQuery] { [] }

    func kill(_ id: UInt64) -> Bool { false }

    func instant(_ text: String, at time: Int64, options: QueryOptions) async throws(QueryError) -> QueryResult {
        try await answer(Call(text, time, time, 0, options))
    }

    func range(
        _ text: String, from start: Int64, through end: Int64, step: Int64, options: QueryOptions
    ) async throws(QueryError) -> QueryResult {
        try await answer(Call(text, start, end, step, options))
    }

    func explain(_ text: String, at time: Int64, options: QueryOptions) async throws(QueryError) -> Explanation {
        _ = try await answer(Call(text, time, time, 0, options))
        throw .execution("the fake explains nothing")
    }

    func explain(
        _ text: String, from start: Int64, through end: Int64, step: Int64, options: QueryOptions
    ) async throws(QueryError) -> Explanation {
        _ = try await answer(Call(text, start, end, step, options))
        throw .execution("the fake explains nothing")
    }

    private func answer(_ call: Call) async throws(QueryError) -> QueryResult {
        let (result, waits) = state.withLock { state in
            state.lastCall = call
            return (state.result, state.waitsForCancellation)
        }
        if waits {
            while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
            throw .cancelled("query was canceled in expression evaluation")
        }
        return try result.get()
    }
}

extension FakeEngine.Call {
    init(_ text: String, _ start: Int64, _ end: Int64, _ step: Int64, _ options: QueryOptions) {
        self.init(
            text: text, start: start, end: end, step: step, timeout: options.timeout, lookback: options.lookback,
            client: options.client, wantsSteps: options.wantsStepStatistics)
    }
}

/// A store that cannot be read.
struct BrokenStorage: Queryable {
    let error: QueryableError

    func querier(from start: Int64, through end: Int64) throws(QueryableError) -> any Querier { throw error }
}

extension MemoryQueryable {
    /// A store of these series, each with one sample.
    convenience init(_ series: [LabelSet]) {
        self.init()
        for labels in series { add(SampleColumns(timestamps: [1_000], values: [1]), to: labels) }
    }
}

/// Targets that stay as they are.
struct FakeTargets: TargetStatusSource {
    var snapshot = TargetSnapshot(pools: [], active: [], dropped: [], droppedCounts: [:])
    var entries: [TargetMetadata] = []

    func targets() async -> TargetSnapshot { snapshot }

    func metadata() async -> [TargetMetadata] { entries }
}

extension LabelSet {
    /// A label set from pairs, for tests.
    static func of(_ labels: KeyValuePairs<String, String>) -> LabelSet {
        LabelSet(labels.map { Label(name: $0.key, value: $0.value) })
    }
}
