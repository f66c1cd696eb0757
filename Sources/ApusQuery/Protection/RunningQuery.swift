/// How often a query is evaluated.
package enum QueryKind: String, Sendable {
    /// At one time.
    case instant
    /// At evenly spaced times.
    case range
}

/// A query that waits or runs, as it was at the moment of asking.
package struct RunningQuery: Sendable {
    /// Whether evaluation has begun.
    package enum State: String, Sendable {
        /// Waiting for one of the running queries to end.
        case queued
        /// Being evaluated.
        case running
    }

    /// Names the query to `QueryEngine.kill`; never used twice by an engine.
    package var id: UInt64
    /// The text as it was sent.
    package var text: String
    /// How often it is evaluated.
    package var kind: QueryKind
    /// Whether evaluation has begun.
    package var state: State
    /// When it arrived, in milliseconds since the epoch.
    package var started: Int64
    /// The time since then, waiting included, in seconds.
    package var elapsedSeconds: Double
    /// Series selected so far, counted once per selector.
    package var seriesSelected: Int
    /// Samples read from storage so far.
    package var samplesRead: Int
    /// Bytes held now.
    package var memoryBytes: Int
    /// The most bytes held at a time.
    package var peakMemoryBytes: Int
    /// Who asks, as given in `QueryOptions.client`; empty when nothing was given.
    package var client: String
}
