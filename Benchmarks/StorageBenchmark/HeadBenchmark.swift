import ApusModel
import ApusStorage
import Glibc

/// Measures the head: CPU a sample, anonymous memory a series, what is on disk, and how long opening takes after the process ended
/// without closing.
///
/// The values are those of the remote-write benchmark: constants, integer and decimal counters, histogram buckets, gauges.
struct HeadBenchmark {
    private let folder: String
    private let seriesCount: Int
    private let step: Int64 = 15_000
    private let start: Int64 = 1_700_000_000_000 / 7_200_000 * 7_200_000
    private static let batchSize = 2_000

    private struct LateClock: WallClock {
        func now() -> Int64 { .max / 2 }
    }

    /// A benchmark of so many series in `folder`.
    init(folder: String, seriesCount: Int) {
        self.folder = folder
        self.seriesCount = seriesCount
    }

    /// Appends so many samples to each series, then ends the process as it is.
    func fill(samples: Int) throws {
        let before = anonymousBytes()
        let storage = try open()
        var references: [SeriesReference] = []
        let startOfSeries = cpuTime()
        for first in stride(from: 0, to: seriesCount, by: Self.batchSize) {
            references += try storage.resolve((first..<(first + Self.batchSize)).map(Self.labels))
        }
        row("make series", cpuTime() - startOfSeries, per: seriesCount, "series")
        memory("series without samples", since: before)
        var values = [Double](repeating: 0, count: seriesCount)
        var generator = FixedGenerator(state: 7)
        var cpu = 0.0
        var batch = SampleBatch(timestamp: 0)
        var longest = 0.0
        for step in 0..<samples {
            for index in 0..<seriesCount { Self.advance(&values[index], number: index, &generator) }
            let time = start + Int64(step) * self.step
            for first in stride(from: 0, to: seriesCount, by: Self.batchSize) {
                batch.reset(timestamp: time)
                batch.references.append(contentsOf: references[first..<(first + Self.batchSize)])
                batch.values.append(contentsOf: values[first..<(first + Self.batchSize)])
                batch.timestamps.append(contentsOf: repeatElement(time, count: Self.batchSize))
                let begin = cpuTime()
                let outcome = try storage.append(batch)
                cpu += cpuTime() - begin
                longest = max(longest, cpuTime() - begin)
                guard outcome.appendedCount == Self.batchSize else { throw BenchmarkError(text: "\(outcome)") }
            }
            if step % 2 == 1 {
                let begin = cpuTime()
                storage.tendHead()
                if step % 8 == 7 { storage.maintain() }
                cpu += cpuTime() - begin
            }
        }
        row("append and tend", cpu, per: seriesCount * samples, "sample")
        row("longest append", longest, per: Self.batchSize, "sample")
        memory("\(samples) samples a series", since: before)
        print("  chunks in memory: \(storage.statistics.headChunks), log: \(storage.statistics.walBytes) bytes")
        // The log would be closed in order; what is measured next is the other case.
        fflush(nil)
        _exit(0)
    }

    /// Opens the store and asks for a sample of every series.
    func reopen() throws {
        let before = anonymousBytes()
        let startCPU = cpuTime()
        let startWall = wallTime()
        let storage = try open()
        print("  open: \(milliseconds(wallTime() - startWall)) ms, CPU \(milliseconds(cpuTime() - startCPU)) ms")
        let selection = try storage.querier(from: start, through: .max).select([Matcher("job", .equal, "node")])
        var columns = SampleColumns()
        try selection.read(0, from: start, through: .max, into: &columns)
        print("  first answer after \(milliseconds(wallTime() - startWall)) ms")
        memory("after opening", since: before)
        var count = columns.count
        for index in 1..<selection.count {
            columns.removeAll()
            try selection.read(index, from: start, through: .max, into: &columns)
            count += columns.count
        }
        print("  \(selection.count) series, \(count) samples in the first job")
        let all = try storage.querier(from: start, through: .max).select([])
        count = 0
        let time = try least(of: 3) {
            count = 0
            for index in 0..<all.count {
                columns.removeAll()
                try all.read(index, from: start, through: .max, into: &columns)
                count += columns.count
            }
        }
        row("read everything", time, per: count, "sample")
        let recent = columns.timestamps.last ?? start
        for (name, length) in [("the last 5 minutes", Int64(300_000)), ("the last sample", 0)] {
            let time = try least(of: 3) {
                for index in 0..<all.count {
                    columns.removeAll()
                    try all.read(index, from: recent - length, through: .max, into: &columns)
                }
            }
            row("read \(name)", time, per: all.count, "series")
        }
        memory("after reading", since: before)
        storage.close()
    }

    /// Replaces all series every 20 samples, `rounds` times.
    func churn(rounds: Int) throws {
        let before = anonymousBytes()
        let storage = try open()
        var batch = SampleBatch(timestamp: 0)
        var peak = 0
        for round in 0..<rounds {
            let begin = cpuTime()
            var references: [SeriesReference] = []
            for first in stride(from: 0, to: seriesCount, by: Self.batchSize) {
                references += try storage.resolve(
                    (first..<(first + Self.batchSize)).map { Self.labels($0, pod: "pod-\(round)-\($0 / 50)") })
            }
            for step in 0..<20 {
                let time = start + (Int64(round) * 20 + Int64(step)) * self.step
                for first in stride(from: 0, to: seriesCount, by: Self.batchSize) {
                    batch.reset(timestamp: time)
                    batch.references.append(contentsOf: references[first..<(first + Self.batchSize)])
                    for number in first..<(first + Self.batchSize) {
                        batch.values.append(Double(number % 7 == 0 ? number : number * step))
                    }
                    _ = try storage.append(batch)
                }
            }
            storage.tendHead()
            storage.maintain()
            let used = cpuTime() - begin
            peak = max(peak, anonymousBytes() - before)
            if round % max(1, rounds / 12) == 0 || round == rounds - 1 {
                let statistics = storage.statistics
                print(
                    "  round \(round): \(statistics.headSeries) series in the head, \((anonymousBytes() - before) >> 20) MB, "
                        + "\(milliseconds(used)) ms, \(statistics.blocks) blocks")
            }
        }
        print("  peak \(peak / (rounds * seriesCount)) bytes a series made, \(peak >> 20) MB")
        storage.close()
    }

    private func open() throws -> Storage {
        try Storage(folder: folder, clock: LateClock()) { print("  \($0)") }
    }

    private func memory(_ what: String, since before: Int) {
        let used = anonymousBytes() - before
        print("  anonymous memory, \(what): \(used / seriesCount) bytes a series (\(used >> 20) MB)")
    }

    private static func labels(_ number: Int) -> LabelSet { labels(number, pod: "pod-\(number / 1_000)") }

    private static func labels(_ number: Int, pod: String) -> LabelSet {
        let target = number / 1_000
        let metric = number % 1_000
        return LabelSet([
            Label(name: "__name__", value: "node_metric_\(metric / 8)_total"),
            Label(name: "instance", value: "10.0.\(target / 250).\(target % 250):9100"),
            Label(name: "job", value: ["node", "api", "cadvisor"][target % 3]),
            Label(name: "device", value: "dev\(metric % 8)"), Label(name: "mode", value: "mode\(metric % 7)"),
            Label(name: "cluster", value: "prod-eu-west-1"), Label(name: "namespace", value: "monitoring"),
            Label(name: "pod", value: pod),
        ])
    }

    private static func advance(_ value: inout Double, number: Int, _ generator: inout FixedGenerator) {
        switch number % 100 {
        case 0..<15: value = Double(number)
        case 15..<43: value += Double(generator.next(below: 1_000))
        case 43..<55: value = ((value * 100).rounded() + Double(generator.next(below: 1_500))) / 100
        case 55..<61: value += Double(generator.next(below: 1 << 30)) / 1e9
        case 61..<87: if generator.next(below: 3) == 0 { value += Double(generator.next(below: 40)) }
        default: value = Double(generator.next(below: 100_000)) / 10
        }
    }

    private func milliseconds(_ seconds: Double) -> Double { (seconds * 10_000).rounded() / 10 }
}

/// A run that went wrong.
struct BenchmarkError: Error {
    let text: String
}

/// A small fixed generator, so that every run stores the same.
struct FixedGenerator {
    var state: UInt64

    mutating func next(below limit: UInt64) -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 33) % limit
    }
}

func wallTime() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The process's anonymous memory in bytes, as the kernel counts it.
func anonymousBytes() -> Int {
    guard let file = unsafe fopen("/proc/self/status", "r") else { return 0 }
    defer { unsafe fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while unsafe fgets(&line, 256, file) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.hasPrefix("RssAnon:") {
            return (Int(text.filter(\.isNumber)) ?? 0) * 1_024
        }
    }
    return 0
}
