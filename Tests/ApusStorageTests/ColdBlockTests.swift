import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

/// Blocks whose samples are old when they are written: long chunks, compressed groups.
@Suite("Cold blocks")
struct ColdBlockTests {
    private static let start: Int64 = 1_700_000_000_000
    private static let count = 3_000
    private static let step: Int64 = 15_000
    private static let series: [LabelSet] = (0..<40).map { number in
        ApusStorageTests.series(
            "metric_\(number % 5)",
            ["instance": "host\(number / 5):9100", "job": "node", number % 2 == 0 ? "even" : "odd": "\(number)"])
    }

    private static func samples(_ number: Int) -> SampleColumns {
        var generator = SeededGenerator(seed: UInt64(number) + 1)
        var columns = SampleColumns()
        var current = Double(number) * 1_000
        for index in 0..<count - number {
            columns.timestamps.append(start + Int64(index) * step + (number % 7 == 0 ? Int64(index * index % 3) : 0))
            switch number % 4 {
            case 0: current += Double(Int.random(in: 0..<3, using: &generator))
            case 1: current += Double.random(in: 0..<1, using: &generator)
            case 2: current = Double(index / 100)
            default: if index % 50 == 0 { current = Double(Int.random(in: 0..<5, using: &generator)) / 4 }
            }
            columns.values.append(index % 500 == 499 ? SpecialValue.staleMarker : current)
        }
        return columns
    }

    /// Imports all samples as one block; by the clock it is cold or not.
    ///
    /// - Parameter number: whose samples all series get; `nil` for their own.
    private func importAll(_ folder: TemporaryFolder, isCold: Bool, samplesOf only: Int? = nil) throws {
        let end = Self.start + Int64(Self.count) * Self.step
        var blocks = try BlockImport(
            folder: folder.path, clock: ManualClock(milliseconds: end + (isCold ? 13 * 3_600_000 : 0)))
        let order = Self.series.indices.sorted { Self.series[$0] < Self.series[$1] }
        for number in order { try blocks.add(Self.series[number], samples: Self.samples(only ?? number)) }
        try blocks.endBlock()
        _ = try blocks.publish()
    }

    private func open(_ folder: TemporaryFolder, report: @escaping @Sendable (StorageEvent) -> Void = { _ in }) throws
        -> Storage
    {
        var options = StorageOptions()
        options.retention = .max / 4
        return try Storage(
            folder: folder.path, options: options, clock: ManualClock(milliseconds: Self.start + 1_000_000_000),
            report: report)
    }

    private func files(_ folder: TemporaryFolder, _ name: String) throws -> [URL] {
        let blocks = folder.url.appendingPathComponent("blocks")
        return try FileManager.default.contentsOfDirectory(at: blocks, includingPropertiesForKeys: nil)
            .map { $0.appendingPathComponent(name) }
    }

    @Test("a cold block is smaller and reads the same, whole and in parts, in any order", arguments: [false, true])
    func readsTheSame(isCold: Bool) throws {
        let folder = try TemporaryFolder()
        try importAll(folder, isCold: isCold)
        let storage = try open(folder)
        defer { storage.close() }
        let all = try storage.samples([])
        #expect(all.count == Self.series.count)
        for (number, labels) in Self.series.enumerated() {
            let wanted = Self.samples(number)
            let read = try #require(all[labels])
            #expect(read.timestamps == wanted.timestamps)
            #expect(read.values.map(\.bitPattern) == wanted.values.map(\.bitPattern))
        }
        var generator = SeededGenerator(seed: 5)
        let querier = try storage.querier(from: .min, through: .max)
        let selection = try querier.select([Matcher("job", .equal, "node")])
        #expect(selection.count == Self.series.count)
        for _ in 0..<200 {
            let position = Int.random(in: 0..<selection.count, using: &generator)
            let number = try #require(Self.series.firstIndex(of: selection.labels(at: position)))
            let from = Self.start + Int64.random(in: -100_000...Int64(Self.count) * Self.step, using: &generator)
            let through = from + Int64.random(in: 0...3_000_000, using: &generator)
            var read = SampleColumns()
            try selection.read(position, from: from, through: through, into: &read)
            let wanted = Self.samples(number)
            let kept = wanted.timestamps.indices.filter { (from...through).contains(wanted.timestamps[$0]) }
            #expect(read.timestamps == kept.map { wanted.timestamps[$0] })
            #expect(read.values.map(\.bitPattern) == kept.map { wanted.values[$0].bitPattern })
        }
    }

    @Test("compression makes a cold block smaller where series are alike")
    func isSmaller() throws {
        var sizes: [Int] = []
        for isCold in [false, true] {
            let folder = try TemporaryFolder()
            try importAll(folder, isCold: isCold, samplesOf: 4)
            let file = try #require(try files(folder, "columns").first)
            sizes.append(try Data(contentsOf: file).count)
        }
        #expect(sizes[1] * 2 < sizes[0], "\(sizes)")
    }

    @Test("labels and their values are found whatever shapes the series have")
    func postings() throws {
        let folder = try TemporaryFolder()
        try importAll(folder, isCold: true)
        let storage = try open(folder)
        defer { storage.close() }
        #expect(try storage.samples([Matcher("even", .notEqual, "")]).count == 20)
        #expect(try storage.samples([Matcher("odd", .equal, "7")]).keys.first == Self.series[7])
        #expect(try storage.samples([Matcher("__name__", .equal, "metric_3")]).count == 8)
        #expect(try storage.samples([Matcher("instance", .matchesPattern, "host[23]:9100")]).count == 10)
        #expect(try storage.samples([Matcher("even", .equal, ""), Matcher("job", .equal, "node")]).count == 20)
        #expect(try storage.samples([Matcher("job", .equal, "other")]).isEmpty)
    }

    @Test("damage of a compressed block is reported, never shown as samples")
    func damage() throws {
        let folder = try TemporaryFolder()
        try importAll(folder, isCold: true)
        var generator = SeededGenerator(seed: 9)
        let wanted = Self.series.indices.map { Self.samples($0) }
        for name in ["index", "columns"] {
            let file = try #require(try files(folder, name).first)
            let whole = try Data(contentsOf: file)
            for _ in 0..<12 {
                var bytes = whole
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
                try bytes.write(to: file)
                let events = EventLog()
                let storage = try open(folder, report: events.append)
                defer { storage.close() }
                let isReported = events.all.contains { if case .damagedBlock = $0 { true } else { false } }
                for (number, labels) in Self.series.enumerated() where number % 3 == 0 {
                    do {
                        let selection = try storage.querier(from: .min, through: .max)
                            .samples(labels.matchers)
                        #expect(
                            selection.values.first?.values.map(\.bitPattern) == wanted[number].values.map(\.bitPattern))
                    } catch QueryableError.unreadable(let text) {
                        #expect(isReported || text.contains(name))
                    }
                }
            }
            try whole.write(to: file)
        }
    }

    @Test("blocks of the first version are brought together with others into one of the present one")
    func oldBlocks() throws {
        let folder = try TemporaryFolder()
        try OldFiles.write(to: folder)
        var before: [LabelSet: SampleColumns] = [:]
        do {
            let storage = try openOld(folder)
            defer { storage.close() }
            before = try storage.samples([])
        }
        var columns = SampleColumns()
        for time in stride(from: Int64(1_200_000), through: 1_300_000, by: 7_000) {
            columns.timestamps.append(time + 1)
            columns.values.append(3)
        }
        let labels = ApusStorageTests.series("old", ["n": "0"])
        try importBlock(folder, labels, columns)
        let storage = try openOld(folder)
        defer { storage.close() }
        #expect(storage.compactBlocks() >= 1)
        let after = try storage.samples([])
        let merged = try #require(after[labels])
        #expect(merged.count == columns.count + (before[labels]?.count ?? 0))
        let other = ApusStorageTests.series("old", ["n": "1"])
        #expect(after[other]?.timestamps == before[other]?.timestamps)
        #expect(after[other]?.values.map(\.bitPattern) == before[other]?.values.map(\.bitPattern))
        for file in try files(folder, "index") {
            let version = try Data(contentsOf: file)[8]
            #expect(version == 2)
        }
    }

    private func importBlock(_ folder: TemporaryFolder, _ labels: LabelSet, _ columns: SampleColumns) throws {
        var blocks = try BlockImport(folder: folder.path, clock: ManualClock(milliseconds: 10_000_000))
        try blocks.add(labels, samples: columns)
        try blocks.endBlock()
        _ = try blocks.publish()
    }

    private func openOld(_ folder: TemporaryFolder) throws -> Storage {
        var options = StorageOptions()
        options.blockRange = 600_000
        options.retention = .max / 4
        return try Storage(folder: folder.path, options: options, clock: ManualClock(milliseconds: 10_000_000))
    }
}

extension LabelSet {
    /// Matchers that select series with these labels, and perhaps more.
    fileprivate var matchers: [Matcher] {
        labels.map { Matcher($0.name, .equal, $0.value) }
    }
}
