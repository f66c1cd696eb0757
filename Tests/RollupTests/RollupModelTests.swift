import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

/// Runs seeded streams of operations on a store whose samples go while roll-ups stay, against a plain model that forgets nothing.
@Suite("Roll-ups that outlive the samples against a model")
struct RollupModelTests {
    @Test(
        "append, compact, delete, clean, expire, snapshot and reopen leave what the model has",
        arguments: ModelSeeds.all)
    func randomOperations(seed: UInt64) throws {
        var run = try RollupRun(seed: seed)
        for step in 0..<120 {
            let operation = try run.step()
            try run.compare("seed \(seed), step \(step), \(operation)")
        }
        if ModelSeeds.mustBeRich(seed) {
            #expect(run.rolledCount > 500, "few roll-ups were all that was left: \(run.rolledCount)")
            #expect(run.exactCount > 150, "few results were exact: \(run.exactCount)")
        }
        #expect(run.events.all.allSatisfy { $0.severity == .info }, "\(run.events.all)")
        run.storage.close()
    }
}

private struct RollupRun {
    private static let unit: Int64 = 300_000
    private static let keep: Int64 = 20_000_000

    let folder: TemporaryFolder
    let clock = ManualClock(milliseconds: 1_700_000_000_000)
    let events = EventLog()
    var storage: Storage
    private let options: StorageOptions
    private var generator: SeededGenerator
    /// Every sample ever stored but for the deleted ones; of a histogram its count.
    private var model: [LabelSet: [Int64: Double]] = [:]
    /// What was deleted of each series: buckets that have some of it are gone whole.
    private var deleted: [LabelSet: [ClosedRange<Int64>]] = [:]
    private let pool: [LabelSet]
    private(set) var rolledCount = 0
    private(set) var exactCount = 0

    init(seed: UInt64) throws {
        folder = try TemporaryFolder()
        generator = SeededGenerator(seed: seed)
        var options = StorageOptions()
        options.blockRange = 600_000
        options.maximumBlockRange = 1_800_000
        options.blockChunkSamples = 20
        options.retention = 4_000_000
        options.rollups = [
            try RollupRule(resolution: Self.unit / 5, after: 0, keep: 9_000_000),
            try RollupRule(resolution: Self.unit, after: 1_000_000, keep: Self.keep),
        ]
        self.options = options
        storage = try Storage(folder: folder.path, options: options, clock: clock, report: events.append)
        pool = (0..<8).map { number in
            LabelSet([
                Label(name: "__name__", value: number % 2 == 0 ? "m_total" : "g"),
                Label(name: "kind", value: number > 5 ? "histogram" : "float"), Label(name: "n", value: "\(number)"),
            ])
        }
    }

    mutating func step() throws -> String {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<45:
            for _ in 0..<Int.random(in: 5...25, using: &generator) { try append() }
            return "append"
        case 45..<60:
            try storage.compact()
            return "compact"
        case 60..<75:
            storage.compactBlocks()
            return "compact blocks"
        case 75..<80:
            try delete()
            return "delete"
        case 80..<84:
            try storage.cleanTombstones()
            return "clean"
        case 84..<90:
            storage.removeExpiredBlocks()
            return "expire"
        case 90..<93:
            let name = try storage.makeSnapshot()
            let path = "\(folder.path)/snapshots/\(name)"
            #expect(try FolderVerification.run(folder: path).damage.isEmpty)
            try FileManager.default.removeItem(atPath: path)
            return "snapshot"
        default:
            storage.close()
            storage = try Storage(folder: folder.path, options: options, clock: clock, report: events.append)
            return "reopen"
        }
    }

    private mutating func append() throws {
        clock.advance(milliseconds: [15_000, 15_000, 60_000].randomElement(using: &generator) ?? 1)
        var batch = SampleBatch(timestamp: clock.now())
        let chosen = pool.filter { $0["n"] == "0" || Int.random(in: 0..<10, using: &generator) < 8 }
        batch.references = try storage.resolve(chosen)
        for (position, labels) in chosen.enumerated() {
            let value = Double(Int.random(in: 0..<1_000, using: &generator))
            batch.values.append(value)
            if labels["kind"] == "histogram" {
                var histogram = NativeHistogram()
                histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 1)]
                histogram.positiveBuckets = [value]
                histogram.count = value
                batch.histograms.append(.init(position: position, histogram: histogram))
            }
            model[labels, default: [:]][clock.now()] = value
        }
        #expect(try storage.append(batch).appendedCount == chosen.count)
    }

    private mutating func delete() throws {
        guard let labels = pool.randomElement(using: &generator), let number = labels["n"] else { return }
        let end = clock.now() - Int64.random(in: 1..<12_000_000, using: &generator)
        let range = end - Int64.random(in: 0..<1_000_000, using: &generator)...end
        try storage.delete(
            matching: [[Matcher("n", .equal, number)]], from: range.lowerBound, through: range.upperBound)
        model[labels] = model[labels]?.filter { !range.contains($0.key) }
        deleted[labels, default: []].append(range)
    }

    mutating func compare(_ context: String) throws {
        guard let newest = model.values.compactMap({ $0.keys.max() }).max() else { return }
        let selection = try storage.querier(from: .min, through: .max).select([])
        let runs = selection.summaries(alignedTo: Self.unit)
        var found = Set<LabelSet>()
        for index in 0..<selection.count {
            let labels = selection.labels(at: index)
            found.insert(labels)
            let known = model[labels] ?? [:]
            var columns = SampleColumns()
            try selection.read(index, from: .min, through: .max, into: &columns)
            var values = columns.values
            for entry in columns.histograms { values[entry.position] = entry.histogram.count }
            // Nothing is invented, nothing deleted comes back, and nothing is missing of the time of samples.
            #expect(
                zip(columns.timestamps, values).allSatisfy { known[$0] == $1 }, "\(labels): \(context)")
            let recent = known.keys.filter { $0 > newest - options.retention }.sorted()
            #expect(columns.timestamps.filter { $0 > newest - options.retention } == recent, "\(labels): \(context)")
            let start = newest - Self.keep
            #expect(columns.timestamps.allSatisfy { $0 >= start }, "\(labels): \(context)")
            if selection.rolledSpan(of: index, from: .min, through: .max) != nil { rolledCount += 1 }
            if let runs { try compare(runs, index, labels, start, newest, context) }
        }
        for labels in pool where model[labels]?.keys.contains(where: { $0 > newest - options.retention }) == true {
            #expect(found.contains(labels), "\(labels): \(context)")
        }
    }

    /// Buckets that nothing was deleted of tell what all of their samples tell.
    private mutating func compare(
        _ runs: any SummarySelection, _ index: Int, _ labels: LabelSet, _ first: Int64, _ newest: Int64,
        _ context: String
    ) throws {
        let span = max(1, (newest - first) / Self.unit - 2)
        let start = ((first / Self.unit) + 2 + Int64.random(in: 0..<span, using: &generator)) * Self.unit
        let end = min(start + Self.unit * Int64.random(in: 1..<12, using: &generator), newest / Self.unit * Self.unit)
        guard start < end,
            !(deleted[labels] ?? []).contains(where: { $0.overlaps(start - Self.unit...end + Self.unit) })
        else { return }
        var summaries = SampleSummaries()
        let outcome = try runs.read(
            index, from: start + 1, through: end, fields: [.minima, .maxima, .lasts], into: &summaries)
        guard case .exact = outcome else { return }
        exactCount += 1
        let inside = (model[labels] ?? [:]).filter { $0.key > start && $0.key <= end }
        #expect(summaries.counts.reduce(0, +) == Double(inside.count), "\(labels): \(context)")
        #expect(summaries.minima.min() == inside.values.min(), "\(labels): \(context)")
        #expect(summaries.maxima.max() == inside.values.max(), "\(labels): \(context)")
        #expect(summaries.lasts.last == inside.max { $0.key < $1.key }?.value, "\(labels): \(context)")
    }
}
