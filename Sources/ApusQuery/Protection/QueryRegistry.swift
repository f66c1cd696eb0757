import Synchronization

/// The queries of an engine that run or wait: who may begin, who is next, and all of them for those who look.
final class QueryRegistry: Sendable {
    private let maxRunning: Int
    private let maxWaiting: Int
    private let state = Mutex(State())

    private struct State: Sendable {
        var nextID: UInt64 = 1
        var running: [QueryJob] = []
        /// In the order of arrival.
        var waiting: [QueryJob] = []
    }

    /// What becomes of a query that arrives.
    enum Admission: Sendable {
        case begins
        case waits
        /// Too many wait already.
        case refused
    }

    /// A registry that lets `maxRunning` queries run and `maxWaiting` wait.
    init(maxRunning: Int, maxWaiting: Int) {
        self.maxRunning = max(1, maxRunning)
        self.maxWaiting = max(0, maxWaiting)
    }

    /// A name for a query.
    func makeID() -> UInt64 {
        state.withLock { state in
            defer { state.nextID &+= 1 }
            return state.nextID
        }
    }

    /// Takes in a query that has arrived.
    func admit(_ job: QueryJob) -> Admission {
        state.withLock { state in
            if state.running.count < maxRunning {
                state.running.append(job)
                return .begins
            }
            guard state.waiting.count < maxWaiting else { return .refused }
            state.waiting.append(job)
            return .waits
        }
    }

    /// Strikes out a query that runs no more.
    ///
    /// - Returns: the one to run in its place.
    func end(_ job: QueryJob) -> QueryJob? {
        state.withLock { state in
            // Twice for one query would let one too many begin.
            guard let index = state.running.firstIndex(where: { $0 === job }) else { return nil }
            state.running.remove(at: index)
            guard !state.waiting.isEmpty else { return nil }
            let next = state.waiting.removeFirst()
            state.running.append(next)
            return next
        }
    }

    /// Strikes out a query that will not wait any longer.
    func withdraw(_ job: QueryJob) {
        state.withLock { state in state.waiting.removeAll { $0 === job } }
    }

    /// The query with a name.
    func job(_ id: UInt64) -> QueryJob? {
        jobs.first { $0.id == id }
    }

    /// All queries, those that run first.
    var jobs: [QueryJob] {
        state.withLock { $0.running + $0.waiting }
    }

    /// How many run or wait.
    var count: Int {
        state.withLock { $0.running.count + $0.waiting.count }
    }
}
