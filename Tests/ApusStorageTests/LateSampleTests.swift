import ApusModel
import ApusStorage
import ApusTestSupport
import Testing

/// Samples that are older than the newest of their series.
@Suite("Late samples")
struct LateSampleTests {
    private static let labels = series("late", ["n": "1"])
    private static let minute: Int64 = 60_000
    private static let start: Int64 = 1_700_000_000_000

    private func open(
        _ folder: TemporaryFolder, window: Int64 = 30 * minute,
        report: @escaping @Sendable (StorageEvent) -> Void = { _ in }
    ) throws -> Storage {
        var options = StorageOptions()
        options.outOfOrderWindow = window
        options.blockRange = 20 * Self.minute
        options.checkpointLogSize = 20_000
        options.maximumSealedBytes = 2_000
        let clock = ManualClock(milliseconds: Self.start + 100_000 * Self.minute)
        return try Storage(folder: folder.path, options: options, clock: clock, report: report)
    }

    private func append(_ storage: Storage, _ samples: [(Int64, Double)]) throws -> AppendOutcome {
        var batch = SampleBatch(timestamp: 0)
        let reference = try storage.resolve([Self.labels])[0]
        for (time, value) in samples {
            batch.references.append(reference)
            batch.timestamps.append(Self.start + time)
            batch.values.append(value)
        }
        return try storage.append(batch)
    }

    private func stored(_ storage: Storage) throws -> [(Int64, Double)] {
        let columns = try storage.samples([])[Self.labels] ?? SampleColumns()
        return zip(columns.timestamps, columns.values).map { ($0 - Self.start, $1) }
    }

    @Test("within the window they are stored and seen at once and in order, beyond it they are too old")
    func window() throws {
        let folder = try TemporaryFolder()
        let storage = try open(folder)
        #expect(try append(storage, [(0, 1), (60 * Self.minute, 2)]).rejections.isEmpty)
        let outcome = try append(
            storage,
            [
                (40 * Self.minute, 3), (29 * Self.minute, 4), (30 * Self.minute, 5), (61 * Self.minute, 6),
                (35 * Self.minute, 7),
            ])
        #expect(outcome.rejections.map(\.position) == [1])
        #expect(outcome.rejections.map(\.reason) == [.tooOld])
        #expect(outcome.appendedCount == 4)
        let expected = [0, 30, 35, 40, 60, 61].map { Int64($0) * Self.minute }
        #expect(try stored(storage).map(\.0) == expected)
        #expect(try stored(storage).map(\.1) == [1, 5, 7, 3, 2, 6])
        #expect(storage.statistics.lateSamples == 3)
        #expect(storage.statistics.tooOldSamples == 1)
        storage.close()
    }

    @Test(
        "the same time again is taken silently; another value at the newest time is refused, at a late time the first stays"
    )
    func duplicates() throws {
        let folder = try TemporaryFolder()
        let storage = try open(folder)
        _ = try append(storage, [(10, 1), (50, 5)])
        #expect(try append(storage, [(50, 5)]).rejections.isEmpty)
        #expect(try append(storage, [(50, 6)]).rejections.map(\.reason) == [.duplicateTimestamp])
        #expect(try append(storage, [(30, 3), (30, 3), (30, 4)]).rejections.isEmpty)
        #expect(try stored(storage).map(\.1) == [1, 3, 5])
        storage.close()
    }

    @Test("the window can be opened and closed while the store runs")
    func changed() throws {
        let folder = try TemporaryFolder()
        let storage = try open(folder, window: 0)
        _ = try append(storage, [(1_000, 1)])
        #expect(try append(storage, [(500, 2)]).rejections.map(\.reason) == [.outOfOrder])
        storage.outOfOrderWindow = Self.minute
        #expect(try append(storage, [(500, 2)]).rejections.isEmpty)
        storage.outOfOrderWindow = 0
        #expect(try append(storage, [(600, 2)]).rejections.map(\.reason) == [.outOfOrder])
        #expect(try stored(storage).map(\.0) == [500, 1_000])
        storage.close()
    }

    @Test("late histograms are merged among the others and say nothing of resets")
    func histograms() throws {
        let folder = try TemporaryFolder()
        var storage = try open(folder)
        let reference = try storage.resolve([Self.labels])[0]
        for time: Int64 in [1_000, 3_000, 2_000] {
            var batch = SampleBatch(timestamp: Self.start + time)
            batch.references = [reference]
            batch.values = [.nan]
            var histogram = NativeHistogram()
            histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 1)]
            histogram.positiveBuckets = [Double(time)]
            histogram.count = Double(time)
            batch.histograms = [SampleColumns.PositionedHistogram(position: 0, histogram: histogram)]
            #expect(try storage.append(batch).appendedCount == 1)
        }
        for _ in 0..<2 {
            let columns = try #require(try storage.samples([])[Self.labels])
            #expect(columns.histograms.map(\.histogram.count) == [1_000, 2_000, 3_000])
            #expect(columns.histograms.map(\.histogram.counterResetHint).allSatisfy { $0 == .unknown })
            storage.close()
            storage = try open(folder)
        }
        storage.close()
    }

    @Test("a querier sees the late samples of whole batches, and none that came after it was opened")
    func isolation() throws {
        let folder = try TemporaryFolder()
        let storage = try open(folder)
        _ = try append(storage, [(10, 1), (50, 5)])
        let before = try storage.querier(from: .min, through: .max)
        _ = try append(storage, [(20, 2), (30, 3), (60, 6)])
        #expect(try before.samples([])[Self.labels]?.values == [1, 5])
        #expect(try stored(storage).map(\.1) == [1, 2, 3, 5, 6])
        storage.close()
    }

    /// Times of one series in the model.
    private struct Model {
        var samples: [Int64: Double] = [:]
        var newest = Int64.min
    }

    @Test(
        "appends in and out of order, compactions, closing and dying give what a plain model gives",
        arguments: [1, 2, 3])
    func model(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let events = EventLog()
        var storage: Storage? = try open(folder, report: events.append)
        let names = (0..<12).map { series("m", ["n": "\($0)"]) }
        var models = Array(repeating: Model(), count: names.count)
        var now = Self.start
        var newest = Int64.min
        for step in 0..<250 {
            now += Int64.random(in: 1_000...90_000, using: &generator)
            var batch = SampleBatch(timestamp: now)
            var expected: [SampleRejection?] = []
            let references = try #require(storage).resolve(names)
            for index in names.indices where Bool.random(using: &generator) {
                let lateness = Bool.random(using: &generator) ? 0 : Int64.random(in: 0...40, using: &generator) * 60_000
                let time = now - lateness
                guard models[index].samples[time] == nil else { continue }
                let value = Double.random(in: 0..<10, using: &generator)
                batch.references.append(references[index])
                batch.timestamps.append(time)
                batch.values.append(value)
                // A series without newer samples may begin anywhere beyond what is in blocks.
                let isLate = time < models[index].newest
                let isTooOld = isLate && time < newest - 30 * Self.minute
                expected.append(isTooOld ? .tooOld : nil)
                if models[index].newest == .min, lateness > 0 {
                    // Where it falls depends on what is in blocks: left out.
                    batch.references.removeLast()
                    batch.timestamps.removeLast()
                    batch.values.removeLast()
                    expected.removeLast()
                    continue
                }
                if isTooOld { continue }
                models[index].samples[time] = value
                models[index].newest = max(models[index].newest, time)
                newest = max(newest, time)
            }
            let outcome = try #require(storage).append(batch)
            #expect(
                outcome.rejections.map(\.position) == expected.indices.filter { expected[$0] != nil }, "step \(step)")
            switch Int.random(in: 0..<12, using: &generator) {
            case 0: try #require(storage).compact()
            case 1, 2: try #require(storage).tendHead()
            case 3:
                try #require(storage).close()
                storage = nil
                storage = try open(folder, report: events.append)
            case 4:
                // As if the process had died: nothing is written any more.
                storage = nil
                storage = try open(folder, report: events.append)
            default: break
            }
            let found = try #require(storage).samples([])
            for (index, labels) in names.enumerated() {
                let wanted = models[index].samples.sorted { $0.key < $1.key }
                #expect(found[labels]?.timestamps ?? [] == wanted.map(\.key), "seed \(seed), step \(step), \(labels)")
                #expect(found[labels]?.values ?? [] == wanted.map(\.value), "seed \(seed), step \(step), \(labels)")
            }
        }
        let statistics = try #require(storage).statistics
        #expect(statistics.blocks > 3)
        #expect(events.all.allSatisfy { $0.severity == .info }, "\(events.all)")
        storage?.close()
    }
}
