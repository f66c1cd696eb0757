import ApusModel
import ApusStorage
import ApusTestSupport

/// Two sets of series in a store: many for half an hour, and a tenth as many for a day.
struct DataSet {
    /// Milliseconds between samples.
    static let interval: Int64 = 15_000
    /// The time of the first sample; a whole number of blocks after the epoch.
    static let start: Int64 = 1_699_999_200_000 / 7_200_000 * 7_200_000

    var wideTargets: Int
    var wideSamples = 120
    var longTargets: Int
    var longSamples: Int

    var wideEnd: Int64 { Self.start + Int64(wideSamples - 1) * Self.interval }
    var longStart: Int64 { Self.start + 3_600_000 }
    var longEnd: Int64 { longStart + Int64(longSamples - 1) * Self.interval }

    /// The named time of a query.
    func time(_ name: String) -> Int64? {
        switch name {
        case "wide_start": Self.start
        case "wide_end": wideEnd
        case "long_start": longStart
        case "long_end": longEnd
        default: nil
        }
    }

    /// Writes all samples, as backfilling does: several of a series at once.
    func write(to store: Storage) throws {
        try write(job: "wide", targets: wideTargets, samples: wideSamples, from: Self.start, to: store)
        try write(job: "long", targets: longTargets, samples: longSamples, from: longStart, to: store)
    }

    private func write(job: String, targets: Int, samples: Int, from start: Int64, to store: Storage) throws {
        // Time first, so that the head moves on as it does in life; a day is written in runs of an hour.
        var generators: [(references: [SeriesReference], values: [[Double]])] = []
        for target in 0..<targets {
            var generator = SeededGenerator(seed: UInt64(target + 1))
            let shapes = Shape.target(target)
            let references = try store.resolve(
                shapes.map { $0.labelSet(job: job, instance: "10.1.\(target / 250).\(target % 250 + 1):9100") })
            generators.append((references, shapes.map { $0.movement.values(samples, using: &generator) }))
        }
        let run = 240
        for first in stride(from: 0, to: samples, by: run) {
            let positions = first..<min(samples, first + run)
            for (references, values) in generators {
                var batch = SampleBatch(timestamp: start)
                for (reference, column) in zip(references, values) {
                    for position in positions {
                        batch.references.append(reference)
                        batch.values.append(column[position])
                        batch.timestamps.append(start + Int64(position) * Self.interval)
                    }
                }
                let outcome = try store.append(batch)
                if !outcome.rejections.isEmpty {
                    throw BenchmarkError("\(outcome.rejections.count) samples were refused")
                }
            }
            try store.compact()
        }
    }
}

/// Why a benchmark could not run.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
