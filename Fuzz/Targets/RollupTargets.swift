import ApusBytes
import ApusModel
import ApusStorage

/// Roll-ups of which no samples are left: their records are what the input says, with right checksums.
enum RollupTargets {
    static func all(folder: String) -> [FuzzTarget] {
        let store = RollupTemplate(folder: "\(folder)/rolled-template")
        let work = "\(folder)/rolled"
        Files.makeFolder(work)
        return [
            FuzzTarget("rollup-records", seeds: store.seeds) { bytes in
                var files = store.files
                files[store.path] = store.file(bytes)
                RollupExercise.run(work, files)
            },
            FuzzTarget("rollup-file", seeds: [store.files[store.path] ?? []]) { bytes in
                var files = store.files
                files[store.path] = bytes
                RollupExercise.run(work, files)
            },
        ]
    }
}

/// A store with a block of which only a roll-up is left, and that taken apart.
struct RollupTemplate: Sendable {
    /// The files by relative path.
    let files: [String: [UInt8]]
    /// The roll-up.
    let path: String

    /// Makes the store in a folder and reads its files.
    init(folder: String) {
        Files.makeFolder(folder)
        Files.empty(folder)
        do {
            let storage = try Storage(folder: folder, options: RollupExercise.options, clock: FixedClock())
            for step in 0..<160 {
                var batch = SampleBatch(timestamp: Int64(step) * 15_000)
                batch.references = try storage.resolve(StoreTemplate.labels)
                batch.values = [
                    Double(step), Double(step * 7 % 50), 0.1, Double(step % 3) / 10, step % 20 == 0 ? .nan : 1e300, 0,
                ]
                var histogram = NativeHistogram()
                histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 2)]
                histogram.positiveBuckets = [Double(step % 30), 3]
                histogram.count = Double(step % 30 + 3)
                batch.histograms = [SampleColumns.PositionedHistogram(position: 5, histogram: histogram)]
                _ = try storage.append(batch)
            }
            _ = try storage.compact()
            storage.compactBlocks()
            storage.close()
        } catch {
            preconditionFailure("the store to begin with could not be made: \(error)")
        }
        files = Files.tree(folder).filter { $0.key != "lock" }
        guard let path = files.keys.filter({ $0.hasSuffix("/rollup-1m") }).min() else {
            preconditionFailure("the store has no roll-up: \(files.keys.sorted())")
        }
        self.path = path
    }

    private var bytes: [UInt8] { files[path] ?? [] }

    /// The records without their checksums, and each alone.
    var seeds: [[UInt8]] {
        let table = Int(word(32))
        let count = Int(word(12))
        let records = (0..<count).map { number in
            let (start, end) = (Int(word(table + 8 * number)), Int(word(table + 8 * number + 8)))
            return start < end ? Array(bytes[start..<(end - 4)]) : []
        }
        return [ByteInput.joined(records)] + records.map { ByteInput.joined([$0]) }
    }

    private func word(_ offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }

    /// A file whose records are the pieces of an input.
    func file(_ input: [UInt8]) -> [UInt8] {
        let count = Int(word(12))
        var pieces = ByteInput(input)
        let records = (pieces.pieces() + Array(repeating: [], count: count)).prefix(count)
        var body: [UInt8] = []
        var table: [UInt8] = []
        for record in records {
            table += StoreTemplate.littleEndian(UInt64(52 + body.count))
            if record.isEmpty { continue }
            body += joined(record, StoreTemplate.littleEndian(CRC32C.checksum(record.span)))
        }
        table += StoreTemplate.littleEndian(UInt64(52 + body.count))
        let header = joined(
            Array(bytes[..<32]), StoreTemplate.littleEndian(UInt64(52 + body.count)),
            StoreTemplate.littleEndian(UInt32(count)), StoreTemplate.littleEndian(CRC32C.checksum(table.span)))
        return joined(header, StoreTemplate.littleEndian(CRC32C.checksum(header.span)), body, table)
    }
}

/// What is done with a store whose roll-up is hostile.
enum RollupExercise {
    static let options: StorageOptions = {
        var options = StorageOptions()
        options.blockRange = 600_000
        options.maximumBlockRange = 600_000
        options.retention = 900_000
        options.diskReserve = 0
        do {
            options.rollups = [
                try RollupRule(resolution: 60_000, after: 0, keep: 100_000_000),
                try RollupRule(resolution: 600_000, after: 100_000_000, keep: 200_000_000),
            ]
        } catch {
            preconditionFailure("\(error)")
        }
        return options
    }()

    /// Puts the files into a folder, opens the store in it and reads it in every way, writes it anew and reads it again.
    static func run(_ folder: String, _ files: [String: [UInt8]]) {
        Files.empty(folder)
        for (name, bytes) in files {
            if let slash = name.lastIndex(of: "/") { Files.makeFolder("\(folder)/\(name[..<slash])") }
            Files.write(bytes, to: "\(folder)/\(name)")
        }
        guard let storage = try? Storage(folder: folder, options: options, clock: FixedClock()) else { return }
        read(storage)
        _ = try? FolderVerification.run(folder: folder)
        // Errors are what a damaged store answers with.
        _ = try? storage.delete(matching: [[Matcher("n", .matchesPattern, "1|5")]], from: 100_000, through: 200_000)
        read(storage)
        _ = try? storage.cleanTombstones()
        storage.compactBlocks()
        read(storage)
        storage.close()
    }

    private static func read(_ storage: Storage) {
        guard let querier = try? storage.querier(from: .min, through: .max),
            let selection = try? querier.select([Matcher("__name__", .equal, "m")])
        else { return }
        var columns = SampleColumns()
        var weights: [Double] = []
        var summaries = SampleSummaries()
        for index in 0..<selection.count {
            for range in [Int64.min ... .max, 100_000...300_000] {
                columns.removeAll()
                guard
                    (try? selection.read(index, from: range.lowerBound, through: range.upperBound, into: &columns))
                        != nil
                else { continue }
                demandOrder(columns.timestamps)
                demand(columns.values.count == columns.timestamps.count, "columns of different lengths")
            }
            for alignment: Int64 in [60_000, 7_000, 600_000] {
                guard let runs = selection.summaries(alignedTo: alignment) else { continue }
                _ = runs.rolledSpan(of: index, from: 1, through: 1_200_000)
                summaries.removeAll()
                let outcome = try? runs.read(index, from: 1, through: 1_200_000, fields: .all, into: &summaries)
                if let outcome, case .exact = outcome {
                    demandOrder(summaries.lastTimes)
                    demand(
                        [summaries.firsts, summaries.lasts, summaries.minima, summaries.maxima, summaries.sums]
                            .allSatisfy { $0.count == summaries.count }, "summaries of different lengths")
                }
                columns.removeAll()
                weights.removeAll()
                if (try? runs.readThinned(index, from: 1, through: 1_200_000, into: &columns, weights: &weights))
                    == true
                {
                    demandOrder(columns.timestamps)
                    demand(columns.count == weights.count, "as many weights as samples")
                }
            }
        }
    }

    private static func demandOrder(_ times: [Int64]) {
        demand(zip(times, times.dropFirst()).allSatisfy { $0 < $1 }, "times that do not ascend: \(times)")
    }
}
