package import ApusStorage

/// What an import brought.
package struct ImportSummary: Sendable, Equatable {
    /// The blocks that were written.
    package var blocks: [BlockFacts] = []
    /// The samples in them.
    package var samples: Int { blocks.reduce(0) { $0 + $1.samples } }
    /// The bytes of them.
    package var bytes: Int { blocks.reduce(0) { $0 + $1.bytes } }
    /// The different series that were read.
    package var series = 0
    /// Samples that had the time of a later one of their series and were left out.
    package var duplicates = 0
    /// Samples that were left out because their time is not in the range that was asked for.
    package var outsideRange = 0
    /// Exemplars that were read; blocks keep none.
    package var exemplars = 0
    /// Those of them that the head took: the newest of the log of a Prometheus that it did not have.
    package var exemplarsTaken = 0
    /// The metric families of which the log of a Prometheus says what they are.
    package var metadata = 0
    /// The limits that refused new series, each with the number of different ones.
    package var refusedSeries: [RefusedSeries] = []
    /// The samples of these.
    package var refusedSamples = 0
    /// Samples of a log whose series it does not name any more; Prometheus leaves such behind when it shortens its log.
    package var unknownSeriesSamples = 0
    /// Damaged places that were passed over, as messages.
    package var damage: [String] = []

    /// Nothing so far.
    package init() {}

    /// The time of the first sample, in milliseconds; `nil` when there was none.
    package var minimumTime: Int64? { blocks.map(\.minimumTime).min() }
    /// The time of the last sample.
    package var maximumTime: Int64? { blocks.map(\.maximumTime).max() }
}

/// What an import or export is doing, from time to time.
package struct Progress: Sendable, Equatable {
    /// What is being read or written.
    package var step: String
    /// How much of it is done, from 0 to 1; `nil` when nobody knows how much there is.
    package var fraction: Double?

    /// Progress of a step.
    package init(_ step: String, fraction: Double? = nil) {
        self.step = step
        self.fraction = fraction
    }
}

/// How an import works.
package struct ImportOptions: Sendable {
    /// About how many bytes of samples are held in memory at once.
    package var memory = 256 << 20
    /// The range of the smallest blocks, in milliseconds.
    package var blockRange: Int64 = StorageOptions().blockRange
    /// The most different series: their labels are held in memory.
    package var maximumSeries = Int(UInt32.max)
    /// Whether damaged parts of the source are passed over and reported, instead of ending the import.
    package var skipsDamage = false
    /// Called from time to time; `false` ends the import, which then changes nothing.
    package var onProgress: @Sendable (Progress) -> Bool = { _ in true }

    /// The usual way.
    package init() {}

    /// Tells of progress.
    func report(_ step: String, _ fraction: Double? = nil) throws(InterchangeError) {
        guard onProgress(Progress(step, fraction: fraction)) else { throw .cancelled }
    }
}
