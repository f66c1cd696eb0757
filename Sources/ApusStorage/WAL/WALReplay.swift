import ApusBytes
import ApusModel
import Synchronization

/// Rebuilds head and appender from the log.
struct WALReplay: WALVisitor {
    /// A series that the log names.
    private struct Named {
        /// The position of the record in the log.
        var order: UInt64
        var run: [UInt8]
    }

    /// The series that are not, or not so, in the checkpoint; by slot.
    private var named: [UInt32: Named] = [:]
    private var next: UInt64 = 0
    private var series: [Appender.Series]
    private let head: Head
    private var encoded = ByteWriter()
    private let truncatedBefore: Int64
    /// Slots from here on are damage.
    private let maximumSlots: UInt64
    private var exemplars: ExemplarRing
    private var sampleCount = 0
    private var unknownSamples = 0
    private var corruptionCount = 0

    /// What was read.
    struct Summary {
        var series: Int
        var samples: Int
        /// Places where something was cut off or passed over.
        var corruptions: Int
    }

    /// A replay on top of what a checkpoint gave the head; samples before `truncatedBefore` are in blocks.
    init(
        head: Head, series: [Appender.Series], exemplars: ExemplarRing, truncatedBefore: Int64, maximumSlots: Int
    ) {
        self.head = head
        self.maximumSlots = UInt64(clamping: maximumSlots)
        self.series = series
        self.exemplars = exemplars
        self.truncatedBefore = truncatedBefore
    }

    /// Reads the files of a log, which should begin at the segment `first`, and cuts the torn tail of the last.
    ///
    /// The checkpoint that was read stands for the segments below `assured`. They are read too where it is damaged, and may name series
    /// that had left the head before it.
    mutating func read(
        _ files: WALFiles, folder: String, from first: UInt64?, assured: UInt64?, report: (StorageEvent) -> Void
    ) throws(StorageError) {
        var previous = files.checkpoint ?? first.map { $0 - 1 }
        for number in files.segments {
            if let previous, number != previous + 1 {
                corruptionCount += 1
                report(.damagedLog(path: "\(folder)/\(WALFormat.segmentName(previous + 1))", offset: 0, bytes: 0))
            }
            previous = number
        }
        if let first, !files.segments.contains(first) || Self.isWithoutHeader(first, folder: folder) {
            // It was there, with its header, before the checkpoint was.
            if files.segments.first == first || files.segments.isEmpty {
                corruptionCount += 1
                report(.damagedLog(path: "\(folder)/\(WALFormat.segmentName(first))", offset: 0, bytes: 0))
            }
        }
        let names = files.names
        for (position, name) in names.enumerated() {
            let path = "\(folder)/\(name)"
            try read(path, isLast: position == names.count - 1, report: report)
            if let assured, let number = WALFormat.number(of: name, ending: ".segment"), number < assured {
                unknownSamples = 0
            }
            reportUnknownSamples(path, report)
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
    }

    private mutating func reportUnknownSamples(_ path: String, _ report: (StorageEvent) -> Void) {
        if unknownSamples == 0 { return }
        corruptionCount += 1
        let reason = "\(unknownSamples) samples of series whose records are missing"
        report(.unusableRecord(path: path, offset: 0, reason: reason))
        unknownSamples = 0
    }

    private static func isWithoutHeader(_ number: UInt64, folder: String) -> Bool {
        Folder.length(of: "\(folder)/\(WALFormat.segmentName(number))") < WALFormat.headerLength
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
        guard UInt64(slot) < maximumSlots else { throw .slotOutOfRange(UInt64(slot)) }
        guard let valid = LabelSet(validating: run) else { throw .invalidLabels }
        let index = Int(slot)
        next += 1
        while series.count <= index { series.append(Appender.Series()) }
        if series[index].isLive, series[index].generation == generation {
            let isKnown =
                if let known = named[slot] {
                    known.run == valid.run
                } else {
                    head.index.withLock { $0.find(valid.run.span) == slot }
                }
            if isKnown {
                named[slot]?.order = next
                return
            }
        }
        named[slot] = Named(order: next, run: valid.run)
        series[index] = Appender.Series(generation: generation, isLive: true)
        head.samples.withLock { $0.insert(slot: slot, generation: generation) }
    }

    mutating func visitSamples(_ samples: borrowing WALSamples) {
        let count = samples.slots.count
        head.samples.withLock { head in
            for position in 0..<count {
                let slot = samples.slots[position]
                let index = Int(slot)
                guard index < series.count, series[index].isLive,
                    series[index].generation == samples.generations[position]
                else {
                    unknownSamples += 1
                    continue
                }
                let timestamp = samples.timestamps[position]
                if samples.areLate {
                    head.insertLate(
                        Double(bitPattern: samples.values[position]),
                        samples.histograms.isEmpty ? nil : samples.histograms[position], at: timestamp, slot: slot)
                    sampleCount += 1
                    continue
                }
                guard timestamp >= truncatedBefore, timestamp > series[index].lastTimestamp else {
                    continue
                }
                if samples.histograms.isEmpty {
                    series[index].note(samples.values[position], at: timestamp, isHistogram: false)
                    head.append(Double(bitPattern: samples.values[position]), at: timestamp, slot: slot)
                } else {
                    encoded.bytes.removeAll(keepingCapacity: true)
                    WALHistogram.append(samples.histograms[position], to: &encoded)
                    series[index].note(
                        WALHistogram.fingerprint(ofEncoded: encoded.bytes.span), at: timestamp, isHistogram: true)
                    head.append(samples.histograms[position], at: timestamp, slot: slot)
                }
                sampleCount += 1
            }
        }
    }

    mutating func visitExemplar(slot: UInt32, generation: UInt32, exemplar: StoredExemplar) {
        let index = Int(slot)
        guard index < series.count, series[index].isLive, series[index].generation == generation else {
            unknownSamples += 1
            return
        }
        let run = named[slot]?.run
        exemplars.append(exemplar, series: SeriesReference(slot: slot, generation: generation)) {
            run.map { LabelSet(uncheckedRun: $0) } ?? head.index.withLock { $0.labels.labelSet(of: slot) }
        }
    }

    /// Completes the index and gives the appender that goes on with `log`.
    consuming func finish(log: WALWriter, limiter: SeriesLimiter) -> (Appender, ExemplarRing, Summary) {
        let (replaced, freed) = superseded()
        let count = head.index.withLock { index in
            if !replaced.isEmpty { index = index.keeping { !replaced.contains($0) } }
            for (slot, entry) in named.sorted(by: { $0.key < $1.key }) where !freed.contains(slot) {
                _ = index.insert(entry.run.span, at: slot, generation: series[Int(slot)].generation)
            }
            index.settle()
            return index.liveCount
        }
        head.samples.withLock { samples in
            for slot in freed { samples.remove(slot: slot) }
        }
        let free = series.indices.filter { !series[$0].isLive }.map { UInt32($0) }
        var appender = Appender(
            log: log, series: series, freeSlots: free.reversed(), truncatedBefore: truncatedBefore, limiter: limiter)
        appender.free(freed.sorted())
        appender.newestTime = head.samples.withLock { $0.maximumTime }
        return (appender, exemplars, Summary(series: count, samples: sampleCount, corruptions: corruptionCount))
    }

    /// The slots whose series in the index are gone, and those that hold a series which came back in another slot.
    ///
    /// A series that left the head and came back has records in two slots; the older one is empty.
    private func superseded() -> (replaced: Set<UInt32>, freed: Set<UInt32>) {
        var newest: [[UInt8]: UInt32] = [:]
        var replaced = Set<UInt32>()
        var freed = Set<UInt32>()
        head.index.withLock { index in
            for (slot, entry) in named {
                if index.isLive(slot) { replaced.insert(slot) }
                // Whatever the checkpoint holds is older than what the log names.
                if let older = index.find(entry.run.span), older != slot {
                    replaced.insert(older)
                    if named[older] == nil { freed.insert(older) }
                }
                guard let other = newest[entry.run] else {
                    newest[entry.run] = slot
                    continue
                }
                let isNewer = (named[other]?.order ?? 0) < entry.order
                freed.insert(isNewer ? other : slot)
                if isNewer { newest[entry.run] = slot }
            }
        }
        return (replaced, freed)
    }
}
