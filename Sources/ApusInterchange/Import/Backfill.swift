package import ApusStorage
import Synchronization

/// Takes old samples into a store that goes on working; one request at a time.
///
/// What comes is written to blocks of its own and can be queried when `take` returns. It may be older than anything stored and
/// may overlap it; a sample with the time of a stored one counts in its place, unless that is still in the head.
package final class Backfill: Sendable {
    private let storage: Storage
    private let memory: Int
    private let isRunning = Mutex(false)

    /// Backfill into `storage`, with about `memory` bytes for samples that are being sorted.
    package init(into storage: Storage, memory: Int = 64 << 20) {
        self.storage = storage
        self.memory = memory
    }

    /// Stores the samples of OpenMetrics text, each of which has a timestamp; blocks for as long as that takes.
    ///
    /// - Throws: `InterchangeError`, and then nothing was stored: `malformedText` with the line for what is no OpenMetrics;
    ///   `unusable` also when another request is being stored.
    package func take(openMetrics text: [UInt8]) throws(InterchangeError) -> ImportSummary {
        let isFirst = isRunning.withLock { isRunning in
            defer { isRunning = true }
            return !isRunning
        }
        guard isFirst else { throw .unusable("another backfill is being stored; try again when it is done") }
        defer { isRunning.withLock { $0 = false } }
        var options = ImportOptions()
        options.memory = memory
        options.blockRange = storage.options.blockRange
        return try OpenMetricsImport.run(
            TextSource(name: "body", bytes: text), into: BlockImport(into: storage), options: options)
    }
}
