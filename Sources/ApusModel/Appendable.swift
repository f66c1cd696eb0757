/// A short name for a series in the store's head.
///
/// Good until the series is dropped from the head; after that the store answers `unknownSeries` for it and never gives
/// the same reference to another series.
package struct SeriesReference: Hashable, Sendable {
    /// The reference as a number.
    package let rawValue: UInt64

    /// The reference with the given number.
    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

/// Samples that are stored together, as columns: one scrape, one write request, one rule's result.
package struct SampleBatch: Sendable {
    /// The series of each sample; the same series may occur several times with ascending timestamps.
    package var references: [SeriesReference] = []
    /// The value of each sample; the staleness marker ends a series, of floats as of histograms.
    ///
    /// Not looked at where a histogram stands.
    package var values: [Double] = []
    /// The samples that are native histograms, by position, ascending; empty for a batch of floats.
    package var histograms: [SampleColumns.PositionedHistogram] = []
    /// Exemplars of the batch's series, in any order.
    package var exemplars: [SeriesExemplar] = []
    /// The time of every sample when `timestamps` is empty, in milliseconds since the epoch.
    package var timestamp: Int64
    /// The time of each sample, or empty when all have `timestamp`.
    package var timestamps: [Int64] = []

    /// An empty batch whose samples have one time.
    package init(timestamp: Int64) {
        self.timestamp = timestamp
    }

    /// The number of samples.
    package var count: Int { references.count }

    /// Forgets the samples, keeps the memory and takes a new common time.
    package mutating func reset(timestamp: Int64) {
        references.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        timestamps.removeAll(keepingCapacity: true)
        histograms.removeAll(keepingCapacity: true)
        exemplars.removeAll(keepingCapacity: true)
        self.timestamp = timestamp
    }

    /// An exemplar and the series it belongs to.
    package struct SeriesExemplar: Sendable {
        /// The series.
        package var reference: SeriesReference
        /// The exemplar; without a time of its own it takes the batch's.
        package var exemplar: Exemplar

        /// `exemplar` of the series `reference`.
        package init(reference: SeriesReference, exemplar: Exemplar) {
            self.reference = reference
            self.exemplar = exemplar
        }
    }
}

/// Why one sample of a batch was not stored.
package enum SampleRejection: Sendable, CaseIterable {
    /// An earlier time than the series' newest sample, beyond the out-of-order window.
    case outOfOrder
    /// The series has another value at this time.
    case duplicateTimestamp
    /// Older than the out-of-order window reaches.
    case tooOld
    /// Too far from what the head holds: before its beginning, or too far in the future.
    case outOfBounds
    /// The reference is not (or no longer) one of a series in the head: resolve the labels again.
    case unknownSeries
    /// The native histogram contradicts itself (`NativeHistogram.validate`).
    case invalidHistogram
    /// The series was refused by a limit on new ones (`SeriesRefusal`).
    case seriesLimit
}

/// What became of a batch.
package struct AppendOutcome: Sendable {
    /// The number of samples stored (equal repetitions of a stored sample count as stored).
    package var appendedCount = 0
    /// The positions in the batch of the samples that were not stored, ascending, with the reason.
    package var rejections: [(position: Int, reason: SampleRejection)] = []

    /// An outcome with nothing stored.
    package init() {}
}

/// Why a whole batch was refused; nothing of it was stored.
package enum AppendError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The batch could not be made durable; the text names the file and the system's reason.
    case notDurable(String)
    /// The labels of the series have more different names and values than the store can number.
    case tooManySymbols
    /// A label set is larger than the store takes.
    case labelsTooLong(bytes: Int, limit: Int)
    /// Less of the disk is free than is kept in reserve; nothing was stored, and appending goes on once there is more.
    case diskNearlyFull(free: Int, reserve: Int)
    /// The store is closed or closing.
    case closed

    package var description: String {
        switch self {
        case .notDurable(let text): text
        case .tooManySymbols:
            "the store holds more than 4,294,967,294 different names and values of labels; drop series by relabelling"
        case .labelsTooLong(let bytes, let limit): "a label set of \(bytes) bytes exceeds the limit of \(limit)"
        case .diskNearlyFull(let free, let reserve):
            """
            the disk of the data folder is nearly full: \(free) bytes are free and \(reserve) are kept in reserve; nothing was \
            stored, free some space or lower the retention
            """
        case .closed: "the store is closed"
        }
    }
}

/// Something that takes batches of samples.
///
/// Calls block until the batch is durable and come from any thread but those
/// of event loops and of the cooperative pool.
package protocol Appendable: Sendable {
    /// The references of label sets, in their order; series that are new are made.
    ///
    /// One that a limit forbids gets a reference whose `isRefused` is true; the others are made.
    func resolve(_ labelSets: [LabelSet]) throws(AppendError) -> [SeriesReference]

    /// Stores the samples of a batch: once it returns they survive the end of the process, and queries see them all.
    func append(_ batch: borrowing SampleBatch) throws(AppendError) -> AppendOutcome

    /// Why a series was refused, from its reference.
    func refusal(of reference: SeriesReference) -> SeriesRefusal?

    /// Keeps what metric families say of themselves, the newest of each; a failure is the store's to report.
    func remember(_ metadata: [(family: String, metadata: MetricMetadata)])
}

extension Appendable {
    package func refusal(of reference: SeriesReference) -> SeriesRefusal? { nil }

    package func remember(_ metadata: [(family: String, metadata: MetricMetadata)]) {}
}
