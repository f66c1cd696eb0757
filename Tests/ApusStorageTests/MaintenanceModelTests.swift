import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

/// Runs seeded streams of what keeps a store in order against a plain model in memory, compared after every step.
@Suite("Maintenance against a model")
struct MaintenanceModelTests {
    @Test(
        "append in and out of order, delete, clean, import, compact, expire, snapshot and reopen give what the model gives",
        arguments: ModelSeeds.all)
    func randomOperations(seed: UInt64) throws {
        var run = try MaintenanceRun(seed: seed)
        for step in 0..<100 {
            let operation = try run.step()
            try run.compare("seed \(seed), step \(step), \(operation)")
        }
        if ModelSeeds.mustBeRich(seed) {
            #expect(run.rewrites > 5, "the run is too short to have brought blocks together")
            #expect(run.lateCount > 20, "too little came late")
            #expect(run.summaryCount > 100, "roll-ups were hardly read")
        }
        #expect(run.events.all.allSatisfy { $0.severity == .info }, "\(run.events.all)")
        run.storage.close()
    }
}

/// What is stored, by series and time; a value with a histogram is its count.
private typealias Contents = [LabelSet: [Int64: Double]]

private struct MaintenanceRun {
    let folder: TemporaryFolder
    let clock = ManualClock(milliseconds: 1_700_000_000_000)
    let events = EventLog()
    var storage: Storage
    private let options: StorageOptions
    private let hasRules: Bool
    private var generator: SeededGenerator
    private var model: Contents = [:]
    private var pool: [LabelSet] = []
    /// The end of what was ever deleted.
    private var deletedEnd = Int64.min
    /// The samples that came late.
    private(set) var lateCount = 0
    /// The series that were read from roll-ups.
    private(set) var summaryCount = 0
    private var openQueriers: [(querier: any Querier, expected: Contents)] = []

    init(seed: UInt64) throws {
        folder = try TemporaryFolder()
        generator = SeededGenerator(seed: seed)
        var options = StorageOptions()
        options.blockRange = 600_000
        options.segmentSize = 20_000
        options.blockChunkSamples = 20
        options.maximumBlockRange = 5_400_000
        options.outOfOrderWindow = 2_000_000
        options.rollups = [try RollupRule(resolution: 60_000, after: 0), try RollupRule(resolution: 600_000, after: 0)]
        hasRules = seed % 2 == 0
        options.retention = hasRules ? 9_000_000 : 1_000_000_000
        if hasRules {
            options.retentionRules = try RetentionRules([
                ([Matcher("zone", .equal, "a")], 14_000_000), ([Matcher("zone", .equal, "b")], 3_000_000),
            ])
        }
        self.options = options
        storage = try Storage(folder: folder.path, options: options, clock: clock, report: events.append)
        for number in 0..<15 {
            var labels = ["n": "\(number)", "kind": number % 3 == 0 ? "histogram" : "float"]
            if number % 2 == 0 { labels["zone"] = ["a", "b", "c"][number / 2 % 3] }
            pool.append(series("m\(number % 2)", labels))
        }
    }

    /// How often blocks were written anew.
    var rewrites: Int {
        events.all.count { if case .merged = $0 { true } else { false } }
    }

    // MARK: Operations

    mutating func step() throws -> String {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<32:
            for _ in 0..<Int.random(in: 1...25, using: &generator) { try append() }
            return "append"
        case 32..<40:
            try appendLate()
            return "append late"
        case 40..<55:
            try storage.compact()
            return "compact"
        case 55..<65:
            storage.compactBlocks()
            return "compact blocks"
        case 65..<75:
            try delete()
            return "delete"
        case 75..<79:
            try storage.cleanTombstones()
            return "clean"
        case 79..<84:
            try importBlocks()
            return "import"
        case 84..<88:
            storage.removeExpiredBlocks()
            return "expire"
        case 88..<91:
            try snapshot()
            return "snapshot"
        case 91..<95:
            openQueriers = []
            storage.close()
            storage = try Storage(folder: folder.path, options: options, clock: clock, report: events.append)
            return "reopen"
        case 95..<98:
            openQueriers.append((try storage.querier(from: .min, through: .max), visible()))
            return "open a querier"
        default:
            openQueriers = []
            return "release queriers"
        }
    }

    private mutating func append() throws {
        clock.advance(milliseconds: [15_000, 15_000, 60_000].randomElement(using: &generator) ?? 1)
        let now = clock.now()
        // One series is there in every batch: what is newest is never deleted.
        let chosen = pool.filter { $0["n"] == "1" || Int.random(in: 0..<10, using: &generator) < 8 }
        var batch = SampleBatch(timestamp: now)
        batch.references = try storage.resolve(chosen)
        for (position, labels) in chosen.enumerated() {
            let value = Double(Int.random(in: 0..<1_000, using: &generator))
            batch.values.append(value)
            if labels["kind"] == "histogram" {
                batch.histograms.append(
                    SampleColumns.PositionedHistogram(position: position, histogram: Self.histogram(value)))
            }
            model[labels, default: [:]][now] = value
        }
        #expect(try storage.append(batch).appendedCount == chosen.count)
    }

    /// Samples behind the newest, at times that have none, nor were deleted: a deletion in the head holds for them, too.
    private mutating func appendLate() throws {
        guard let headEnd = storage.statistics.headMaximumTime else { return }
        let oldest = max(headEnd - options.outOfOrderWindow, deletedEnd) + 1_000
        var batch = SampleBatch(timestamp: clock.now())
        var labels: [LabelSet] = []
        for _ in 0..<30 where oldest < headEnd {
            guard let series = pool.randomElement(using: &generator) else { return }
            // No sample that comes in order has a time that ends so.
            let time = Int64.random(in: oldest..<headEnd, using: &generator) / 1_000 * 1_000 + 500
            guard model[series]?[time] == nil else { continue }
            let value = Double(Int.random(in: 0..<1_000, using: &generator))
            if series["kind"] == "histogram" {
                batch.histograms.append(
                    SampleColumns.PositionedHistogram(position: labels.count, histogram: Self.histogram(value)))
            }
            labels.append(series)
            batch.timestamps.append(time)
            batch.values.append(value)
            model[series, default: [:]][time] = value
        }
        batch.references = try storage.resolve(labels)
        let outcome = try storage.append(batch)
        #expect(outcome.rejections.isEmpty, "\(outcome.rejections)")
        lateCount += labels.count
    }

    private static func histogram(_ count: Double) -> NativeHistogram {
        var histogram = NativeHistogram()
        histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 1)]
        histogram.positiveBuckets = [count]
        histogram.count = count
        return histogram
    }

    private static let selectors: [(matchers: [Matcher], isSelected: @Sendable (LabelSet) -> Bool)] = [
        ([Matcher("__name__", .equal, "m0")], { $0["__name__"] == "m0" }),
        ([Matcher("kind", .equal, "histogram")], { $0["kind"] == "histogram" }),
        ([Matcher("n", .matchesPattern, "[4-7]")], { ["4", "5", "6", "7"].contains($0["n"]) }),
        ([Matcher("zone", .equal, ""), Matcher("n", .notEqual, "3")], { $0["zone"] == nil && $0["n"] != "3" }),
        ([], { _ in true }),
    ]

    private mutating func delete() throws {
        let selector = Self.selectors[Int.random(in: 0..<Self.selectors.count, using: &generator)]
        // Short of the newest sample, so that the rules of retention always count from the same one.
        let end = clock.now() - Int64.random(in: 1..<4_000_000, using: &generator)
        let start =
            Int.random(in: 0..<5, using: &generator) == 0
            ? .min : end - Int64.random(in: 0..<3_000_000, using: &generator)
        try storage.delete(matching: [selector.matchers], from: start, through: end)
        deletedEnd = max(deletedEnd, end)
        for labels in model.keys where selector.isSelected(labels) {
            model[labels] = model[labels]?.filter { $0.key < start || $0.key > end }
        }
    }

    /// Older samples from outside, some at times that are taken: these count, as they were written later.
    private mutating func importBlocks() throws {
        guard let headStart = storage.statistics.headMinimumTime else { return }
        // The head's first sample may be a minute older than it says; of samples in the head none is replaced.
        let end = headStart - Int64.random(in: 60_001..<2_000_000, using: &generator)
        let start = end - Int64.random(in: 100_000..<2_000_000, using: &generator)
        var writer = BlockImport(into: storage)
        let extra = series("imported", ["n": "\(Int.random(in: 50..<55, using: &generator))", "kind": "float"])
        for labels in (pool + [extra]).sorted() where Bool.random(using: &generator) {
            var times = Set(stride(from: start, through: end, by: 100_000))
            times.formUnion((model[labels] ?? [:]).keys.filter { start <= $0 && $0 <= end && $0 % 2 == 0 })
            var columns = SampleColumns()
            for time in times.sorted() {
                let value = Double(Int.random(in: 1_000..<2_000, using: &generator))
                if labels["kind"] == "histogram" {
                    columns.append(Self.histogram(value), at: time)
                } else {
                    columns.append(value, at: time)
                }
                model[labels, default: [:]][time] = value
            }
            try writer.add(labels, samples: columns)
        }
        try writer.endBlock()
        _ = try writer.publish()
    }

    private mutating func snapshot() throws {
        let name = try storage.makeSnapshot()
        let path = "\(folder.path)/snapshots/\(name)"
        let copy = try Storage(folder: path, options: options, clock: clock, report: events.append)
        try Self.expectEqual(copy.querier(from: .min, through: .max), visible(), "snapshot")
        copy.compactBlocks()
        try Self.expectEqual(copy.querier(from: .min, through: .max), visible(), "snapshot after compaction")
        copy.close()
        try FileManager.default.removeItem(atPath: path)
    }

    // MARK: Comparison

    /// The model without what is past its retention.
    private func visible() -> Contents {
        guard hasRules else { return model.filter { !$0.value.isEmpty } }
        let newest = model.values.compactMap { $0.keys.max() }.max() ?? 0
        return Dictionary(
            uniqueKeysWithValues: model.map { labels, samples in
                let keep: Int64 = ["a": 14_000_000, "b": 3_000_000][labels["zone"] ?? ""] ?? options.retention
                return (labels, samples.filter { $0.key >= newest - keep })
            }
        ).filter { !$0.value.isEmpty }
    }

    mutating func compare(_ context: String) throws {
        let querier = try storage.querier(from: .min, through: .max)
        let expected = visible()
        try Self.expectEqual(querier, expected, context)
        for open in openQueriers {
            try Self.expectEqual(open.querier, open.expected, "\(context), querier opened before")
        }
        let names = Set(try querier.labelValues(of: "n", matching: []))
        let wanted = Set(expected.keys.compactMap { $0["n"] })
        // A series past its retention may be listed as long as its block is not past it as a whole.
        #expect(hasRules ? names.isSuperset(of: wanted) : names == wanted, "\(context)")
        let selected = Set(try querier.labelValues(of: "n", matching: [[Matcher("kind", .equal, "float")]]))
        let wantedFloats = Set(expected.keys.filter { $0["kind"] == "float" }.compactMap { $0["n"] })
        #expect(hasRules ? selected.isSuperset(of: wantedFloats) : selected == wantedFloats, "\(context)")
        let labelNames = try querier.labelNames(matching: [])
        let wantedNames = Set(expected.keys.flatMap { $0.labels.map(\.name) })
        #expect(hasRules || labelNames == wantedNames.sorted(), "\(context)")
        // A part of the time, which begins and ends inside chunks.
        let end = clock.now() - Int64.random(in: 0..<6_000_000, using: &generator)
        let part = try storage.samples([], from: end - 1_234_567, through: end)
        for (labels, samples) in expected {
            let inside = samples.keys.filter { $0 >= end - 1_234_567 && $0 <= end }.sorted()
            #expect(part[labels]?.timestamps ?? [] == inside, "\(labels): \(context)")
        }
        try compareSummaries(querier, expected, context)
    }

    /// What roll-ups tell of a time between multiples of their resolution is what the samples tell.
    private mutating func compareSummaries(_ querier: any Querier, _ expected: Contents, _ context: String) throws {
        let unit: Int64 = [60_000, 600_000].randomElement(using: &generator) ?? 60_000
        let end = clock.now() / unit * unit - unit * Int64.random(in: 0..<20, using: &generator)
        let start = end - unit * Int64.random(in: 1..<20, using: &generator)
        let selection = try querier.select([])
        guard let runs = selection.summaries(alignedTo: unit) else { return }
        for index in 0..<selection.count {
            let labels = selection.labels(at: index)
            var summaries = SampleSummaries()
            let outcome = try runs.read(
                index, from: start + 1, through: end, fields: [.maxima, .lasts], into: &summaries)
            guard case .exact = outcome else { continue }
            summaryCount += 1
            let inside = (expected[labels] ?? [:]).filter { $0.key > start && $0.key <= end }
            let total = summaries.counts.reduce(0, +)
            #expect(total == Double(inside.count), "\(labels): \(context)")
            #expect(summaries.maxima.max() == inside.values.max(), "\(labels): \(context)")
            #expect(summaries.lasts.last == inside.max { $0.key < $1.key }?.value, "\(labels): \(context)")
        }
    }

    private static func expectEqual(_ querier: any Querier, _ expected: Contents, _ context: String) throws {
        let read = try querier.samples([])
        #expect(Set(read.keys) == Set(expected.keys), "series differ: \(context)")
        for (labels, samples) in expected {
            guard let columns = read[labels] else { continue }
            let times = samples.keys.sorted()
            #expect(columns.timestamps == times, "\(labels): \(context)")
            var values = columns.values
            for entry in columns.histograms { values[entry.position] = entry.histogram.count }
            #expect(values == times.map { samples[$0] ?? .nan }, "\(labels): \(context)")
            let isHistogram = labels["kind"] == "histogram"
            #expect(columns.histograms.count == (isHistogram ? columns.count : 0), "\(labels): \(context)")
            for (previous, next) in zip(columns.histograms, columns.histograms.dropFirst()) {
                let hint = next.histogram.counterResetHint
                guard hint == .reset || hint == .notReset else { continue }
                let isLower = next.histogram.count < previous.histogram.count
                #expect((hint == .reset) == isLower, "a hint is wrong: \(labels): \(context)")
            }
        }
    }
}
