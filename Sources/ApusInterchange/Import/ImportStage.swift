import ApusBytes
import ApusEncoding
import ApusModel
import ApusStorage

/// Samples in any order on their way to blocks: they wait in files by range of time, and are sorted range by range.
///
/// What is in memory is bounded, however many samples there are: the series, a buffer, and of a range as much as fits; a range that
/// does not fit is read several times, for some of its series each time.
struct ImportStage: ~Copyable {
    /// The samples of a range of time that are not in its file yet.
    private struct Partition {
        /// The number of the range.
        let number: Int64
        var buffer = ByteWriter()
        /// The bytes in the file.
        var written = 0
    }

    /// So many ranges are some thirty years; more would be a mistake in the timestamps.
    private static let maximumPartitions = 16_384
    /// About what a float takes while it is sorted; the bytes of a histogram are multiplied by half of it.
    private static let floatWeight = 32

    private let folder: String
    private let alignment: BlockAlignment
    private let memory: Int
    private let maximumSeries: Int
    private var labelSets: [LabelSet] = []
    private var numbers: [LabelSet: UInt32] = [:]
    private var partitions: [Partition] = []
    /// The position of a range's partition.
    private var positions: [Int64: Int] = [:]
    /// The one that the last sample went to: neighbours mostly share it.
    private var latest: (number: Int64, position: Int)?
    private var buffered = 0

    /// A stage for an import into the data folder `target`, in which its files are, too.
    init(target: String, options: ImportOptions) throws(InterchangeError) {
        // What an interrupted import leaves in `blocks` is removed when a store is opened.
        folder = "\(target)/blocks/import-\(UInt64.random(in: .min ... .max)).tmp"
        alignment = BlockAlignment(base: options.blockRange)
        memory = max(1 << 20, options.memory)
        maximumSeries = min(Int(UInt32.max), options.maximumSeries)
        do throws(FileError) {
            try Folder.make(folder)
        } catch {
            throw .file(error)
        }
    }

    deinit {
        // What cannot be removed is in no one's way.
        do throws(FileError) { try Folder.remove(folder) } catch {}
    }

    /// The number of series.
    var seriesCount: Int { labelSets.count }

    /// The number by which samples name a series.
    mutating func number(of labels: LabelSet) throws(InterchangeError) -> UInt32 {
        if let number = numbers[labels] { return number }
        guard labelSets.count < maximumSeries else {
            throw .unusable("there are more than \(maximumSeries) series; import them in parts")
        }
        let number = UInt32(labelSets.count)
        labelSets.append(labels)
        numbers[labels] = number
        return number
    }

    /// The labels of a series.
    func labels(of series: UInt32) -> LabelSet { labelSets[Int(series)] }

    // MARK: Adding

    /// Adds a float.
    mutating func add(_ value: Double, at time: Int64, series: UInt32) throws(InterchangeError) {
        try append(at: time) { buffer in
            buffer.appendLittleEndian(series)
            buffer.appendLittleEndian(time)
            buffer.append(0)
            buffer.appendLittleEndian(value.bitPattern)
        }
    }

    /// Adds a native histogram, which is valid and storable.
    mutating func add(_ histogram: NativeHistogram, at time: Int64, series: UInt32) throws(InterchangeError) {
        try append(at: time) { buffer in
            buffer.appendLittleEndian(series)
            buffer.appendLittleEndian(time)
            buffer.append(1)
            let start = buffer.count
            buffer.appendLittleEndian(UInt32(0))
            buffer.append(histogram.counterResetHint.rawValue)
            HistogramLayout.append(histogram, to: &buffer)
            for value in [histogram.count, histogram.sum, histogram.zeroCount] {
                buffer.appendLittleEndian(value.bitPattern)
            }
            for value in histogram.positiveBuckets { buffer.appendLittleEndian(value.bitPattern) }
            for value in histogram.negativeBuckets { buffer.appendLittleEndian(value.bitPattern) }
            buffer.overwriteLittleEndian(UInt32(buffer.count - start - 4), at: start)
        }
    }

    /// Adds the samples of columns.
    mutating func add(_ columns: borrowing SampleColumns, series: UInt32) throws(InterchangeError) {
        var next = 0
        for position in 0..<columns.count {
            let time = columns.timestamps[position]
            if next < columns.histograms.count, columns.histograms[next].position == position {
                try add(columns.histograms[next].histogram, at: time, series: series)
                next += 1
            } else {
                try add(columns.values[position], at: time, series: series)
            }
        }
    }

    private mutating func append(at time: Int64, _ write: (inout ByteWriter) -> Void) throws(InterchangeError) {
        guard TimestampText.validRange.contains(time) else {
            throw .unusable("a sample has the time \(time) ms, which is beyond the years -9999 to 9999")
        }
        let position = try partition(alignment.number(of: time))
        let before = partitions[position].buffer.count
        write(&partitions[position].buffer)
        buffered += partitions[position].buffer.count - before
        // Half of the memory is for the buffers, which grow by doubling.
        if buffered > memory / 4 { try flush() }
    }

    private mutating func partition(_ number: Int64) throws(InterchangeError) -> Int {
        if let latest, latest.number == number { return latest.position }
        let position = positions[number] ?? partitions.count
        if position == partitions.count {
            guard position < Self.maximumPartitions else {
                throw .unusable(
                    "the samples spread over more than \(Self.maximumPartitions) ranges of \(alignment.length / 3_600_000) "
                        + "hours; are the timestamps right? Import a part with --start and --end")
            }
            partitions.append(Partition(number: number))
            positions[number] = position
        }
        latest = (number, position)
        return position
    }

    private mutating func flush() throws(InterchangeError) {
        do throws(FileError) {
            for position in partitions.indices where partitions[position].buffer.count > 0 {
                // One at a time is open: there may be more of them than a process may have.
                let file = try SystemFile(creating: path(partitions[position].number))
                let bytes = partitions[position].buffer.bytes
                try file.write(bytes.span, at: partitions[position].written)
                partitions[position].written += bytes.count
                partitions[position].buffer = ByteWriter()
            }
        } catch {
            throw .file(error)
        }
        buffered = 0
    }

    private func path(_ number: Int64) -> String { "\(folder)/\(number)" }

    // MARK: Sorting

    /// Writes all samples to blocks, one for each range of time, which the caller publishes.
    ///
    /// - Returns: how many samples had the time of another of their series; the last that was added stays.
    consuming func write(to target: inout BlockImport, options: ImportOptions) throws(InterchangeError) -> Int {
        try flush()
        let order = (0..<UInt32(labelSets.count)).sorted { labelSets[Int($0)] < labelSets[Int($1)] }
        var duplicates = 0
        let sorted = partitions.map(\.number).sorted()
        for (done, number) in sorted.enumerated() {
            let file: MappedFile
            do throws(FileError) { file = try MappedFile(path(number)) } catch { throw .file(error) }
            duplicates += try write(file, order, to: &target) { () throws(InterchangeError) in
                try options.report("writing blocks", Double(done) / Double(sorted.count))
            }
            do throws(FileError) { try Folder.removeFile(path(number)) } catch { throw .file(error) }
        }
        return duplicates
    }

    private func write(
        _ file: MappedFile, _ order: [UInt32], to target: inout BlockImport,
        report: () throws(InterchangeError) -> Void
    ) throws(InterchangeError) -> Int {
        var weights = [Int](repeating: 0, count: labelSets.count)
        try Self.forEachRecord(file) { record, reader throws(ByteError) in
            try reader.skip(record.length)
            weights[Int(record.series)] +=
                Self.floatWeight + (record.isHistogram ? record.length * Self.floatWeight / 2 : 0)
        }
        var duplicates = 0
        var position = 0
        // The columns that a series has in the group that is in memory.
        var places = [Int32](repeating: -1, count: labelSets.count)
        while position < order.count {
            try report()
            var group: [UInt32] = []
            var weight = 0
            while position < order.count, group.isEmpty || weight + weights[Int(order[position])] <= memory {
                let series = order[position]
                position += 1
                guard weights[Int(series)] > 0 else { continue }
                weight += weights[Int(series)]
                places[Int(series)] = Int32(group.count)
                group.append(series)
            }
            if group.isEmpty { break }
            duplicates += try write(group, places, of: file, to: &target)
            for series in group { places[Int(series)] = -1 }
        }
        do throws(BlockImportError) { try target.endBlock() } catch { throw .store(error) }
        return duplicates
    }

    private func write(
        _ group: [UInt32], _ places: [Int32], of file: MappedFile, to target: inout BlockImport
    ) throws(InterchangeError) -> Int {
        var columns = [SampleColumns](repeating: SampleColumns(), count: group.count)
        var unreadable: ColumnError?
        try Self.forEachRecord(file) { record, reader throws(ByteError) in
            let place = Int(places[Int(record.series)])
            guard place >= 0 else { return try reader.skip(record.length) }
            if record.isHistogram {
                var content = ByteReader(try reader.readBytes(record.length))
                do throws(ColumnError) {
                    columns[place].append(try Self.histogram(from: &content), at: record.time)
                } catch {
                    unreadable = error
                }
            } else {
                columns[place].append(Double(bitPattern: try reader.readLittleEndian()), at: record.time)
            }
        }
        if let unreadable { throw .damaged(path: file.path, offset: 0, reason: "\(unreadable)") }
        var duplicates = 0
        for (place, series) in group.enumerated() {
            duplicates += columns[place].sortByTime()
            do throws(BlockImportError) {
                try target.add(labelSets[Int(series)], samples: columns[place])
            } catch {
                throw .store(error)
            }
            columns[place] = SampleColumns()
        }
        return duplicates
    }

    /// What stands before a value.
    private struct Record {
        var series: UInt32
        var time: Int64
        var isHistogram: Bool
        /// The bytes of the value.
        var length: Int
    }

    /// Calls `body` with every record, the reader being at the value, which it reads or passes over.
    private static func forEachRecord(
        _ file: MappedFile, _ body: (Record, inout ByteReader) throws(ByteError) -> Void
    ) throws(InterchangeError) {
        var reader = ByteReader(file.bytes)
        do throws(ByteError) {
            while !reader.isAtEnd {
                var record = Record(
                    series: try reader.readLittleEndian(), time: try reader.readLittleEndian(), isHistogram: false,
                    length: 8)
                record.isHistogram = try reader.readByte() == 1
                if record.isHistogram { record.length = Int(try reader.readLittleEndian(UInt32.self)) }
                try body(record, &reader)
            }
        } catch {
            throw .damaged(path: file.path, offset: reader.offset, reason: "a file of this import changed: \(error)")
        }
    }

    @_lifetime(reader: copy reader)
    private static func histogram(from reader: inout ByteReader) throws(ColumnError) -> NativeHistogram {
        do throws(ByteError) {
            let hint = NativeHistogram.CounterResetHint(rawValue: try reader.readByte()) ?? .unknown
            var histogram: NativeHistogram
            do throws(ColumnError) { histogram = try HistogramLayout.read(from: &reader) } catch { throw error.asBytes }
            histogram.counterResetHint = hint
            histogram.count = Double(bitPattern: try reader.readLittleEndian())
            histogram.sum = Double(bitPattern: try reader.readLittleEndian())
            histogram.zeroCount = Double(bitPattern: try reader.readLittleEndian())
            for bucket in histogram.positiveBuckets.indices {
                histogram.positiveBuckets[bucket] = Double(bitPattern: try reader.readLittleEndian())
            }
            for bucket in histogram.negativeBuckets.indices {
                histogram.negativeBuckets[bucket] = Double(bitPattern: try reader.readLittleEndian())
            }
            return histogram
        } catch {
            throw .malformed(error)
        }
    }
}

extension ColumnError {
    /// The error as one of bytes, for a file that this program has just written.
    fileprivate var asBytes: ByteError {
        if case .malformed(let error) = self { return error }
        return .lengthOutOfRange(offset: 0, length: 0)
    }
}
