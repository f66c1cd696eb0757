import ApusModel
import ApusStorage
import ApusTestSupport
import Testing

@Suite("Native histograms in the store")
struct HistogramTests {
    private static let labels = [series("h", ["n": "0"]), series("f")]

    private func histogram(_ step: Int, hint: NativeHistogram.CounterResetHint = .unknown) -> NativeHistogram {
        var histogram = NativeHistogram()
        histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 2)]
        histogram.positiveBuckets = [Double(step), 1]
        histogram.count = Double(step + 1)
        histogram.sum = Double(step) / 7
        histogram.counterResetHint = hint
        return histogram
    }

    @discardableResult
    private func store(_ histogram: NativeHistogram, _ storage: Storage, at time: Int64) throws -> AppendOutcome {
        var batch = SampleBatch(timestamp: time)
        batch.references = try storage.resolve(Self.labels)
        batch.values = [0, 1]
        batch.histograms = [SampleColumns.PositionedHistogram(position: 0, histogram: histogram)]
        return try storage.append(batch)
    }

    @Test("histograms are read back from head, log and block, beside floats")
    func everywhere() throws {
        let folder = try TemporaryFolder()
        var options = StorageOptions()
        options.blockRange = 600_000
        let clock = ManualClock(milliseconds: 10_000_000)
        var storage = try Storage(folder: folder.path, options: options, clock: clock)
        for step in 0..<150 { try store(histogram(step), storage, at: 3_000_000 + Int64(step) * 15_000) }
        for round in ["head", "log", "blocks"] {
            if round == "blocks" { try storage.compact() }
            if round != "head" {
                storage.close()
                storage = try Storage(folder: folder.path, options: options, clock: clock)
            }
            let read = try storage.samples([])
            let columns = try #require(read[Self.labels[0]])
            #expect(columns.timestamps == (0..<150).map { 3_000_000 + Int64($0) * 15_000 }, "\(round)")
            #expect(columns.histograms.map(\.position) == Array(0..<150), "\(round)")
            #expect(columns.histograms.map(\.histogram.sum) == (0..<150).map { Double($0) / 7 }, "\(round)")
            #expect(columns.histograms.map(\.histogram.positiveBuckets) == (0..<150).map { [Double($0), 1] })
            #expect(read[Self.labels[1]]?.histograms.isEmpty == true)
            let part = try storage.samples([], from: 3_150_000, through: 3_300_000)[Self.labels[0]]
            #expect(part?.histograms.map(\.histogram.count) == (10...20).map { Double($0 + 1) }, "\(round)")
            #expect(part?.histograms.map(\.position) == Array(0..<11), "\(round)")
            #expect(storage.statistics.histogramSeries == 1, "\(round)")
        }
        #expect(storage.statistics.blocks > 0)
        storage.close()
    }

    @Test(
        "an equal histogram at the same time counts as stored, another one is a duplicate, before and after reopening")
    func duplicates() throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(milliseconds: 10_000_000)
        var storage = try Storage(folder: folder.path, clock: clock)
        try store(histogram(1), storage, at: 1_000)
        for _ in 0..<2 {
            #expect(try store(histogram(1, hint: .reset), storage, at: 1_000).appendedCount == 2)
            let outcome = try store(histogram(2), storage, at: 1_000)
            #expect(outcome.rejections.map(\.reason) == [.duplicateTimestamp])
            storage.close()
            storage = try Storage(folder: folder.path, clock: clock)
        }
        storage.close()
    }

    @Test("a histogram that contradicts itself or is too large is refused and counted; the rest of the batch is stored")
    func invalid() throws {
        let folder = try TemporaryFolder()
        let storage = try Storage(folder: folder.path, clock: ManualClock(milliseconds: 10_000_000))
        defer { storage.close() }
        var mismatched = histogram(1)
        mismatched.positiveBuckets.append(3)
        var large = NativeHistogram()
        large.positiveSpans = [NativeHistogram.Span(offset: 0, length: 20_000)]
        large.positiveBuckets = Array(repeating: 1, count: 20_000)
        for (number, wrong) in [mismatched, large].enumerated() {
            let outcome = try store(wrong, storage, at: 1_000 + Int64(number))
            #expect(outcome.appendedCount == 1)
            #expect(outcome.rejections.map(\.reason) == [.invalidHistogram])
        }
        #expect(storage.statistics.invalidHistograms == 2)
        #expect(try storage.samples([]).count == 1)
    }

    @Test("hints say what follows from the sample before; the first of what is read has none")
    func hints() throws {
        let folder = try TemporaryFolder()
        let storage = try Storage(folder: folder.path, clock: ManualClock(milliseconds: 10_000_000))
        defer { storage.close() }
        var wider = histogram(5)
        wider.positiveSpans[0].length = 3
        wider.positiveBuckets.append(1)
        let stored = [
            histogram(1, hint: .notReset), histogram(2), histogram(1), histogram(5, hint: .reset), wider,
            histogram(1, hint: .gauge),
        ]
        for (step, histogram) in stored.enumerated() { try store(histogram, storage, at: Int64(step) * 1_000) }
        func hints(from start: Int64) throws -> [NativeHistogram.CounterResetHint] {
            let read = try storage.samples([], from: start)[Self.labels[0]]
            return read?.histograms.map(\.histogram.counterResetHint) ?? []
        }
        #expect(try hints(from: 0) == [.unknown, .notReset, .reset, .reset, .unknown, .gauge])
        #expect(try hints(from: 2_000) == [.unknown, .reset, .unknown, .gauge])
        #expect(try hints(from: 5_000) == [.gauge])
    }

    @Test("a log and blocks written before histograms existed are read")
    func oldFiles() throws {
        let folder = try TemporaryFolder()
        try OldFiles.write(to: folder)
        let storage = try Storage(folder: folder.path, clock: ManualClock(milliseconds: 1_700_000_000_000))
        defer { storage.close() }
        #expect(storage.statistics.walCorruptions == 0)
        #expect(storage.statistics.blocks == OldFiles.blockCount)
        for number in 0..<2 {
            let read = try #require(try storage.samples([])[series("old", ["n": "\(number)"])])
            #expect(read.timestamps == (0..<20).map { 1_200_000 + Int64($0) * 15_000 })
            let wanted = (0..<20).map { step in
                if number == 0 { return Double(step) / 4 }
                return step == 7 ? SpecialValue.staleMarker : Double(step * step)
            }
            #expect(read.values.map(\.bitPattern) == wanted.map(\.bitPattern))
        }
    }
}
