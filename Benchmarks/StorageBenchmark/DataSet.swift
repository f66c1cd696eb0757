import ApusModel
import ApusStorage

/// A store filled with the shapes of series that scrapes bring: constants, counters, gauges.
final class DataSet {
    /// How much there is.
    struct Shape {
        var series: Int
        var samples: Int
    }

    let storage: Storage
    let shape: Shape
    let start: Int64 = 1_700_000_000_000 / 7_200_000 * 7_200_000
    let end: Int64
    private var references: [SeriesReference] = []

    private struct LateClock: WallClock {
        func now() -> Int64 { .max / 2 }
    }

    /// Fills a store in `folder`: 1,000 series a target, one batch a target and step.
    init(_ shape: Shape, folder: String) throws {
        self.shape = shape
        end = start + Int64(shape.samples - 1) * 15_000
        var options = StorageOptions()
        // Small enough that `compacted` leaves nearly everything in blocks.
        options.blockRange = Int64(shape.samples) * 15_000
        storage = try Storage(folder: folder, options: options, clock: LateClock())
        var generator = FixedGenerator(state: 42)
        for target in 0..<(shape.series / 1_000) {
            references += try storage.resolve((0..<1_000).map { Self.labels(target: target, number: $0) })
        }
        var values = [Double](repeating: 0, count: shape.series)
        for step in 0..<shape.samples {
            for index in 0..<shape.series { Self.advance(&values[index], kind: index % 6, &generator) }
            try append(values, at: start + Int64(step) * 15_000)
        }
    }

    /// Lets the store write its head to blocks.
    func compacted() throws -> StorageStatistics {
        // Far enough ahead that everything before is due; of one series, so that the head is nearly empty.
        var batch = SampleBatch(timestamp: start + Int64(shape.samples) * 15_000 * 3)
        batch.references = [references[0]]
        batch.values = [1]
        _ = try storage.append(batch)
        try storage.compact()
        return storage.statistics
    }

    private func append(_ values: [Double], at time: Int64) throws {
        for first in stride(from: 0, to: values.count, by: 1_000) {
            var batch = SampleBatch(timestamp: time)
            batch.references = Array(references[first..<(first + 1_000)])
            batch.values = Array(values[first..<(first + 1_000)])
            _ = try storage.append(batch)
        }
    }

    private static func labels(target: Int, number: Int) -> LabelSet {
        LabelSet([
            Label(name: "__name__", value: "metric_\(number / 10)_total"),
            Label(name: "instance", value: "host\(target):9100"), Label(name: "job", value: "wide"),
            Label(name: "device", value: "dev\(number % 10)"), Label(name: "mode", value: "m\(number % 7)"),
            Label(name: "cluster", value: "prod-eu-west-1"), Label(name: "namespace", value: "monitoring"),
        ])
    }

    private static func advance(_ value: inout Double, kind: Int, _ generator: inout FixedGenerator) {
        switch kind {
        case 0, 1: break
        case 2: value += Double(generator.next(below: 100))
        case 3: value += 15
        case 4: value = Double(generator.next(below: 10_000)) / 100
        default: if generator.next(below: 10) == 0 { value += 1 }
        }
    }
}
