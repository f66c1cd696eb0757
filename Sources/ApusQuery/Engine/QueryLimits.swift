import Glibc

/// What queries may use, and what holds where a query says nothing.
package struct QueryLimits: Sendable {
    /// How many samples one query may hold in memory at a time (`--query.max-samples`).
    package var maxSamples = 50_000_000
    /// How many bytes one query may hold at a time (`--query.max-memory`).
    ///
    /// By default 1 GiB, so that a query that holds the 50 million samples which the other limit allows (16 bytes each)
    /// is not refused for its bytes; less where all queries together have less.
    package var maxMemory: Int
    /// How many bytes all queries together may hold at a time (`--query.max-total-memory`).
    ///
    /// By default half of what the machine or the control group has; the other half is the store's and the page cache's.
    package var maxTotalMemory: Int
    /// How long one query may take, waiting included, in milliseconds (`--query.timeout`).
    package var timeout: Int64 = 120_000
    /// How many steps a range query may have.
    package var maxPointsPerSeries = 11_000
    /// How many queries are evaluated at the same time (`--query.max-concurrency`).
    package var maxConcurrency = 20
    /// How many queries may wait for their turn; more are refused at once (`--query.max-queued`).
    package var maxQueued = 1_000
    /// How long a sample counts as the current one, in milliseconds (`--query.lookback-delta`).
    package var lookback: Int64 = 300_000
    /// The step of subqueries that name none, in milliseconds: the global evaluation interval.
    package var defaultSubqueryStep: Int64 = 60_000
    /// How many annotations of each kind an answer shows.
    package var maxAnnotations = 10
    /// How many threads work on the series of one query beside its own; all queries share them.
    package var helperThreads = MachineProcessors.usable - 1
    /// From how many milliseconds on a query counts as slow (`--query.slow-threshold`).
    package var slowThreshold: Int64 = 5_000
    /// How many shapes of queries the table of heavy queries remembers; the cheapest one makes place for a new one.
    package var maxFingerprints = 500
    /// How long the search for the reason of an empty result may take, in milliseconds.
    package var maxReasonTime: Int64 = 2_000
    /// Which parts of the language and of the engine are on (`--enable-feature`).
    package var features = EngineFeatures()
    /// Whether `__type__` and `__unit__` are dropped and ignored wherever the metric's name is.
    package var treatsTypeAndUnitAsMetadata: Bool {
        get { features[.typeAndUnitLabels] }
        set { features[.typeAndUnitLabels] = newValue }
    }

    /// The peers' defaults, and shares of the memory that there is.
    package init() {
        maxTotalMemory = max(64 << 20, MachineMemory.available / 2)
        maxMemory = min(1 << 30, maxTotalMemory)
    }
}
