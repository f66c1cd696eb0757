import ApusBytes
import ApusModel

/// A head as a checkpoint has it.
struct LoadedHead {
    /// The first segment of the log that the checkpoint does not stand for.
    var number: UInt64
    var index = HeadIndex()
    var samples = HeadSamples()
    var series: [Appender.Series] = []
    var exemplars: ExemplarRing
    /// The number of the next chunk file, at least.
    var nextChunkFile: UInt32 = 1
    /// What could not be read, with where it stands; the rest is there.
    var damages: [(path: String, offset: Int, reason: String)] = []
}

/// Reads a checkpoint of the head.
struct CheckpointReader: WALVisitor {
    private var loaded: LoadedHead
    private let path: String
    private let folder: String
    /// Samples before this are in blocks: files with nothing else may be gone.
    private let truncatedBefore: Int64
    /// Slots from here on are damage.
    private let maximumSlots: UInt64
    private var run: [UInt32] = []
    private var text = ByteWriter(capacity: 512)
    private var hasEnd = false

    /// Why a record could not be taken; what it held before that is there.
    private enum RecordDamage: Error {
        case malformed(ByteError)
        case symbolsOutOfOrder
        case unknownSymbol(UInt64)
        case slotOutOfRange(UInt64)
        case slotTwice(UInt64)
        case tail(UInt64)
        case timesInDisorder(UInt64)
        case incomplete
        case unknownType(UInt8)
    }

    /// Reads the checkpoint with a number in `folder`; what is damaged is left out and listed.
    static func load(
        _ number: UInt64, folder: String, options: StorageOptions, truncatedBefore: Int64
    ) throws(StorageError) -> LoadedHead {
        let path = "\(folder)/\(CheckpointFormat.name(number))"
        let file: MappedFile
        do throws(FileError) { file = try MappedFile(path) } catch {
            throw .folderUnusable(folder: path, reason: error.description)
        }
        var reader = CheckpointReader(
            loaded: LoadedHead(number: number, exemplars: ExemplarRing(capacity: options.maximumExemplars)), path: path,
            folder: folder, maximumSlots: UInt64(clamping: options.maximumSlots), truncatedBefore: truncatedBefore)
        switch NumberedHeader.version(of: file.bytes, magic: CheckpointFormat.magic) {
        case let version? where version > CheckpointFormat.version:
            throw .newerFormat(path: path, version: version)
        case nil: reader.loaded.damages.append((path, 0, "the header is damaged"))
        default: break
        }
        reader.read(file.bytes)
        return reader.loaded
    }

    private init(loaded: LoadedHead, path: String, folder: String, maximumSlots: UInt64, truncatedBefore: Int64) {
        self.maximumSlots = min(maximumSlots, UInt64(UInt32.max))
        self.truncatedBefore = truncatedBefore
        self.loaded = loaded
        self.path = path
        self.folder = folder
    }

    private mutating func read(_ bytes: RawSpan) {
        var stretches = WALReader(bytes)
        while let stretch = stretches.next() {
            switch stretch {
            case .damage(let range):
                loaded.damages.append((path, range.lowerBound, "\(range.count) damaged bytes"))
            case .record(let body):
                do throws(RecordDamage) { try read(body: bytes.extracting(body)) } catch {
                    loaded.damages.append((path, body.lowerBound, "\(error)"))
                }
            }
        }
        if !hasEnd { loaded.damages.append((path, bytes.byteCount, "the end is missing")) }
        loaded.index.finishRestoring()
    }

    private mutating func read(body: RawSpan) throws(RecordDamage) {
        var reader = ByteReader(body)
        do {
            try read(body, &reader)
        } catch let error as RecordDamage {
            throw error
        } catch let error as ByteError {
            throw .malformed(error)
        } catch {
            throw .incomplete
        }
    }

    @_lifetime(reader: copy reader)
    private mutating func read(_ body: RawSpan, _ reader: inout ByteReader) throws {
        let type = try reader.readByte()
        switch CheckpointFormat.RecordType(rawValue: type) {
        case .symbols: try readSymbols(&reader)
        case .series: try readSeries(&reader)
        case .files: try readFiles(&reader)
        case .late: try readLate(&reader)
        case .exemplars:
            var records = WALRecordReader()
            try records.read(body, &self)
        case .end:
            hasEnd = true
            guard try reader.readVarint() == UInt64(loaded.index.liveCount) else { throw RecordDamage.incomplete }
        case nil: throw RecordDamage.unknownType(type)
        }
    }

    @_lifetime(reader: copy reader)
    private mutating func readSymbols(_ reader: inout ByteReader) throws {
        guard try reader.readVarint() == UInt64(loaded.index.labels.symbolCount) else {
            throw RecordDamage.symbolsOutOfOrder
        }
        while !reader.isAtEnd {
            let bytes = try reader.readLengthPrefixed()
            guard loaded.index.restore(symbol: Span<UInt8>(_bytes: bytes)) else {
                throw RecordDamage.symbolsOutOfOrder
            }
        }
    }

    @_lifetime(reader: copy reader)
    private mutating func readSeries(_ reader: inout ByteReader) throws {
        // A series takes at least four bytes.
        for _ in 0..<(try reader.readCount(limit: reader.remaining / 4)) {
            let slot = try reader.readVarint()
            guard slot < maximumSlots else { throw RecordDamage.slotOutOfRange(slot) }
            let generation = UInt32(truncatingIfNeeded: try reader.readVarint())
            run.removeAll(keepingCapacity: true)
            let symbolCount = UInt64(loaded.index.labels.symbolCount)
            for _ in 0..<(try reader.readCount(limit: reader.remaining)) {
                let symbol = try reader.readVarint()
                guard symbol < symbolCount else { throw RecordDamage.unknownSymbol(symbol) }
                run.append(UInt32(symbol))
            }
            guard run.count.isMultiple(of: 2), !loaded.index.isLive(UInt32(slot)) else {
                throw RecordDamage.slotTwice(slot)
            }
            try readState(UInt32(slot), generation, &reader)
            loaded.index.restore(run, at: UInt32(slot), generation: generation, text: &text)
        }
    }

    @_lifetime(reader: copy reader)
    private mutating func readState(_ slot: UInt32, _ generation: UInt32, _ reader: inout ByteReader) throws {
        while loaded.series.count <= Int(slot) { loaded.series.append(Appender.Series()) }
        let flags = try reader.readByte()
        guard flags & 1 != 0 else {
            loaded.samples.insert(slot: slot, generation: generation)
            loaded.series[Int(slot)] = Appender.Series(generation: generation, isLive: true)
            return
        }
        let lastTime = try reader.readSignedVarint()
        let firstTime = lastTime &- (try reader.readSignedVarint())
        let chain = ChunkLocation(rawValue: try reader.readVarint())
        var tail = SampleTail()
        tail.count = try reader.readByte()
        var bytes = RawSpan()
        if tail.count > 0 {
            tail.exponent = try reader.readByte()
            tail.lastDelta = Int32(truncatingIfNeeded: try reader.readSignedVarint())
            tail.lastValue = try reader.readLittleEndian()
            tail.lastTime = lastTime
            tail.isInteger = false
            bytes = try reader.readLengthPrefixed()
            guard tail.exponent <= SampleTail.maximumExponent || tail.exponent == SampleTail.noExponent,
                SampleTail.isWhole(bytes, count: Int(tail.count), through: lastTime)
            else { throw RecordDamage.tail(UInt64(slot)) }
        }
        guard firstTime <= lastTime else { throw RecordDamage.timesInDisorder(UInt64(slot)) }
        loaded.samples.restore(
            slot: slot, generation: generation, firstTime: firstTime, lastTime: lastTime, chain: chain, tail: tail,
            tailBytes: bytes, isHistogram: flags & 2 != 0)
        loaded.series[Int(slot)] = Appender.Series(
            generation: generation, isLive: true, isHistogram: flags & 2 != 0, hasUnknownValue: tail.count == 0,
            lastTimestamp: lastTime, lastValue: tail.lastValue)
    }

    @_lifetime(reader: copy reader)
    private mutating func readLate(_ reader: inout ByteReader) throws {
        let slot = try reader.readVarint()
        let generation = UInt32(truncatingIfNeeded: try reader.readVarint())
        guard slot < maximumSlots, loaded.index.isLive(UInt32(slot)),
            loaded.index.generation(of: UInt32(slot)) == generation
        else { throw RecordDamage.slotOutOfRange(slot) }
        var time: Int64 = 0
        // A sample takes at least four bytes.
        for _ in 0..<(try reader.readCount(limit: reader.remaining / 4)) {
            time &+= try reader.readSignedVarint()
            if try reader.readByte() == 0 {
                let value = Double(bitPattern: try reader.readLittleEndian())
                loaded.samples.insertLate(value, nil, at: time, slot: UInt32(slot))
            } else {
                var encoded = ByteReader(try reader.readLengthPrefixed())
                let histogram = try WALHistogram.read(from: &encoded)
                loaded.samples.insertLate(.nan, histogram, at: time, slot: UInt32(slot))
            }
        }
    }

    @_lifetime(reader: copy reader)
    private mutating func readFiles(_ reader: inout ByteReader) throws {
        let files = try Self.readFacts(&reader)
        loaded.nextChunkFile = files.nextNumber
        // Where all of a file is in blocks, it may be gone.
        for facts in files.facts where facts.maximumTime >= truncatedBefore { open(facts) }
    }

    @_lifetime(reader: copy reader)
    private static func readFacts(
        _ reader: inout ByteReader
    ) throws -> (nextNumber: UInt32, facts: [ChunkFile.Facts]) {
        let nextNumber = UInt32(truncatingIfNeeded: try reader.readVarint())
        var facts: [ChunkFile.Facts] = []
        // A file takes at least four bytes.
        for _ in 0..<(try reader.readCount(limit: reader.remaining / 4)) {
            facts.append(
                ChunkFile.Facts(
                    number: UInt32(truncatingIfNeeded: try reader.readVarint()),
                    length: Int(truncatingIfNeeded: try reader.readVarint() & UInt64(UInt32.max)),
                    chunkCount: Int(truncatingIfNeeded: try reader.readVarint() & UInt64(UInt32.max)),
                    maximumTime: try reader.readSignedVarint()))
        }
        return (nextNumber, facts)
    }

    /// The chunk files that a checkpoint names; none from records that are damaged.
    static func chunkFiles(in checkpoint: MappedFile) -> [ChunkFile.Facts] {
        let bytes = checkpoint.bytes
        var result: [ChunkFile.Facts] = []
        var stretches = WALReader(bytes)
        while let stretch = stretches.next() {
            guard case .record(let body) = stretch else { continue }
            var reader = ByteReader(bytes.extracting(body))
            guard (try? reader.readByte()) == CheckpointFormat.RecordType.files.rawValue else { continue }
            result += (try? readFacts(&reader).facts) ?? []
        }
        return result
    }

    private mutating func open(_ facts: ChunkFile.Facts) {
        let path = "\(folder)/\(ChunkFormat.name(facts.number))"
        do throws(FileError) {
            let file = try SystemFile(reading: path)
            let found = try file.length()
            if found < facts.length {
                loaded.damages.append((path, found, "\(facts.length - found) bytes at the end are missing"))
            }
            let mapped = try ChunkFile(
                number: facts.number, path: path, file: file, length: min(found, facts.length))
            mapped.note(maximumTime: facts.maximumTime, chunkCount: facts.chunkCount)
            loaded.samples.files.append(mapped)
        } catch {
            loaded.damages.append((path, 0, "the file cannot be read: \(error)"))
            loaded.samples.files.noteLost(facts)
        }
    }

    // MARK: Exemplars

    mutating func visitSeries(slot: UInt32, generation: UInt32, labels: [UInt8]) {}

    mutating func visitSamples(_ samples: borrowing WALSamples) {}

    mutating func visitExemplar(slot: UInt32, generation: UInt32, exemplar: StoredExemplar) {
        guard loaded.index.isLive(slot), loaded.index.generation(of: slot) == generation else { return }
        let labels = loaded.index.labels
        loaded.exemplars.append(exemplar, series: SeriesReference(slot: slot, generation: generation)) {
            labels.labelSet(of: slot)
        }
    }
}
