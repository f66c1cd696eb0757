import Glibc

/// What queries may use, and what holds where a query says nothing.
package struct QueryLimits: Sendable {
    /// How many samples one query may hold in memory at a time (`--query.max-samples`).
    package var maxSamples = 50_000_000
    /// How long one query may take, waiting included, in milliseconds (`--query.timeout`).
    package var timeout: Int64 = 120_000
    /// How many steps a range query may have.
    package var maxPointsPerSeries = 11_000
    /// How many queries are evaluated at the same time (`--query.max-concurrency`).
    package var maxConcurrency = 20
    /// How many queries may wait for their turn; more are refused at once.
    package var maxQueued = 1_000
    /// How long a sample counts as the current one, in milliseconds (`--query.lookback-delta`).
    package var lookback: Int64 = 300_000
    /// The step of subqueries that name none, in milliseconds: the global evaluation interval.
    package var defaultSubqueryStep: Int64 = 60_000
    /// How many annotations of each kind an answer shows.
    package var maxAnnotations = 10
    /// How many threads work on the series of one query beside its own; all queries share them.
    package var helperThreads = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1)
    /// Whether `__type__` and `__unit__` are dropped and ignored wherever the metric's name is.
    package var treatsTypeAndUnitAsMetadata = false

    /// The peers' defaults.
    package init() {}
}

/// What one query asks for beside its text and times.
package struct QueryOptions: Sendable {
    /// How long the query may take, in milliseconds, if shorter than the engine's limit.
    package var timeout: Int64?
    /// How long a sample counts as the current one, in milliseconds, instead of the engine's setting.
    package var lookback: Int64?

    /// The engine's settings.
    package init(timeout: Int64? = nil, lookback: Int64? = nil) {
        self.timeout = timeout
        self.lookback = lookback
    }
}
