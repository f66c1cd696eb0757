import ApusBytes

/// Copies of the log what is still needed, so that the segments before can be removed.
struct WALCheckpoint {
    private let folder: String
    private let end: UInt64
    private let start: Int64
    private let liveGenerations: [Int64]

    /// A checkpoint of the segments below `end`: samples from `start` on of the series whose generations are given by slot, -1 for none.
    init(folder: String, endingBefore end: UInt64, keepingFrom start: Int64, liveGenerations: [Int64]) {
        self.folder = folder
        self.end = end
        self.start = start
        self.liveGenerations = liveGenerations
    }

    /// Writes the checkpoint, makes it durable and removes what it stands for.
    func write() throws(FileError) {
        var files = try WALFiles(folder: folder)
        files.segments.removeAll { $0 >= end }
        guard !files.names.isEmpty, end > 1 else { return }
        let path = "\(folder)/\(WALFormat.checkpointName(end - 1))"
        var copy = try Copy(path: path + ".tmp", number: end - 1, start: start, liveGenerations: liveGenerations)
        for name in files.names {
            let file = try MappedFile("\(folder)/\(name)")
            var reader = WALReader(file.bytes)
            var recordReader = WALRecordReader()
            while let stretch = reader.next() {
                // Damage was counted and reported when the log was replayed; there is nothing in it to copy.
                guard case .record(let body) = stretch else { continue }
                do throws(WALRecordError) { try recordReader.read(file.bytes.extracting(body), &copy) } catch {}
                try copy.flushIfLarge()
            }
        }
        try copy.finish()
        try Folder.rename(path + ".tmp", to: path)
        for name in files.names where name != WALFormat.checkpointName(end - 1) {
            try Folder.removeFile("\(folder)/\(name)")
        }
    }

    /// Takes records and writes what is kept of them.
    private struct Copy: WALVisitor {
        private let file: SystemFile
        private let start: Int64
        private let liveGenerations: [Int64]
        private var offset = WALFormat.headerLength
        private var buffer = ByteWriter(capacity: 1 << 20)
        private var records = WALRecordWriter()
        private var kept: [Int] = []

        init(path: String, number: UInt64, start: Int64, liveGenerations: [Int64]) throws(FileError) {
            file = try SystemFile(creating: path)
            try file.truncate(to: 0)
            try file.write(WALFormat.header(number: number).span, at: 0)
            self.start = start
            self.liveGenerations = liveGenerations
        }

        mutating func visitSeries(slot: UInt32, generation: UInt32, labels: [UInt8]) {
            guard isLive(slot, generation) else { return }
            records.reset()
            records.appendSeries(slot: slot, generation: generation, labels: labels.span)
            records.finish()
            buffer.append(records.bytes)
        }

        mutating func visitSamples(_ samples: borrowing WALSamples) {
            kept.removeAll(keepingCapacity: true)
            for position in 0..<samples.slots.count
            where samples.timestamps[position] >= start
                && isLive(samples.slots[position], samples.generations[position])
            {
                kept.append(position)
            }
            guard let first = kept.first else { return }
            let timestamp = samples.timestamps[first]
            let hasTimestamps = kept.contains { samples.timestamps[$0] != timestamp }
            let areHistograms = !samples.histograms.isEmpty
            records.reset()
            records.beginSamples(
                areHistograms ? .histograms : .samples, timestamp: timestamp, count: kept.count,
                hasTimestamps: hasTimestamps)
            for position in kept {
                let offset = hasTimestamps ? samples.timestamps[position] &- timestamp : nil
                if areHistograms {
                    var encoded = ByteWriter(capacity: 256)
                    WALHistogram.append(samples.histograms[position], to: &encoded)
                    records.appendHistogram(
                        slot: samples.slots[position], generation: samples.generations[position], offset: offset,
                        encoded: encoded.bytes.span)
                } else {
                    records.appendSample(
                        slot: samples.slots[position], generation: samples.generations[position], offset: offset,
                        value: samples.values[position])
                }
            }
            records.finish()
            buffer.append(records.bytes)
        }

        mutating func visitExemplar(slot: UInt32, generation: UInt32, exemplar: StoredExemplar) {
            guard exemplar.timestamp >= start, isLive(slot, generation) else { return }
            records.reset()
            records.beginExemplars(count: 1)
            records.appendExemplar(slot: slot, generation: generation, exemplar: exemplar)
            records.finish()
            buffer.append(records.bytes)
        }

        mutating func flushIfLarge() throws(FileError) {
            if buffer.count >= 1 << 20 { try flush() }
        }

        mutating func finish() throws(FileError) {
            try flush()
            try file.synchronize()
        }

        private mutating func flush() throws(FileError) {
            let bytes = buffer.bytes
            try file.write(bytes.span, at: offset)
            offset += bytes.count
            buffer.bytes.removeAll(keepingCapacity: true)
        }

        private func isLive(_ slot: UInt32, _ generation: UInt32) -> Bool {
            Int(slot) < liveGenerations.count && liveGenerations[Int(slot)] == Int64(generation)
        }
    }
}
