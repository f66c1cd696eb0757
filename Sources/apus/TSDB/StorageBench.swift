import ApusModel
import ApusStorage
import Glibc

/// Writes made-up series into a store and measures what that takes.
struct StorageBench: Sendable {
    /// What is written.
    struct Shape: Sendable {
        /// The series at a time.
        var series: Int
        /// Of each series, with those that take its place.
        var samples: Int
        /// Milliseconds between two samples of a series.
        var interval: Int64
        /// Milliseconds after which all series go and others come; `nil` where they stay.
        var churn: Int64?
    }

    /// What an hour of data took.
    struct Hour: Sendable {
        var samples = 0
        /// Of the wall clock, while samples were written.
        var writeSeconds = 0.0
        /// Of the wall clock, for a block of what is over, bringing blocks together, and the like.
        var tendSeconds = 0.0
        /// At its end, as all that follow.
        var memoryBytes = 0
        var diskBytes = 0
        var headSeries = 0
        var blocks = 0
    }

    /// What was measured.
    struct Report: Sendable {
        var samples = 0
        var refusedSamples = 0
        /// The different series.
        var seriesCreated = 0
        /// Of the wall clock, while samples were written.
        var writeSeconds = 0.0
        /// Of all threads, the same.
        var processorSeconds = 0.0
        /// Of memory that is not that of files, more than before the first series.
        var memoryBytes = 0
        /// Of all files when the store was closed.
        var diskBytes = 0
        var blocks = 0
        var blockBytes = 0
        var blockSamples = 0
        /// From opening the folder again to being ready.
        var reopenSeconds = 0.0
        /// With churn only: each hour of data.
        var hours: [Hour] = []
    }

    private static let syncInterval = 5.0
    private static let hour: Int64 = 3_600_000

    let shape: Shape
    let folder: String
    /// Called often with the part that is done; `false` ends the measurement.
    let onProgress: @Sendable (Double) -> Bool

    /// Writes, closes and opens again; blocks for as long as that takes.
    func run() throws(BenchFailure) -> Report {
        var report = Report()
        let memoryBefore = BenchMeasurement.anonymousMemory()
        let storage = try open()
        defer { storage.close() }
        // Ends now: a store takes nothing from the future.
        let start = SystemWallClock().now() - Int64(shape.samples) * shape.interval
        let processorBegun = BenchMeasurement.seconds(CLOCK_PROCESS_CPUTIME_ID)
        try writeAll(from: start, to: storage, &report, memoryBefore)
        report.processorSeconds = BenchMeasurement.seconds(CLOCK_PROCESS_CPUTIME_ID) - processorBegun
        report.memoryBytes = max(0, BenchMeasurement.anonymousMemory() - memoryBefore)
        report.seriesCreated = storage.statistics.seriesCreated
        storage.close()
        try measureFiles(into: &report)
        return report
    }

    private func writeAll(
        from start: Int64, to storage: Storage, _ report: inout Report, _ memoryBefore: Int
    ) throws(BenchFailure) {
        var values = SampleValues(count: shape.series)
        var references: [SeriesReference] = []
        var generation: Int?
        var hour = Hour()
        var synced = BenchMeasurement.seconds(CLOCK_MONOTONIC)
        for step in 0..<shape.samples {
            guard onProgress(Double(step) / Double(shape.samples)) else { throw .cancelled }
            let offset = Int64(step) * shape.interval
            values.advance()
            let begun = BenchMeasurement.seconds(CLOCK_MONOTONIC)
            let wanted = shape.churn.map { Int(offset / $0) }
            if references.isEmpty || wanted != generation {
                // As a scrape does when what it read before is gone.
                let markers = [Double](repeating: SpecialValue.staleMarker, count: references.count)
                try write(markers, references, at: start + offset, to: storage, &report)
                generation = wanted
                references = try resolve(in: storage, generation: generation)
            }
            let before = report.samples
            try write(values.values, references, at: start + offset, to: storage, &report)
            let written = BenchMeasurement.seconds(CLOCK_MONOTONIC)
            storage.tendHead()
            storage.maintain()
            if shape.churn != nil, (offset + shape.interval) / Self.hour > offset / Self.hour {
                storage.compactBlocks()
            }
            let now = BenchMeasurement.seconds(CLOCK_MONOTONIC)
            if now - synced >= Self.syncInterval {
                storage.synchronize()
                synced = now
            }
            hour.samples += report.samples - before
            hour.writeSeconds += written - begun
            hour.tendSeconds += now - written
            report.writeSeconds += now - begun
            guard shape.churn != nil,
                (offset + shape.interval) / Self.hour > offset / Self.hour || step == shape.samples - 1
            else { continue }
            report.hours.append(try measured(hour, storage, memoryBefore))
            hour = Hour()
        }
    }

    private func measured(_ hour: Hour, _ storage: Storage, _ memoryBefore: Int) throws(BenchFailure) -> Hour {
        var hour = hour
        let statistics = storage.statistics
        hour.memoryBytes = max(0, BenchMeasurement.anonymousMemory() - memoryBefore)
        hour.headSeries = statistics.headSeries
        hour.blocks = statistics.blocks
        do throws(FileError) { hour.diskBytes = try BenchMeasurement.size(of: folder) } catch {
            throw .failed("\(error)")
        }
        return hour
    }

    private func open() throws(BenchFailure) -> Storage {
        do throws(StorageError) { return try Storage(folder: folder) } catch { throw .failed("\(error)") }
    }

    private func resolve(in storage: Storage, generation: Int?) throws(BenchFailure) -> [SeriesReference] {
        var references: [SeriesReference] = []
        references.reserveCapacity(shape.series)
        for first in stride(from: 0, to: shape.series, by: BenchSeries.perTarget) {
            guard onProgress(0) else { throw .cancelled }
            let labelSets = (first..<min(shape.series, first + BenchSeries.perTarget)).map {
                BenchSeries.labels($0, generation: generation)
            }
            do throws(AppendError) {
                references += try storage.resolve(labelSets)
            } catch {
                throw .failed("\(error)")
            }
        }
        return references
    }

    private func write(
        _ values: [Double], _ references: [SeriesReference], at time: Int64, to storage: Storage,
        _ report: inout Report
    ) throws(BenchFailure) {
        for first in stride(from: 0, to: references.count, by: BenchSeries.perTarget) {
            let range = first..<min(references.count, first + BenchSeries.perTarget)
            var batch = SampleBatch(timestamp: time)
            batch.references = Array(references[range])
            batch.values = Array(values[range])
            do throws(AppendError) {
                let outcome = try storage.append(batch)
                report.samples += outcome.appendedCount
                report.refusedSamples += outcome.rejections.count
            } catch {
                throw .failed("\(error)")
            }
        }
    }

    private func measureFiles(into report: inout Report) throws(BenchFailure) {
        do throws(FileError) { report.diskBytes = try BenchMeasurement.size(of: folder) } catch {
            throw .failed("\(error)")
        }
        let begun = BenchMeasurement.seconds(CLOCK_MONOTONIC)
        let storage = try open()
        report.reopenSeconds = BenchMeasurement.seconds(CLOCK_MONOTONIC) - begun
        let statistics = storage.statistics
        report.blocks = statistics.blocks
        report.blockBytes = statistics.blockBytes
        report.blockSamples = statistics.blockSamples
        storage.close()
    }
}

/// Why the measurement ended early.
enum BenchFailure: Error {
    /// The caller gave up.
    case cancelled
    /// Something did not work.
    case failed(String)
}
