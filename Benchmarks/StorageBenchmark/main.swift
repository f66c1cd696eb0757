import ApusModel
import ApusStorage
import Glibc

// Measures what queries ask of the store: selecting series, their labels, and samples, from the head and from blocks.
// Prints one table a data set; times are CPU times, the least of several runs. Usage: StorageBenchmark <empty folder>

// Or measures the head, each in a process of its own: StorageBenchmark fill|open|churn <folder> <series> <samples or rounds>

let arguments = CommandLine.arguments
if arguments.count == 5, let series = Int(arguments[3]), let count = Int(arguments[4]) {
    let benchmark = HeadBenchmark(folder: arguments[2], seriesCount: series)
    do {
        switch arguments[1] {
        case "fill": try benchmark.fill(samples: count)
        case "open": try benchmark.reopen()
        default: try benchmark.churn(rounds: count)
        }
        exit(0)
    } catch {
        print("failed: \(error)")
        exit(1)
    }
}
guard arguments.count == 2 else {
    print("usage: StorageBenchmark <empty folder> | fill|open|churn <folder> <series> <samples or rounds>")
    exit(2)
}

do {
    for shape in [DataSet.Shape(series: 10_000, samples: 260), DataSet.Shape(series: 100_000, samples: 120)] {
        let folder = "\(arguments[1])/\(shape.series)"
        let set = try DataSet(shape, folder: folder)
        print("\n\(shape.series) series x \(shape.samples) samples, in the head")
        try measure(set)
        let block = try set.compacted()
        print("\n\(shape.series) series x \(shape.samples) samples, in blocks (\(block.blocks) blocks)")
        try measure(set)
        set.storage.close()
    }
} catch {
    print("failed: \(error)")
    exit(1)
}

/// Prints the rows of one table.
func measure(_ set: DataSet) throws {
    let start = set.start
    let end = set.end
    let job = Matcher("job", .equal, "wide")
    let selectors: [(String, [Matcher])] = [
        ("one label", [job]),
        ("name and job", [Matcher("__name__", .equal, "metric_7_total"), job]),
        ("name pattern", [job, Matcher("__name__", .matchesPattern, "metric_1.*")]),
        ("instance pattern", [job, Matcher("instance", .matchesPattern, "host[1-4].*:9100")]),
        (
            "not pattern",
            [Matcher("__name__", .equal, "metric_7_total"), job, Matcher("mode", .matchesNotPattern, "m1|m2.*")]
        ),
        ("absent label", [Matcher("nothing", .equal, ""), Matcher("device", .equal, "dev3")]),
    ]
    for (name, matchers) in selectors {
        var count = 0
        let time = try least(of: 5) {
            count = try set.storage.querier(from: start, through: end).select(matchers).count
        }
        row("select, \(name)", time, per: count, "series")
    }
    let selection = try set.storage.querier(from: start, through: end).select([job])
    var bytes = 0
    let labels = least(of: 5) {
        for index in 0..<selection.count { bytes &+= selection.labels(at: index).run.count }
    }
    row("labels", labels, per: selection.count, "series")
    for (name, from) in [
        ("everything", start), ("the last 5 minutes", end - 300_000), ("the last sample", end - 14_000),
    ] {
        let selection = try set.storage.querier(from: from, through: end).select([job])
        var columns = SampleColumns()
        var count = 0
        let time = try least(of: 5) {
            count = 0
            for index in 0..<selection.count {
                columns.removeAll()
                try selection.read(index, from: from, through: end, into: &columns)
                count += columns.count
            }
        }
        row("read \(name)", time, per: selection.count, "series")
        row("read \(name)", time, per: count, "sample")
    }
    let querier = try set.storage.querier(from: start, through: end)
    row(
        "open a querier", try least(of: 5) { _ = try set.storage.querier(from: start, through: end) }, per: 1, "querier"
    )
    let names = try least(of: 5) { _ = try querier.labelNames(matching: []) }
    row("label names", names, per: 1, "call")
    let instances = try least(of: 5) { _ = try querier.labelValues(of: "instance", matching: []) }
    row("label values", instances, per: 1, "call")
    let matched = [[Matcher("__name__", .equal, "metric_7_total"), job]]
    let devices = try least(of: 5) { _ = try querier.labelValues(of: "device", matching: matched) }
    row("label values of a metric", devices, per: 1, "call")
    let metricNames = try least(of: 5) { _ = try querier.labelNames(matching: matched) }
    row("label names of a metric", metricNames, per: 1, "call")
}

func row(_ what: String, _ seconds: Double, per count: Int, _ unit: String) {
    let nanoseconds = seconds * 1e9 / Double(max(1, count))
    let number = nanoseconds < 100 ? "\((nanoseconds * 10).rounded() / 10)" : "\(Int(nanoseconds))"
    let padding = String(repeating: " ", count: max(1, 32 - what.count))
    print(
        "  \(what)\(padding)\(String(repeating: " ", count: max(0, 10 - number.count)))\(number) ns/\(unit)  (\(count))"
    )
}

/// The least CPU time that `work` took in several runs, in seconds.
func least(of runs: Int, _ work: () throws -> Void) rethrows -> Double {
    var result = Double.infinity
    for _ in 0..<runs {
        let start = cpuTime()
        try work()
        result = min(result, cpuTime() - start)
    }
    return result
}

func cpuTime() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
