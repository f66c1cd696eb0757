import ApusBytes
import ApusInterchange
import ApusModel

/// What the importer reads of Prometheus: checksums are made right, the rest is what the input says.
enum PrometheusTargets {
    static func all(folder: String) -> [FuzzTarget] {
        let work = "\(folder)/prometheus"
        Files.makeFolder(work)
        return [
            chunk, index(work), tombstones(work), log(work), headChunks(work),
            FuzzTarget("prometheus-meta", seeds: [Array(metaSeed.utf8)]) { bytes in
                Files.write(bytes, to: "\(work)/meta.json")
                _ = try? PrometheusBlockMeta(path: "\(work)/meta.json")
            },
        ]
    }

    /// The first byte is the encoding.
    private static let chunk = FuzzTarget("prometheus-chunk", seeds: chunkSeeds) { bytes in
        var input = ByteInput(bytes)
        let encoding = input.byte()
        let data = input.remainder()
        var columns = SampleColumns()
        do throws(ChunkError) {
            try ChunkEncoding.decode(data.span.bytes, encoding: encoding, into: &columns)
        } catch {
            return
        }
        demand(columns.values.count == columns.timestamps.count, "columns of different lengths")
        demand(
            zip(columns.timestamps, columns.timestamps.dropFirst()).allSatisfy { $0 < $1 }, "times that do not ascend")
        for entry in columns.histograms {
            do throws(HistogramError) { try entry.histogram.validate() } catch {
                preconditionFailure("a histogram that contradicts itself: \(error)")
            }
        }
    }

    /// One sample each: 16 bits of count, a varint of time, eight bytes of value; and a histogram.
    private static let chunkSeeds: [[UInt8]] = [
        [1, 0, 1, 0xA0, 0x1F, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0],
        [1, 0, 2, 0xA0, 0x1F, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0x98, 0x75, 0],
        [2, 0, 1, 0, 0x40, 0x04, 0x10, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [3, 0, 1, 0, 0x40, 0x04, 0x10, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]

    // MARK: Index

    /// The first byte is the version; the first piece is the table of symbols, each further one the entry of a series.
    private static func index(_ folder: String) -> FuzzTarget {
        FuzzTarget("prometheus-index", seeds: indexSeeds) { bytes in
            var input = ByteInput(bytes)
            let version = input.byte() % 3
            Files.write(indexFile(version: version, pieces: input.pieces()), to: "\(folder)/index")
            for hasWrongVersion in [false, true] {
                guard let index = try? PrometheusIndex(path: "\(folder)/index", hasWrongVersion: hasWrongVersion) else {
                    continue
                }
                for position in 0..<index.seriesCount {
                    guard let series = try? index.series(at: position) else { continue }
                    demand(LabelSet(validating: series.labels.run) != nil, "labels of a series are out of order")
                }
                _ = try? index.verify()
            }
        }
    }

    /// `__name__`, `a`, `m` and two series, one with two chunks.
    private static let indexSeeds: [[UInt8]] = {
        let symbols = joined([0, 0, 0, 3, 8], Array("__name__".utf8), [1, 0x61, 1, 0x6D])
        let first: [UInt8] = [1, 0, 2, 2, 0, 0x10, 0x08, 1, 0x10, 0x40]
        let second: [UInt8] = [2, 0, 2, 1, 2, 1, 0, 0x10, 0x08]
        return [joined([2], ByteInput.joined([symbols, first, second]))]
    }()

    private static func indexFile(version: UInt8, pieces: [[UInt8]]) -> [UInt8] {
        var file = joined(StoreTemplate.bigEndian(UInt32(0xBAAA_D700)), [version])
        var offsets: [UInt64] = Array(repeating: 0, count: 6)
        offsets[0] = UInt64(file.count)
        file += section(pieces.first ?? [])
        var series: [UInt8] = []
        let entries = pieces.dropFirst().prefix(50)
        for entry in entries {
            if version == 2 { file += Array(repeating: 0, count: (16 - file.count % 16) % 16) }
            series += StoreTemplate.bigEndian(UInt32(version == 2 ? file.count / 16 : file.count))
            file += joined(varint(entry.count), entry, checksum(entry))
        }
        offsets[1] = UInt64(file.count)
        file += section(joined(StoreTemplate.bigEndian(UInt32(entries.count)), series))
        offsets[5] = UInt64(file.count)
        file += section(joined(StoreTemplate.bigEndian(UInt32(1)), [2, 0, 0], varint(Int(offsets[1]))))
        let contents = offsets.flatMap { StoreTemplate.bigEndian($0) }
        return joined(file, contents, checksum(contents))
    }

    private static func section(_ content: [UInt8]) -> [UInt8] {
        joined(StoreTemplate.bigEndian(UInt32(content.count)), content, checksum(content))
    }

    private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        StoreTemplate.bigEndian(CRC32C.checksum(bytes.span))
    }

    private static func varint(_ number: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendVarint(UInt64(number))
        return writer.bytes
    }

    // MARK: Other files

    private static func tombstones(_ folder: String) -> FuzzTarget {
        FuzzTarget("prometheus-tombstones", seeds: [[1, 2, 4, 3, 8, 100]]) { bytes in
            let path = "\(folder)/tombstones"
            Files.write(
                joined(StoreTemplate.bigEndian(UInt32(0x0130_BA30)), [1], bytes, checksum(bytes)), to: path)
            guard let tombstones = try? PrometheusTombstones(path: path) else { return }
            Files.write(tombstones.encoded(), to: path)
            let again = try? PrometheusTombstones(path: path)
            demand(again == tombstones, "tombstones change when they are written again")
        }
    }

    /// Records of the log, each a fragment by itself; the first byte of a piece is the flags of the fragment.
    private static func log(_ folder: String) -> FuzzTarget {
        FuzzTarget("prometheus-log", seeds: logSeeds) { bytes in
            var input = ByteInput(bytes)
            var file: [UInt8] = []
            for piece in input.pieces() where piece.count > 1 {
                let content = Array(piece.dropFirst().prefix(30_000))
                let room = 32_768 - file.count % 32_768
                if content.count + 7 > room { file += Array(repeating: 0, count: room) }
                file += joined(
                    [piece[0]], StoreTemplate.bigEndian(UInt16(content.count)), checksum(content), content)
            }
            let path = "\(folder)/data"
            Files.makeFolder("\(path)/wal")
            Files.makeFolder("\(path)/chunks_head")
            Files.write(file, to: "\(path)/wal/00000000")
            _ = try? PrometheusFolder.verify(path)
        }
    }

    private static let logSeeds: [[UInt8]] = {
        let zeros = Array(repeating: UInt8(0), count: 7)
        let series = joined([1, 1], zeros, [1, 1, 8], Array("__name__".utf8), [1, 0x6D])
        let sample = StoreTemplate.bigEndian((1.0).bitPattern)
        let samples = joined([1, 2], zeros, [1, 0, 0, 0, 0, 0, 0, 3, 0xE8, 0, 0], sample)
        let tombstone = joined([1, 3], zeros, [1, 2, 4])
        return [ByteInput.joined([series, samples, tombstone, [2, 1, 0, 0, 0, 0, 0], [4, 0, 0, 2, 0]])]
    }()

    /// Chunks of the head: series, times, encoding, length, data; each piece is one.
    private static func headChunks(_ folder: String) -> FuzzTarget {
        FuzzTarget("prometheus-head-chunks", seeds: headChunkSeeds) { bytes in
            var input = ByteInput(bytes)
            var file = joined(StoreTemplate.bigEndian(UInt32(0x0130_BC91)), [1, 0, 0, 0])
            for piece in input.pieces() { file += joined(piece, checksum(piece)) }
            let path = "\(folder)/head"
            Files.makeFolder("\(path)/chunks_head")
            Files.write(file, to: "\(path)/chunks_head/000001")
            _ = try? PrometheusFolder.verify(path)
        }
    }

    private static let headChunkSeeds: [[UInt8]] = {
        let times = Array(repeating: UInt8(0), count: 16)
        let data: [UInt8] = [1, 12, 0, 1, 0xA0, 0x1F, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0]
        return [ByteInput.joined([joined([0, 0, 0, 0, 0, 0, 0, 1], times, data)])]
    }()

    private static let metaSeed = """
        {"ulid": "01BKGV7JBM69T2G1BGBGM6KB12", "minTime": 0, "maxTime": 7200000, "stats": {"numSamples": 1, "numSeries": 1, \
        "numChunks": 1}, "compaction": {"level": 1, "sources": ["01BKGV7JBM69T2G1BGBGM6KB12"]}, "version": 1}
        """
}
