package import ApusStorage
import Synchronization

/// Takes old samples into a store that goes on working; one request at a time.
///
/// What comes is written to blocks of its own and can be queried when `take` returns. It may be older than anything stored and
/// may overlap it; a sample with the time of a stored one counts in its place, unless that is still in the head.
package final class Backfill: Sendable {
    /// The form of a text.
    package enum Format: Sendable {
        /// OpenMetrics in which every sample has a timestamp.
        case openMetrics
        /// Comma-separated values.
        case csv(CSVImport.Layout)
    }

    /// More series than this are to be imported in parts: their labels are in memory.
    private static let maximumSeries = 2_000_000

    private let storage: Storage
    private let memory: Int
    private let isRunning = Mutex(false)

    /// Backfill into `storage`, with about `memory` bytes for samples that are being sorted.
    package init(into storage: Storage, memory: Int = 64 << 20) {
        self.storage = storage
        self.memory = memory
    }

    /// An empty file for a text of at most `limit` bytes that is to be stored.
    package func makeSpool(limit: Int) throws(InterchangeError) -> ImportSpool {
        try ImportSpool(beside: storage, limit: limit)
    }

    /// Stores the samples of OpenMetrics text, each of which has a timestamp; blocks for as long as that takes.
    ///
    /// - Throws: `InterchangeError`, and then nothing was stored: `malformedText` with the line for what is no OpenMetrics;
    ///   `busy` when another request is being stored.
    package func take(openMetrics text: [UInt8]) throws(InterchangeError) -> ImportSummary {
        try take(TextSource(name: "body", bytes: text), as: .openMetrics)
    }

    /// Stores the samples of a text that have times in a range; blocks for as long as that takes.
    ///
    /// - Throws: as `take(openMetrics:)`.
    package func take(
        _ spool: ImportSpool, as format: Format, range: ClosedRange<Int64> = .min ... .max
    ) throws(InterchangeError) -> ImportSummary {
        try take(try spool.source(), as: format, range: range)
    }

    private func take(
        _ source: TextSource, as format: Format, range: ClosedRange<Int64> = .min ... .max
    ) throws(InterchangeError) -> ImportSummary {
        let isFirst = isRunning.withLock { isRunning in
            defer { isRunning = true }
            return !isRunning
        }
        guard isFirst else { throw .busy("another import is being stored; try again when it is done") }
        defer { isRunning.withLock { $0 = false } }
        var options = ImportOptions()
        options.memory = memory
        options.blockRange = storage.options.blockRange
        options.maximumSeries = Self.maximumSeries
        let target = BlockImport(into: storage)
        switch format {
        case .openMetrics: return try OpenMetricsImport.run(source, range: range, into: target, options: options)
        case .csv(let layout):
            return try CSVImport.run(source, layout: layout, range: range, into: target, options: options)
        }
    }
}
