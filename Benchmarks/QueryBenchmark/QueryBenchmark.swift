import ApusModel
import ApusQuery
import ApusStorage
import FoundationEssentials
import Glibc

/// Measures queries in this process: CPU time and wall time, medians.
///
///     QueryBenchmark store [--queries FILE] [--only ID] [--targets N] [--hours H] [--repeats N] [--helpers N] [--data FOLDER]
///     QueryBenchmark kernels [--only TEXT] [--repeats N]
///     QueryBenchmark memory
@main
struct QueryBenchmark {
    static func main() async throws {
        let arguments = Arguments(CommandLine.arguments)
        switch CommandLine.arguments.dropFirst().first {
        case "kernels": try await kernels(arguments)
        case "memory": try await memory()
        case "store": try await store(arguments)
        default: print("usage: QueryBenchmark store | kernels | memory [--option value ...]")
        }
    }

    /// Queries on a store with many series of half an hour and a tenth of them of a day.
    private static func store(_ arguments: Arguments) async throws {
        let targets = arguments.number("targets") ?? 100
        let data = DataSet(
            wideTargets: targets, longTargets: max(1, targets / 10),
            longSamples: (arguments.number("hours") ?? 24) * 240)
        let folder = arguments.text("data") ?? "/tmp/apus-query-benchmark-\(getpid())"
        let isNew = !FileManager.default.fileExists(atPath: folder)
        var options = StorageOptions()
        options.retention = 100 * 365 * 86_400_000
        let store = try Storage(folder: folder, options: options)
        if isNew { try data.write(to: store) }
        let engine = try QueryEngine(queryable: store, limits: limits(arguments))
        let queries = try arguments.text("queries").map(BenchmarkQuery.load) ?? BenchmarkQuery.builtIn
        var logarithms: [Double] = []
        for query in queries where arguments.text("only").map({ query.id.hasPrefix($0) }) ?? true {
            var size = 0
            let cost = try await Cost.median(of: arguments.number("repeats") ?? 5) {
                size = try await run(query, data, engine)
            }
            // As the side-by-side benchmark does: less than a tenth of a millisecond is not told apart.
            logarithms.append(log(max(cost.cpu, 0.1)))
            print("\(padded(query.id, 34)) cpu \(rounded(cost.cpu)) ms  wall \(rounded(cost.wall)) ms  \(size) points")
        }
        if !logarithms.isEmpty {
            print("geometric mean of CPU: \(rounded(exp(logarithms.reduce(0, +) / Double(logarithms.count)))) ms")
        }
        store.close()
        if isNew && arguments.text("data") == nil { try FileManager.default.removeItem(atPath: folder) }
    }

    /// Evaluation alone, on one thread: 10,000 series of 260 samples, 240 steps.
    private static func kernels(_ arguments: Arguments) async throws {
        let series = 10_000
        let steps = 240
        let source = ColumnSource(count: series, samples: steps + 20)
        var limits = QueryLimits()
        limits.helperThreads = 0
        let engine = try QueryEngine(queryable: source, limits: limits)
        let queries = [
            "sum by (group) (rate(x[5m]))", "rate(x[5m])", "x", "sum(x)", "sum by (group) (x)", "increase(x[1h])",
            "max_over_time(x[5m])", "avg_over_time(x[5m])", "quantile_over_time(0.9, x[5m])", "deriv(x[5m])",
            "stddev_over_time(x[5m])", "count(x / x)", "topk(5, x)", "quantile(0.9, x)",
        ]
        for query in queries where arguments.text("only").map({ query.hasPrefix($0) }) ?? true {
            let cost = try await Cost.median(of: arguments.number("repeats") ?? 5) {
                _ = try await engine.range(
                    query, from: source.timestamps[20], through: source.timestamps[20 + steps - 1], step: 15_000)
            }
            print(
                "\(padded(query, 34)) \(rounded(cost.cpu)) ms  \(rounded(cost.cpu * 1e6 / Double(series * steps))) ns/point"
            )
        }
    }

    /// What queries over a million series of one sample hold.
    private static func memory() async throws {
        let source = ColumnSource(count: 1_000_000, samples: 1)
        let engine = try QueryEngine(queryable: source, limits: QueryLimits())
        for query in ["sum(x)", "count by (group) (x)", "topk(10, x)", "quantile(0.9, x)", "sum(rate(x[5m]))"] {
            ProcessMemory.resetPeak()
            let before = ProcessMemory.peak()
            let cost = try await Cost.median(of: 1) { _ = try await engine.instant(query, at: 0) }
            print(
                "\(padded(query, 34)) \(rounded(ProcessMemory.peak() - before)) MB more at its peak, cpu \(rounded(cost.cpu)) ms"
            )
        }
    }

    private static func limits(_ arguments: Arguments) -> QueryLimits {
        var limits = QueryLimits()
        if let helpers = arguments.number("helpers") { limits.helperThreads = helpers }
        return limits
    }

    /// Runs a query once and gives the number of points of its answer.
    private static func run(_ query: BenchmarkQuery, _ data: DataSet, _ engine: QueryEngine) async throws -> Int {
        let text = query.query ?? ""
        let result: QueryResult
        if query.kind == "instant" {
            guard let time = data.time(query.time ?? "") else { throw BenchmarkError("\(query.id) has no known time") }
            result = try await engine.instant(text, at: time)
        } else {
            guard let start = data.time(query.start ?? ""), let end = data.time(query.end ?? "") else {
                throw BenchmarkError("\(query.id) has no known range")
            }
            result = try await engine.range(text, from: start, through: end, step: Int64((query.step ?? 15) * 1_000))
        }
        switch result.value {
        case .scalar, .string: return 1
        case .vector(let samples): return samples.count
        case .matrix(let series): return series.reduce(0) { $0 + $1.samples.count }
        }
    }
}

/// `--name value` pairs.
struct Arguments {
    private var values: [String: String] = [:]

    init(_ arguments: [String]) {
        for (name, value) in zip(arguments, arguments.dropFirst()) where name.hasPrefix("--") {
            values[String(name.dropFirst(2))] = value
        }
    }

    func text(_ name: String) -> String? { values[name] }
    func number(_ name: String) -> Int? { values[name].flatMap { Int($0) } }
}
