import ApusBytes
import ApusModel
import ApusStorage

/// A small good store, and its files taken apart so that one of them can be made from hostile bytes with right checksums.
///
/// The forms are those of `docs/formats`.
struct StoreTemplate: Sendable {
    /// The files by relative path.
    let files: [String: [UInt8]]

    static let labels = (0..<6).map { number in
        LabelSet([Label(name: "__name__", value: "m"), Label(name: "n", value: "\(number)")])
    }

    /// Makes the store in a folder and reads its files.
    init(folder: String) {
        Files.makeFolder(folder)
        Files.empty(folder)
        do {
            let storage = try Storage(folder: folder, options: StoreExercise.options, clock: FixedClock())
            for step in 0..<40 {
                var batch = SampleBatch(timestamp: Int64(step) * 15_000)
                batch.references = try storage.resolve(Self.labels)
                batch.values = Self.labels.indices.map { (index: Int) -> Double in
                    Double(step * index) + (index % 2 == 0 ? 0 : 0.1)
                }
                batch.histograms = [SampleColumns.PositionedHistogram(position: 5, histogram: Self.histogram(step))]
                batch.exemplars = [
                    SampleBatch.SeriesExemplar(
                        reference: batch.references[1],
                        exemplar: Exemplar(
                            labels: LabelSet([Label(name: "trace", value: "\(step)")]), value: 1, timestamp: nil))
                ]
                _ = try storage.append(batch)
                if step == 36 { _ = try storage.compact() }
                if step > 36 { storage.tendHead() }
            }
            var late = SampleBatch(timestamp: 500_001)
            late.references = try storage.resolve([Self.labels[2]])
            late.values = [7]
            _ = try storage.append(late)
            try storage.delete(matching: [[Matcher("n", .equal, "2")]], from: 30_000, through: 60_000)
            try storage.delete(matching: [[Matcher("n", .equal, "3")]], from: 510_000, through: 540_000)
            for help in ["first", "second"] {
                storage.remember([
                    ("m", MetricMetadata(type: .counter, help: help, unit: "seconds")), (help, MetricMetadata()),
                ])
            }
            storage.close()
        } catch {
            preconditionFailure("the store to begin with could not be made: \(error)")
        }
        files = Files.tree(folder).filter { $0.key != "lock" }
    }

    private static func histogram(_ step: Int) -> NativeHistogram {
        var histogram = NativeHistogram()
        histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 2)]
        histogram.positiveBuckets = [Double(step), 3]
        histogram.count = Double(step + 3)
        histogram.sum = Double(step)
        return histogram
    }

    private func newest(_ ending: String) -> String {
        guard let name = files.keys.filter({ $0.hasSuffix(ending) }).max() else {
            preconditionFailure("the store has no file that ends in \(ending): \(files.keys.sorted())")
        }
        return name
    }

    private func bytes(_ name: String) -> [UInt8] { files[name] ?? [] }

    // MARK: Records

    var lastSegment: String { String(newest(".segment").dropFirst("wal/".count)) }
    var lastSegmentNumber: UInt64 { UInt64(lastSegment.prefix(8)) ?? 0 }
    var checkpoint: String { String(newest(".checkpoint").dropFirst("head/".count)) }
    var checkpointNumber: UInt64 { UInt64(checkpoint.prefix(8)) ?? 0 }

    /// The bodies of the log's records, and those of each alone.
    var logSeeds: [[UInt8]] {
        let bodies = files.keys.filter { $0.hasSuffix(".segment") }.sorted().flatMap { Self.bodies(of: bytes($0)) }
        var seeds = bodies.map { ByteInput.joined([$0]) }
        seeds.append(ByteInput.joined(bodies))
        return seeds
    }

    var checkpointSeeds: [[UInt8]] { [ByteInput.joined(Self.bodies(of: bytes(newest(".checkpoint"))))] }

    var metadataSeeds: [[UInt8]] {
        let bodies = Self.bodies(of: bytes("metadata"))
        return bodies.map { ByteInput.joined([$0]) } + [ByteInput.joined(bodies)]
    }

    private static func bodies(of file: [UInt8]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        var offset = 24
        while offset + 12 <= file.count {
            let length = Int(word(file, offset + 4))
            result.append(Array(file[(offset + 12)..<(offset + 12 + length)]))
            offset += 12 + length
        }
        return result
    }

    /// A file of records whose bodies are the pieces of an input.
    static func records(magic: String, number: UInt64, _ input: [UInt8]) -> [UInt8] {
        var file = header(magic: magic, number: number)
        var pieces = ByteInput(input)
        for body in pieces.pieces() where !body.isEmpty {
            let length = littleEndian(UInt32(body.count))
            let checksum = CRC32C.checksum(body.span, continuing: CRC32C.checksum(length.span))
            file += joined(littleEndian(UInt32(0x52A9_5741)), length, littleEndian(checksum), body)
        }
        return file
    }

    private static func header(magic: String, number: UInt64) -> [UInt8] {
        let bytes = joined(Array(magic.utf8), littleEndian(UInt32(1)), littleEndian(number))
        return joined(bytes, littleEndian(CRC32C.checksum(bytes.span)))
    }

    // MARK: Chunks

    var chunkFile: String { newest(".chunks") }

    /// Where the last chunk of the file stands.
    var lastChunkOffset: Int {
        let file = bytes(chunkFile)
        var offset = 24
        while offset + 8 < file.count {
            let next = offset + 8 + Int(Self.word(file, offset))
            if next >= file.count { return offset }
            offset = next
        }
        return offset
    }

    var lastChunk: [UInt8] { Array(bytes(chunkFile).dropFirst(lastChunkOffset + 8)) }

    // MARK: Blocks

    /// The folder of the newest block.
    var block: String { String(newest("/index").dropLast("/index".count)) }

    /// Where the lengths and checksums of the sections stand in the header of an index; their number stands before the times.
    private static let sectionTable = 48
    private static func sectionCount(_ index: [UInt8]) -> Int { Int(word(index, 12)) }

    /// The sections of the index as pieces.
    var indexSeed: [UInt8] {
        let file = bytes("\(block)/index")
        let count = Self.sectionCount(file)
        var offset = Self.sectionTable + 12 * count + 12
        return ByteInput.joined(
            (0..<count).map { section in
                let length = Int(Self.word(file, Self.sectionTable + 12 * section))
                defer { offset += length }
                return Array(file[offset..<(offset + length)])
            })
    }

    /// An index with the pieces of an input as its sections, and the header that the good one has otherwise.
    func index(_ input: [UInt8]) -> [UInt8] {
        let good = bytes("\(block)/index")
        let count = Self.sectionCount(good)
        var pieces = ByteInput(input)
        let sections = (pieces.pieces() + Array(repeating: [], count: count)).prefix(count)
        // The header claims as many series as the section of series does.
        let series = sections[1].count >= 4 ? Self.word(sections[1], 0) : 0
        var header = joined(Array(good[..<40]), Self.littleEndian(series), Array(good[44..<Self.sectionTable]))
        for section in sections {
            header += Self.littleEndian(UInt64(section.count))
            header += Self.littleEndian(CRC32C.checksum(section.span))
        }
        let columnsLength = Self.sectionTable + 12 * count
        header += good[columnsLength..<(columnsLength + 8)]
        return joined(header, Self.littleEndian(CRC32C.checksum(header.span)), Array(sections.joined()))
    }

    var lineageSeeds: [[UInt8]] {
        let parent = Array(block.utf8.suffix(26))
        return [
            Array(repeating: 0, count: 9), joined(Array(repeating: 0xFF, count: 8), [1], parent, parent),
            [0, 0, 0, 0, 0, 0, 0, 0x80, 0],
        ]
    }

    var tombstonesSeed: [UInt8] { Array(bytes(newest("/tombstones")).dropFirst(32)) }
    var growthSeed: [UInt8] { Array(bytes("growth").dropFirst(32)) }
    var headTombstonesSeed: [UInt8] { Array(bytes("head.tombstones").dropFirst(32)) }

    /// A small file with a header of 32 bytes.
    static func sealed(_ magic: String, _ body: [UInt8]) -> [UInt8] {
        let header = joined(
            Array(magic.utf8), littleEndian(UInt32(1)), littleEndian(UInt32(0)), littleEndian(UInt64(body.count)),
            littleEndian(CRC32C.checksum(body.span)))
        return joined(header, littleEndian(CRC32C.checksum(header.span)), body)
    }

    // MARK: Numbers

    static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        var result: UInt32 = 0
        for index in 0..<4 { result |= UInt32(bytes[offset + index]) << UInt32(8 * index) }
        return result
    }
}
