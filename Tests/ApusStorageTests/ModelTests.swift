import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

/// Runs seeded streams of operations against the store and a plain model in memory, compared after every step.
@Suite("Store against a model")
struct ModelTests {
    @Test("append, compact, expire and reopen in any order give what the model gives", arguments: ModelSeeds.all)
    func randomOperations(seed: UInt64) throws {
        var run = try ModelRun(seed: seed)
        for step in 0..<120 {
            try run.step()
            try run.compare("seed \(seed), step \(step)")
        }
        if ModelSeeds.mustBeRich(seed) {
            #expect(run.storage.statistics.blocks > 2, "the run is too short to have compacted")
        }
        #expect(run.events.all.allSatisfy { $0.severity == .info }, "\(run.events.all)")
        run.storage.close()
    }
}

/// One sample as the model keeps it.
private struct ModelSample {
    var timestamp: Int64
    var value: Double
    /// In place of the value.
    var histogram: NativeHistogram?
}

private struct ModelRun {
    let folder: TemporaryFolder
    let clock = ManualClock(milliseconds: 1_700_000_000_000)
    let events = EventLog()
    var storage: Storage
    private var generator: SeededGenerator
    private var model: [LabelSet: [ModelSample]] = [:]
    private var pool: [LabelSet] = []
    private var nextSeries = 0
    private var openQueriers: [(querier: any Querier, expected: [LabelSet: [ModelSample]])] = []

    init(seed: UInt64) throws {
        folder = try TemporaryFolder()
        generator = SeededGenerator(seed: seed)
        storage = try Storage(folder: folder.path, options: Self.options, clock: clock, report: events.append)
        for _ in 0..<30 { addSeries() }
    }

    private static let options: StorageOptions = {
        var options = StorageOptions()
        options.blockRange = 600_000
        options.segmentSize = 20_000
        options.blockChunkSamples = 50
        return options
    }()

    mutating func step() throws {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<70: for _ in 0..<Int.random(in: 1...12, using: &generator) { try append() }
        case 70..<78: try storage.compact()
        case 78..<84:
            openQueriers = []
            storage.close()
            storage = try Storage(folder: folder.path, options: Self.options, clock: clock, report: events.append)
        case 84..<90:
            // Churn: some series end, others begin.
            for _ in 0..<5 where pool.count > 3 { pool.remove(at: Int.random(in: 0..<pool.count, using: &generator)) }
            for _ in 0..<5 { addSeries() }
        case 90..<95:
            openQueriers.append((try storage.querier(from: .min, through: .max), model))
        default:
            openQueriers = []
        }
    }

    private mutating func append() throws {
        clock.advance(milliseconds: [15_000, 15_000, 15_000, 14_998, 60_000].randomElement(using: &generator) ?? 1)
        let now = clock.now()
        let chosen = pool.filter { _ in Int.random(in: 0..<10, using: &generator) < 8 }
        let samples = chosen.map { sample(of: $0, at: now) }
        // Beside them: one out of order, one equal repetition, one with another value.
        var expected: [SampleRejection?] = chosen.map { _ in nil }
        var extra = Array(zip(chosen, samples))
        if let labels = chosen.randomElement(using: &generator), let position = chosen.firstIndex(of: labels) {
            var late = samples[position]
            late.timestamp -= 7_000
            extra.append((labels, late))
            expected.append(.outOfOrder)
            extra.append((labels, samples[position]))
            expected.append(nil)
            var other = samples[position]
            if Bool.random(using: &generator) { other.histogram = nil }
            other.value = -12_345
            other.histogram?.sum -= 1_000
            extra.append((labels, other))
            expected.append(.duplicateTimestamp)
            var invalid = NativeHistogram()
            invalid.positiveBuckets = [1]
            extra.append((labels, ModelSample(timestamp: now, value: .nan, histogram: invalid)))
            expected.append(.invalidHistogram)
        }
        var batch = SampleBatch(timestamp: now)
        batch.references = try storage.resolve(extra.map(\.0))
        batch.timestamps = extra.map(\.1.timestamp)
        batch.values = extra.map(\.1.value)
        for (position, entry) in extra.enumerated() {
            guard let histogram = entry.1.histogram else { continue }
            batch.histograms.append(SampleColumns.PositionedHistogram(position: position, histogram: histogram))
        }
        let outcome = try storage.append(batch)
        #expect(outcome.rejections.map(\.position) == expected.indices.filter { expected[$0] != nil })
        #expect(outcome.rejections.map(\.reason) == expected.compactMap { $0 })
        #expect(outcome.appendedCount == expected.count { $0 == nil })
        for (labels, sample) in zip(chosen, samples) { model[labels, default: []].append(sample) }
    }

    /// The next sample of a series: some hold floats, some histograms, some change from one to the other.
    private mutating func sample(of labels: LabelSet, at time: Int64) -> ModelSample {
        let number = labels["id"].flatMap { Int($0) } ?? 0
        let kind = number % 5 == 4 ? Int(time / 400_000) % 5 : number % 5
        let histogram = kind == 3 && Int.random(in: 0..<20, using: &generator) > 0 ? nextHistogram(of: labels) : nil
        let value = value(for: labels)
        return ModelSample(timestamp: time, value: value, histogram: histogram)
    }

    private mutating func nextHistogram(of labels: LabelSet) -> NativeHistogram {
        var next = model[labels]?.last { $0.histogram != nil }?.histogram ?? NativeHistogram()
        next.counterResetHint = [.unknown, .unknown, .notReset, .gauge].randomElement(using: &generator) ?? .unknown
        if Int.random(in: 0..<15, using: &generator) == 0 { next = NativeHistogram() }
        if next.positiveSpans.isEmpty || Int.random(in: 0..<12, using: &generator) == 0 {
            next.positiveSpans.append(NativeHistogram.Span(offset: 1, length: 2))
            next.positiveBuckets += [0, 0]
        }
        for bucket in next.positiveBuckets.indices {
            let more = Double(Int.random(in: 0..<9, using: &generator))
            next.positiveBuckets[bucket] += more
            next.count += more
            next.sum += more * 0.3
        }
        return next
    }

    private mutating func value(for labels: LabelSet) -> Double {
        let last = model[labels]?.last?.value ?? 0
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: return SpecialValue.staleMarker
        case 1: return Double.random(in: 0..<1, using: &generator)
        case 2: return -0.0
        default: return last.isFinite ? last + Double(Int.random(in: 0..<100, using: &generator)) : 0
        }
    }

    private mutating func addSeries() {
        nextSeries += 1
        let number = nextSeries
        var labels = ["instance": "host\(number % 7)", "id": "\(number)"]
        if number % 3 == 0 { labels["zone"] = "a\(number % 2)" }
        pool.append(series(number % 2 == 0 ? "requests_total" : "errors_total", labels))
    }

    // MARK: Comparison

    private static let selectors: [(matchers: [Matcher], isSelected: @Sendable (LabelSet) -> Bool)] = [
        ([Matcher("__name__", .equal, "requests_total")], { $0["__name__"] == "requests_total" }),
        ([Matcher("zone", .equal, "")], { $0["zone"] == nil }),
        ([Matcher("zone", .notEqual, "")], { $0["zone"] != nil }),
        (
            [Matcher("zone", .notEqual, "a1"), Matcher("instance", .equal, "host3")],
            { $0["zone"] != "a1" && $0["instance"] == "host3" }
        ),
        (
            [Matcher("instance", .matchesPattern, "host[1-3]")],
            { ["host1", "host2", "host3"].contains($0["instance"]) }
        ),
        (
            [Matcher("instance", .matchesNotPattern, "host1|host2"), Matcher("zone", .matchesPattern, "|a0")],
            { !["host1", "host2"].contains($0["instance"]) && [nil, "a0"].contains($0["zone"]) }
        ),
        ([Matcher("__name__", .matchesPattern, ".+")], { _ in true }),
        ([Matcher("nothing", .equal, "x")], { _ in false }),
    ]

    mutating func compare(_ context: String) throws {
        let end = clock.now()
        let ranges: [(Int64, Int64)] = [
            (.min, .max), (end - 900_000, end), (end - 2_000_000, end - 1_000_000), (end - 15_000, end - 15_000),
        ]
        let selector = Self.selectors[Int.random(in: 0..<Self.selectors.count, using: &generator)]
        let range = ranges[Int.random(in: 0..<ranges.count, using: &generator)]
        let read = try storage.samples(selector.matchers, from: range.0, through: range.1)
        let expected = model.filter { selector.isSelected($0.key) }
            .mapValues { $0.filter { $0.timestamp >= range.0 && $0.timestamp <= range.1 } }.filter { !$0.value.isEmpty }
        expectEqual(read, expected, "\(context), \(selector.matchers) in \(range)")
        for open in openQueriers {
            let read = try open.querier.samples([])
            expectEqual(read, open.expected.filter { !$0.value.isEmpty }, "\(context), querier opened before")
        }
        let querier = try storage.querier(from: .min, through: .max)
        let values = try querier.labelValues(of: "instance", matching: [])
        #expect(Set(values) == Set(model.filter { !$0.value.isEmpty }.keys.compactMap { $0["instance"] }), "\(context)")
        let selected = try querier.labelValues(of: "id", matching: [selector.matchers])
        let wanted = model.filter { !$0.value.isEmpty && selector.isSelected($0.key) }.keys.compactMap { $0["id"] }
        #expect(Set(selected) == Set(wanted), "\(context)")
        let names = try querier.labelNames(matching: [selector.matchers])
        let wantedNames = model.filter { !$0.value.isEmpty && selector.isSelected($0.key) }.keys.flatMap {
            $0.labels.map(\.name)
        }
        #expect(names == Set(wantedNames).sorted(), "\(context)")
    }

    private func expectEqual(
        _ read: [LabelSet: SampleColumns], _ expected: [LabelSet: [ModelSample]],
        _ context: String
    ) {
        #expect(Set(read.keys) == Set(expected.keys), "series differ: \(context)")
        for (labels, samples) in expected {
            guard let columns = read[labels] else { continue }
            #expect(columns.timestamps == samples.map(\.timestamp), "\(labels): \(context)")
            guard columns.count == samples.count else { continue }
            let histograms = Dictionary(
                columns.histograms.map { ($0.position, $0.histogram) }, uniquingKeysWith: { first, _ in first })
            #expect(
                columns.histograms.map(\.position) == samples.indices.filter { samples[$0].histogram != nil },
                "\(labels): \(context)")
            for (position, sample) in samples.enumerated() {
                guard let wanted = sample.histogram else {
                    #expect(columns.values[position].bitPattern == sample.value.bitPattern, "\(labels): \(context)")
                    continue
                }
                guard let found = histograms[position] else { continue }
                var stripped = found
                stripped.counterResetHint = wanted.counterResetHint
                #expect(stripped == wanted, "\(labels): \(context)")
                expectHint(
                    of: found, after: position > 0 ? histograms[position - 1] : nil,
                    isGauge: wanted.counterResetHint == .gauge, context)
            }
        }
    }

    /// A hint may say nothing, but what it says must be true of the histogram before it.
    private func expectHint(
        of histogram: NativeHistogram, after previous: NativeHistogram?, isGauge: Bool, _ context: String
    ) {
        let hint = histogram.counterResetHint
        #expect((hint == .gauge) == isGauge, "\(context)")
        guard hint == .reset || hint == .notReset else { return }
        guard let previous else {
            Issue.record("a hint \(hint) without a histogram before: \(context)")
            return
        }
        let isLower =
            histogram.count < previous.count
            || zip(histogram.positiveBuckets, previous.positiveBuckets).contains { $0 < $1 }
        #expect((hint == .reset) == isLower, "\(context)")
    }
}
