import ApusBytes
import ApusModel
import Synchronization

/// The files of the log.
struct WALFiles {
    /// The number of the newest checkpoint, which stands for all segments up to it.
    var checkpoint: UInt64?
    /// The segments after it, ascending.
    var segments: [UInt64] = []

    /// Lists the files in `folder` and removes what a crash left over.
    init(folder: String) throws(FileError) {
        let names = try Folder.names(in: folder)
        for name in names where name.hasSuffix(".tmp") { try Folder.removeFile("\(folder)/\(name)") }
        let checkpoints = names.compactMap { WALFormat.number(of: $0, ending: ".checkpoint") }
        checkpoint = checkpoints.max()
        for number in checkpoints where number != checkpoint {
            try Folder.removeFile("\(folder)/\(WALFormat.checkpointName(number))")
        }
        for number in names.compactMap({ WALFormat.number(of: $0, ending: ".segment") }).sorted() {
            if let checkpoint, number <= checkpoint {
                try Folder.removeFile("\(folder)/\(WALFormat.segmentName(number))")
            } else {
                segments.append(number)
            }
        }
    }

    /// The number at which the log goes on: a last segment without records is written anew.
    func nextSegment(in folder: String) -> UInt64 {
        guard let last = segments.last else { return (checkpoint ?? 0) + 1 }
        let length = Folder.length(of: "\(folder)/\(WALFormat.segmentName(last))")
        return length <= WALFormat.headerLength ? last : last + 1
    }

    /// The names in the order in which they are read.
    var names: [String] {
        (checkpoint.map { [WALFormat.checkpointName($0)] } ?? []) + segments.map(WALFormat.segmentName)
    }
}

/// Rebuilds head and appender from the log.
struct WALReplay: WALVisitor {
    private var labels: [[UInt8]] = []
    /// The position in the log of the record that named a slot's series, plus one; 0 for a free slot.
    private var order: [UInt64] = []
    private var next: UInt64 = 0
    private var series: [Appender.Series] = []
    private let head: Head
    private let truncatedBefore: Int64
    private var exemplars: ExemplarRing
    private var sampleCount = 0
    private var unknownSamples = 0
    private var corruptionCount = 0

    /// Slots beyond this are damage: they would take more memory than any machine has.
    private static let maximumSlot: UInt32 = 1 << 28

    /// What was read.
    struct Summary {
        var series: Int
        var samples: Int
        /// Places where something was cut off or passed over.
        var corruptions: Int
    }

    /// A replay into an empty head; samples before `truncatedBefore` are in blocks.
    init(head: Head, truncatedBefore: Int64, maximumExemplars: Int) {
        self.head = head
        exemplars = ExemplarRing(capacity: maximumExemplars)
        self.truncatedBefore = truncatedBefore
    }

    /// Reads the files of a log and cuts the torn tail of the last.
    mutating func read(
        _ files: WALFiles, folder: String, report: (StorageEvent) -> Void
    ) throws(StorageError) {
        var previous = files.checkpoint
        for number in files.segments {
            if let previous, number != previous + 1 {
                corruptionCount += 1
                report(.damagedLog(path: "\(folder)/\(WALFormat.segmentName(previous + 1))", offset: 0, bytes: 0))
            }
            previous = number
        }
        let names = files.names
        for (position, name) in names.enumerated() {
            try read("\(folder)/\(name)", isLast: position == names.count - 1, report: report)
        }
    }

    private mutating func read(_ path: String, isLast: Bool, report: (StorageEvent) -> Void) throws(StorageError) {
        let file: MappedFile
        do throws(FileError) { file = try MappedFile(path) } catch {
            throw .folderUnusable(folder: path, reason: error.description)
        }
        let version = WALFormat.version(ofHeader: file.bytes)
        if let version, version > WALFormat.version { throw .newerFormat(path: path, version: version) }
        if version == nil, !(isLast && file.count < WALFormat.headerLength) {
            damage(path, 0..<min(file.count, WALFormat.headerLength), report)
        }
        var reader = WALReader(file.bytes)
        var recordReader = WALRecordReader()
        while let stretch = reader.next() {
            switch stretch {
            case .damage(let range) where isLast && range.upperBound == file.count:
                try cutTail(path, range, report)
            case .damage(let range):
                damage(path, range, report)
            case .record(let body):
                do throws(WALRecordError) {
                    try recordReader.read(file.bytes.extracting(body), &self)
                } catch {
                    corruptionCount += 1
                    report(.unusableRecord(path: path, offset: body.lowerBound, reason: error.reason))
                }
            }
        }
        if unknownSamples > 0 {
            corruptionCount += 1
            let reason = "\(unknownSamples) samples of series whose records are missing"
            report(.unusableRecord(path: path, offset: 0, reason: reason))
            unknownSamples = 0
        }
    }

    private mutating func damage(_ path: String, _ range: Range<Int>, _ report: (StorageEvent) -> Void) {
        corruptionCount += 1
        report(.damagedLog(path: path, offset: range.lowerBound, bytes: range.count))
    }

    private mutating func cutTail(
        _ path: String, _ range: Range<Int>, _ report: (StorageEvent) -> Void
    ) throws(StorageError) {
        corruptionCount += 1
        do throws(FileError) {
            try SystemFile(creating: path).truncate(to: range.lowerBound)
        } catch {
            throw .folderUnusable(folder: path, reason: error.description)
        }
        report(.tornTail(path: path, offset: range.lowerBound, bytes: range.count))
    }

    // MARK: Records

    mutating func visitSeries(slot: UInt32, generation: UInt32, labels run: [UInt8]) throws(WALRecordError) {
        guard slot < Self.maximumSlot else { throw .slotOutOfRange(UInt64(slot)) }
        guard let valid = LabelSet(validating: run) else { throw .invalidLabels }
        while labels.count <= Int(slot) {
            labels.append([])
            order.append(0)
        }
        let index = Int(slot)
        next += 1
        if order[index] != 0, labels[index] == valid.run, series[index].generation == generation {
            order[index] = next
            return
        }
        labels[index] = valid.run
        order[index] = next
        while series.count <= index { series.append(Appender.Series()) }
        series[index] = Appender.Series(generation: generation, isLive: true)
        head.samples.withLock { $0.insert(slot: slot, generation: generation) }
    }

    mutating func visitSamples(_ samples: borrowing WALSamples) {
        let count = samples.slots.count
        head.samples.withLock { head in
            for position in 0..<count {
                let slot = samples.slots[position]
                let index = Int(slot)
                guard index < order.count, order[index] != 0,
                    series[index].generation == samples.generations[position]
                else {
                    unknownSamples += 1
                    continue
                }
                let timestamp = samples.timestamps[position]
                guard timestamp >= truncatedBefore, timestamp > series[index].lastTimestamp else {
                    continue
                }
                series[index].lastTimestamp = timestamp
                if samples.histograms.isEmpty {
                    series[index].lastValue = samples.values[position]
                    series[index].isHistogram = false
                    head.append(Double(bitPattern: samples.values[position]), at: timestamp, slot: slot)
                } else {
                    var encoded = ByteWriter(capacity: 256)
                    WALHistogram.append(samples.histograms[position], to: &encoded)
                    series[index].lastValue = WALHistogram.fingerprint(ofEncoded: encoded.bytes.span)
                    series[index].isHistogram = true
                    head.append(samples.histograms[position], at: timestamp, slot: slot)
                }
                sampleCount += 1
            }
        }
    }

    mutating func visitExemplar(slot: UInt32, generation: UInt32, exemplar: StoredExemplar) {
        let index = Int(slot)
        guard index < order.count, order[index] != 0, series[index].generation == generation else {
            unknownSamples += 1
            return
        }
        let labels = labels[index]
        exemplars.append(exemplar, series: SeriesReference(slot: slot, generation: generation)) {
            LabelSet(uncheckedRun: labels)
        }
    }

    /// Builds the index and gives the appender that goes on with `log`.
    consuming func finish(log: WALWriter) -> (Appender, ExemplarRing, Summary) {
        var free: [UInt32] = []
        // A series that left the head and came back has records in two slots; the older one is empty.
        var distinct = SymbolTable()
        var newest: [UInt32] = []
        var freed: [UInt32] = []
        for slot in 0..<UInt32(labels.count) {
            guard order[Int(slot)] != 0 else {
                free.append(slot)
                continue
            }
            let run = labels[Int(slot)]
            guard let symbol = distinct.intern(run.span), Int(symbol.index) < newest.count else {
                newest.append(slot)
                continue
            }
            let other = newest[Int(symbol.index)]
            let isNewer = order[Int(other)] < order[Int(slot)]
            freed.append(isNewer ? other : slot)
            if isNewer { newest[Int(symbol.index)] = slot }
        }
        head.index.withLock { index in
            for slot in newest {
                let run = labels[Int(slot)]
                _ = index.insert(run.span, at: slot, generation: series[Int(slot)].generation)
            }
        }
        head.samples.withLock { samples in
            for slot in freed { samples.remove(slot: slot) }
        }
        while series.count < labels.count { series.append(Appender.Series()) }
        var appender = Appender(log: log, series: series, freeSlots: free, truncatedBefore: truncatedBefore)
        appender.free(freed)
        return (appender, exemplars, Summary(series: newest.count, samples: sampleCount, corruptions: corruptionCount))
    }
}
