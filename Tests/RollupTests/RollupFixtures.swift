import ApusModel
import ApusQuery
import ApusStorage
import ApusTestSupport
import Foundation

/// Two stores with the same samples, of which only one has roll-ups, and an engine over each.
final class StorePair {
    static let start: Int64 = 6_000_000
    static let interval: Int64 = 15_000
    static let steps = 1_440
    static let end = start + interval * Int64(steps)
    static let kinds = 13

    let folder: TemporaryFolder
    let events = EventLog()
    let rolled: Storage
    let plain: Storage
    let rolledEngine: QueryEngine
    let plainEngine: QueryEngine
    /// Whether the store without roll-ups has blocks; else all of it stays in its head, which is quicker.
    var compactsPlain = true
    private var random: SeededGenerator

    /// Stores that are empty; blocks of ten minutes, brought together up to half an hour.
    init(
        seed: UInt64, rollups: [RollupRule], maximumBlockRange: Int64 = 1_800_000,
        _ change: (inout StorageOptions) throws -> Void = { _ in }
    ) throws {
        folder = try TemporaryFolder()
        random = SeededGenerator(seed: seed)
        var options = StorageOptions()
        options.blockRange = 600_000
        options.maximumBlockRange = maximumBlockRange
        options.outOfOrderWindow = 3_600_000
        try change(&options)
        plain = try Storage(
            folder: "\(folder.path)/plain", options: options, clock: ManualClock(milliseconds: 1_000_000_000))
        options.rollups = rollups
        rolled = try Storage(
            folder: "\(folder.path)/rolled", options: options, clock: ManualClock(milliseconds: 1_000_000_000),
            report: events.append)
        rolledEngine = try QueryEngine(queryable: rolled)
        plainEngine = try QueryEngine(queryable: plain)
    }

    deinit {
        rolled.close()
        plain.close()
    }

    /// The labels of the series of a kind.
    static func labels(_ kind: Int) -> LabelSet {
        var builder = LabelSetBuilder()
        builder.set("__name__", to: "m_total")
        builder.set("kind", to: "\(kind)")
        return builder.labelSet()
    }

    /// Appends some hours of samples of many kinds to both, and compacts.
    func fill(isLate: Bool) throws {
        var counter = 0.0
        var fraction = 0.0
        let labels = (0..<Self.kinds).map(Self.labels)
        for step in 0..<Self.steps {
            let time = Self.start + Int64(step) * Self.interval
            counter = chance(0.01) ? 0 : counter + Double(Int.random(in: 0..<1_000, using: &random))
            fraction = chance(0.02) ? 0 : fraction + Double.random(in: 0..<1, using: &random)
            var samples: [(kind: Int, value: Double, time: Int64)] = [
                (0, counter, time), (1, fraction, time),
                (2, Double(Int.random(in: 0..<10_000, using: &random)) / 100, time),
                (3, Double.random(in: -1...1, using: &random), time), (4, special(), time), (7, 12.5, time),
                (9, Double(Int.random(in: 0..<5, using: &random)), time), (11, chance(0.5) ? 0 : -0.0, time),
                (12, step == 700 ? 1e300 : 1, time),
            ]
            if step % 400 < 250 { samples.append((5, step % 400 == 249 ? Self.stale : Double(step), time)) }
            samples.append((6, Double(step % 50), time + Int64.random(in: -7_000...7_000, using: &random)))
            if step > 300, step < 900 { samples.append((10, Double(step * 3), time)) }
            if isLate, chance(0.05), step > 100 {
                let distance = Int64.random(in: 1...200, using: &random) * 14_000
                samples.append((3, 5, time - distance + 3))
            }
            for store in [rolled, plain] {
                let references = try store.resolve(labels)
                var batch = SampleBatch(timestamp: time)
                for sample in samples {
                    batch.references.append(references[sample.kind])
                    batch.values.append(sample.value)
                    batch.timestamps.append(sample.time)
                }
                if step % 2 == 0 {
                    batch.histograms.append(
                        .init(
                            position: batch.references.count,
                            histogram: .exponential(sum: Double(step), buckets: [1, Double(step % 500)])))
                    batch.references.append(references[8])
                    batch.values.append(.nan)
                    batch.timestamps.append(time)
                }
                _ = try store.append(batch)
            }
            if step % 60 == 59 { try compact() }
        }
        try compact()
    }

    /// Compacts heads and blocks of both, as far as anything is due.
    func compact() throws {
        for store in compactsPlain ? [rolled, plain] : [rolled] {
            try store.compact()
            store.compactBlocks()
        }
    }

    /// A number that tests what is special about it.
    private func special() -> Double {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: .nan
        case 1: .infinity
        case 2: chance(0.1) ? -.infinity : 1
        default: Double(Int.random(in: -5..<5, using: &random))
        }
    }

    private func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }

    static let stale = Double(bitPattern: SpecialValue.staleMarkerBits)
}

/// Keeps what a store reports.
typealias EventLog = EventCollector<StorageEvent>

/// How two results differ; `nil` when they do not, but for the last digits of sums.
func difference(_ a: QueryValue, _ b: QueryValue) -> String? {
    guard case .matrix(let left) = a, case .matrix(let right) = b else { return "not two matrices" }
    if left.map(\.labels) != right.map(\.labels) { return "\(left.map(\.labels)) and \(right.map(\.labels))" }
    for (one, other) in zip(left, right) {
        if one.samples.timestamps != other.samples.timestamps {
            return "\(one.labels): at \(one.samples.timestamps) and \(other.samples.timestamps)"
        }
        if one.samples.histograms.map(\.position) != other.samples.histograms.map(\.position) {
            return "\(one.labels): other histograms"
        }
        for (left, right) in zip(one.samples.histograms, other.samples.histograms)
        where !left.histogram.isClose(to: right.histogram) {
            return "\(one.labels): \(left.histogram) and \(right.histogram)"
        }
        for (position, (x, y)) in zip(one.samples.values, other.samples.values).enumerated() {
            let isEqual = x == y || x.isNaN && y.isNaN || (x - y).magnitude <= 1e-12 * y.magnitude
            if !isEqual { return "\(one.labels): \(x) and \(y) at \(one.samples.timestamps[position])" }
        }
    }
    return nil
}

extension NativeHistogram {
    /// Whether two histograms are equal but for the last digits.
    func isClose(to other: NativeHistogram, within share: Double = 1e-12) -> Bool {
        func isClose(_ a: Double, _ b: Double) -> Bool { a == b || (a - b).magnitude <= share * b.magnitude }
        return schema == other.schema && isClose(count, other.count) && isClose(sum, other.sum)
            && positiveSpans == other.positiveSpans && positiveBuckets.count == other.positiveBuckets.count
            && zip(positiveBuckets, other.positiveBuckets).allSatisfy(isClose)
    }
}
