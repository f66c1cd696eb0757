import ApusModel
import ApusStorage
import Glibc

/// Writes made-up series into a store and measures what that takes.
struct StorageBench: Sendable {
    /// What is written.
    struct Shape: Sendable {
        var series: Int
        /// Of each series.
        var samples: Int
        /// Milliseconds between two samples of a series.
        var interval: Int64
    }

    /// What was measured.
    struct Report: Sendable {
        var samples = 0
        var refusedSamples = 0
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
    }

    /// The series that one append brings, as the scrape of one target does.
    private static let batchSize = 1_000
    private static let syncInterval = 5.0

    let shape: Shape
    let folder: String
    /// Called with the part that is done; may be called often.
    let onProgress: @Sendable (Double) -> Void

    /// Writes, closes and opens again; blocks for as long as that takes.
    func run() throws(BenchFailure) -> Report {
        var report = Report()
        let memoryBefore = Self.anonymousMemory()
        let storage = try open()
        let references = try resolve(in: storage)
        var values = SampleValues(count: shape.series)
        // Ends now: a store takes nothing from the future.
        let start = SystemWallClock().now() - Int64(shape.samples) * shape.interval
        let begun = Self.seconds(CLOCK_MONOTONIC)
        let processorBegun = Self.seconds(CLOCK_PROCESS_CPUTIME_ID)
        var synced = begun
        for step in 0..<shape.samples {
            values.advance()
            try write(values.values, references, at: start + Int64(step) * shape.interval, to: storage, &report)
            storage.tendHead()
            storage.maintain()
            let now = Self.seconds(CLOCK_MONOTONIC)
            if now - synced >= Self.syncInterval {
                storage.synchronize()
                synced = now
            }
            onProgress(Double(step + 1) / Double(shape.samples))
        }
        report.writeSeconds = Self.seconds(CLOCK_MONOTONIC) - begun
        report.processorSeconds = Self.seconds(CLOCK_PROCESS_CPUTIME_ID) - processorBegun
        report.memoryBytes = max(0, Self.anonymousMemory() - memoryBefore)
        storage.close()
        try measureFiles(into: &report)
        return report
    }

    private func open() throws(BenchFailure) -> Storage {
        do throws(StorageError) { return try Storage(folder: folder) } catch { throw BenchFailure("\(error)") }
    }

    private func resolve(in storage: Storage) throws(BenchFailure) -> [SeriesReference] {
        var references: [SeriesReference] = []
        references.reserveCapacity(shape.series)
        for first in stride(from: 0, to: shape.series, by: Self.batchSize) {
            let labelSets = (first..<min(shape.series, first + Self.batchSize)).map { Self.labels($0) }
            do throws(AppendError) {
                references += try storage.resolve(labelSets)
            } catch {
                throw BenchFailure("\(error)")
            }
        }
        return references
    }

    private func write(
        _ values: [Double], _ references: [SeriesReference], at time: Int64, to storage: Storage,
        _ report: inout Report
    ) throws(BenchFailure) {
        for first in stride(from: 0, to: shape.series, by: Self.batchSize) {
            let range = first..<min(shape.series, first + Self.batchSize)
            var batch = SampleBatch(timestamp: time)
            batch.references = Array(references[range])
            batch.values = Array(values[range])
            do throws(AppendError) {
                let outcome = try storage.append(batch)
                report.samples += outcome.appendedCount
                report.refusedSamples += outcome.rejections.count
            } catch {
                throw BenchFailure("\(error)")
            }
        }
    }

    private func measureFiles(into report: inout Report) throws(BenchFailure) {
        do throws(FileError) { report.diskBytes = try Self.size(of: folder) } catch { throw BenchFailure("\(error)") }
        let begun = Self.seconds(CLOCK_MONOTONIC)
        let storage = try open()
        report.reopenSeconds = Self.seconds(CLOCK_MONOTONIC) - begun
        let statistics = storage.statistics
        report.blocks = statistics.blocks
        report.blockBytes = statistics.blockBytes
        report.blockSamples = statistics.blockSamples
        storage.close()
    }

    /// As one of 50 metrics of a target with 1,000 series has them.
    private static func labels(_ number: Int) -> LabelSet {
        let target = number / batchSize
        let metric = number % batchSize / 20
        return LabelSet([
            Label(name: LabelSet.metricName, value: "bench_metric_\(metric)_total"),
            Label(name: "instance", value: "host-\(target):9100"), Label(name: "job", value: "bench"),
            Label(name: "path", value: "/api/v1/resource/\(number % 20)"),
            Label(name: "method", value: number % 2 == 0 ? "GET" : "POST"),
        ])
    }

    private static func size(of path: String) throws(FileError) -> Int {
        guard Folder.isFolder(path) else { return Folder.length(of: path) }
        var sum = 0
        for name in try Folder.names(in: path) { sum += try size(of: "\(path)/\(name)") }
        return sum
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// The bytes of resident memory that no file backs; 0 where the system does not say.
    private static func anonymousMemory() -> Int {
        guard let file = unsafe fopen("/proc/self/status", "r") else { return 0 }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while unsafe fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix("RssAnon:") else { continue }
            return (Int(text.filter(\.isNumber)) ?? 0) << 10
        }
        return 0
    }
}

/// Why the measurement ended early.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Values of the shapes that series of services have: constants, counters that stand still or run, gauges.
private struct SampleValues {
    private(set) var values: [Double]
    private var state: UInt64 = 42

    init(count: Int) {
        values = (0..<count).map { Double($0 % 1_000) }
    }

    /// Goes on to the next sample of each series.
    mutating func advance() {
        for index in values.indices {
            switch index % 6 {
            case 0: break
            case 1: values[index] += 1
            case 2: values[index] += Double(next() % 100)
            case 3: if next() % 10 == 0 { values[index] += 1 }
            case 4: values[index] = Double(next() % 10_000) / 100
            default: values[index] += Double(next() >> 40) * 1e-6
            }
        }
    }

    /// Source: Marsaglia, "Xorshift RNGs".
    private mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
