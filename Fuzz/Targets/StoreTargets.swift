import ApusBytes
import ApusModel
import ApusStorage

/// The files of a store: one of them is what the input says, with right checksums, the others are good; then the store is opened,
/// read, appended to, compacted and closed.
enum StoreTargets {
    static func all(folder: String) -> [FuzzTarget] {
        let store = StoreTemplate(folder: "\(folder)/template")
        let work = "\(folder)/store"
        Files.makeFolder(work)
        func target(
            _ name: String, seeds: [[UInt8]], _ change: @escaping @Sendable (inout [String: [UInt8]], [UInt8]) -> Void
        ) -> FuzzTarget {
            FuzzTarget(name, seeds: seeds) { bytes in
                var files = store.files
                change(&files, bytes)
                StoreExercise.run(work, files)
            }
        }
        return [
            target("log", seeds: store.logSeeds) { files, bytes in
                files["wal/\(store.lastSegment)"] = StoreTemplate.records(
                    magic: "APUSWAL\0", number: store.lastSegmentNumber, bytes)
            },
            target("checkpoint", seeds: store.checkpointSeeds) { files, bytes in
                for name in files.keys where name.hasSuffix(".checkpoint") { files[name] = nil }
                files["head/\(store.checkpoint)"] = StoreTemplate.records(
                    magic: "APUSHED\0", number: store.checkpointNumber, bytes)
            },
            target("head-chunk", seeds: [store.lastChunk]) { files, bytes in
                guard let whole = files[store.chunkFile] else { preconditionFailure("no \(store.chunkFile)") }
                let body = Array(bytes.prefix(store.lastChunk.count))
                files[store.chunkFile] = joined(
                    Array(whole[..<store.lastChunkOffset]), StoreTemplate.littleEndian(UInt32(body.count)),
                    StoreTemplate.littleEndian(CRC32C.checksum(body.span)), body)
            },
            target("block-index", seeds: [store.indexSeed]) { files, bytes in
                files["\(store.block)/index"] = store.index(bytes)
            },
            target("lineage", seeds: store.lineageSeeds) { files, bytes in
                files["\(store.block)/lineage"] = StoreTemplate.sealed("APUSLIN\0", bytes)
            },
            target("tombstones", seeds: [store.tombstonesSeed]) { files, bytes in
                files["\(store.block)/tombstones"] = StoreTemplate.sealed("APUSTMB\0", bytes)
            },
            target("metadata", seeds: store.metadataSeeds) { files, bytes in
                files["metadata"] = StoreTemplate.records(magic: "APUSMET\0", number: 0, bytes)
            },
            target("growth", seeds: [store.growthSeed]) { files, bytes in
                files["growth"] = StoreTemplate.sealed("APUSGRW\0", bytes)
            },
            target("head-tombstones", seeds: [store.headTombstonesSeed]) { files, bytes in
                files["head.tombstones"] = StoreTemplate.sealed("APUSTMB\0", bytes)
            },
        ]
    }
}

/// What is done with a store whose files are hostile.
enum StoreExercise {
    /// Settings with which little does much.
    static let options: StorageOptions = {
        var options = StorageOptions()
        options.blockRange = 200_000
        options.maximumBlockRange = 600_000
        options.retention = 100_000_000
        options.checkpointLogSize = 1
        options.maximumSealedBytes = 1
        options.maximumExemplars = 20
        options.maximumSlots = 4_096
        options.maximumMetadataFamilies = 20
        options.maximumMetadataBytes = 64 << 10
        options.outOfOrderWindow = 1_000_000
        options.diskReserve = 0
        return options
    }()

    /// Puts the files into a folder, opens the store in it and uses it in every way.
    static func run(_ folder: String, _ files: [String: [UInt8]]) {
        Files.empty(folder)
        for (name, bytes) in files {
            if let slash = name.lastIndex(of: "/") { Files.makeFolder("\(folder)/\(name[..<slash])") }
            Files.write(bytes, to: "\(folder)/\(name)")
        }
        // Twice: what the first one leaves must be good for the second.
        for _ in 0..<2 {
            guard let storage = try? Storage(folder: folder, options: options, clock: FixedClock()) else { return }
            read(storage)
            append(storage)
            // Errors are what a damaged store answers with.
            _ = try? storage.delete(matching: [[Matcher("n", .equal, "1")]], from: 0, through: 300_000)
            storage.tendHead()
            _ = try? storage.compact()
            storage.compactBlocks()
            _ = try? storage.cleanTombstones()
            read(storage)
            _ = storage.statistics
            _ = storage.cardinality(limit: 5)
            useMetadata(storage)
            for window in storage.growth(limit: 5) {
                demand((0...window.length).contains(window.covered), "a window that is covered for \(window.covered)")
            }
            storage.close()
        }
    }

    private static func read(_ storage: Storage) {
        for range in [Int64.min ... .max, 100_000...300_000] {
            guard let querier = try? storage.querier(from: range.lowerBound, through: range.upperBound) else {
                continue
            }
            if let names = try? querier.labelNames(matching: []) {
                for name in names.prefix(20) { _ = try? querier.labelValues(of: name, matching: []) }
            }
            guard let selection = try? querier.select([Matcher("__name__", .matchesPattern, "m|n.*")]) else { continue }
            var columns = SampleColumns()
            for index in 0..<selection.count {
                columns.removeAll()
                guard
                    (try? selection.read(index, from: range.lowerBound, through: range.upperBound, into: &columns))
                        != nil
                else { continue }
                _ = selection.labels(at: index)
                demand(columns.values.count == columns.timestamps.count, "columns of different lengths")
                demand(
                    zip(columns.timestamps, columns.timestamps.dropFirst()).allSatisfy { $0 < $1 },
                    "times that do not ascend: \(columns.timestamps)")
            }
        }
        _ = try? storage.exemplars(matching: [[Matcher("__name__", .notEqual, "")]], from: .min, through: .max)
    }

    private static func useMetadata(_ storage: Storage) {
        let known = storage.allMetadata
        demand(known.count <= options.maximumMetadataFamilies, "\(known.count) families")
        for (family, metadata) in known {
            demand(storage.metadata(of: family) == metadata, "a family that says two things")
        }
        let new = MetricMetadata(type: .gauge, help: "new")
        storage.remember([("new", new)])
        demand(storage.metadata(of: "new") == new, "what was told is not known")
    }

    private static func append(_ storage: Storage) {
        let labels = StoreTemplate.labels + [LabelSet([Label(name: "__name__", value: "new")])]
        for time: Int64 in [1_000_000, 1_015_000, 900_000, 1_600_000] {
            var batch = SampleBatch(timestamp: time)
            guard let references = try? storage.resolve(labels) else { return }
            batch.references = references
            batch.values = labels.indices.map { Double($0) }
            _ = try? storage.append(batch)
        }
    }
}
