import ApusModel
import Synchronization

/// The files of the head: chunks and checkpoints in `head/`.
struct HeadFiles {
    let folder: String
    var chunks: ChunkWriter
    /// The numbers of the checkpoints on disk, ascending; two at most.
    private(set) var checkpoints: [UInt64]
    /// The bytes that the log had when the newest checkpoint was begun.
    private(set) var checkpointedLogBytes = 0
    /// Each checkpoint begins a segment of the log: a disk that refuses for long must not fill the folder with them.
    var retry = RetryDelay(first: 100, longest: 60_000)

    /// Takes the folder's files over as they are.
    init(folder: String, checkpoints: [UInt64], nextChunkFile: UInt32) {
        self.folder = folder
        self.checkpoints = checkpoints
        chunks = ChunkWriter(folder: folder, nextNumber: nextChunkFile)
    }

    // MARK: Opening

    /// Reads the newest checkpoint that is whole, or the newest one in part where none is.
    ///
    /// - Returns: what was read, `nil` when there is no checkpoint; the second is the segment from which on the log is read.
    static func open(
        folder: String, options: StorageOptions, truncatedBefore: Int64, report: (StorageEvent) -> Void
    ) throws(StorageError) -> (files: HeadFiles, loaded: LoadedHead?, logStart: UInt64?, corruptions: Int) {
        let names: [String]
        do throws(FileError) {
            try Folder.make(folder)
            names = try Folder.names(in: folder)
            for name in names where name.hasSuffix(".tmp") { try Folder.removeFile("\(folder)/\(name)") }
        } catch {
            throw .folderUnusable(folder: folder, reason: error.description)
        }
        let numbers = names.compactMap { FileNumber.number(of: $0, ending: CheckpointFormat.ending) }.sorted()
        let chunkFiles = names.compactMap { FileNumber.number(of: $0, ending: ".chunks") }
            .compactMap { UInt32(exactly: $0) }
        var next = (chunkFiles.max() ?? 0) + 1
        var best: LoadedHead?
        var corruptions = 0
        for number in numbers.reversed() {
            let loaded = try CheckpointReader.load(
                number, folder: folder, options: options, truncatedBefore: truncatedBefore)
            next = max(next, loaded.nextChunkFile)
            for damage in loaded.damages {
                corruptions += 1
                report(.damagedHead(path: damage.path, offset: damage.offset, reason: damage.reason))
            }
            if loaded.damages.count < best?.damages.count ?? .max { best = loaded }
            if loaded.damages.isEmpty { break }
        }
        if best?.number == numbers.last, best?.damages.isEmpty ?? true {
            removeChunkFiles(chunkFiles, except: best?.samples.files ?? ChunkFiles(), folder: folder)
        }
        let files = HeadFiles(folder: folder, checkpoints: numbers, nextChunkFile: next)
        // The log goes back to the older checkpoint, whichever was read: reading more of it does no harm.
        let start = best.map { $0.damages.isEmpty ? $0.number : numbers[0] }
        return (files, best, start, corruptions)
    }

    /// Removes the chunk files that the newest checkpoint does not know: what is in them is in the log or in blocks.
    private static func removeChunkFiles(_ numbers: [UInt32], except known: ChunkFiles, folder: String) {
        for number in numbers where known.file(number) == nil {
            // What cannot be removed now is removed when the store is opened again.
            do throws(FileError) { try Folder.removeFile("\(folder)/\(ChunkFormat.name(number))") } catch {}
        }
    }

    // MARK: Writing

    /// Writes the sealed chunks in memory to a file, from which they are read from then on.
    mutating func writeChunks(of head: Head) throws(FileError) {
        var written: [(frozen: HeadSamples.Frozen, chain: ChunkLocation)] = []
        var tails: [UInt8] = []
        for first in stride(from: 0, to: head.samples.withLock { $0.slotCount }, by: Self.slotsPerSlice) {
            let frozen = head.samples.withLock {
                $0.freeze(first..<(first + Self.slotsPerSlice), isWhole: false, tails: &tails)
            }
            written += try appendChunks(frozen, head: head)
            if chunks.bufferedBytes > 1 << 20 {
                try chunks.flush()
                Self.release(&written, head: head)
            }
        }
        try chunks.flush()
        Self.release(&written, head: head)
    }

    /// The slots that are handled in one go, so that appending waits for microseconds only.
    private static let slotsPerSlice = 512

    private mutating func appendChunks(
        _ frozen: [HeadSamples.Frozen], head: Head
    ) throws(FileError) -> [(frozen: HeadSamples.Frozen, chain: ChunkLocation)] {
        var result: [(frozen: HeadSamples.Frozen, chain: ChunkLocation)] = []
        result.reserveCapacity(frozen.count)
        for entry in frozen {
            var chain = entry.series.chain
            for chunk in entry.chunks {
                chain = try chunks.append(
                    chunk, slot: entry.slot, generation: entry.series.generation, after: chain, head: head)
            }
            result.append((entry, chain))
        }
        return result
    }

    /// Lets chunks that are in files go from memory.
    private static func release(
        _ written: inout [(frozen: HeadSamples.Frozen, chain: ChunkLocation)], head: Head
    ) {
        for first in stride(from: 0, to: written.count, by: slotsPerSlice) {
            head.samples.withLock { samples in
                for (frozen, chain) in written[first..<min(written.count, first + slotsPerSlice)] {
                    samples.noteWritten(frozen, chain: chain)
                }
            }
        }
        written.removeAll(keepingCapacity: true)
    }

    /// Writes a checkpoint that stands for the log below a segment, which was begun before; then removes what is not needed any more.
    ///
    /// The checkpoint may hold more than that part of the log: what is read twice is recognised.
    ///
    /// - Parameter logBytes: the bytes that the log had when the segment was begun.
    mutating func writeCheckpoint(_ number: UInt64, logBytes: Int, logFolder: String, head: Head) throws(FileError) {
        let names = head.index.withLock { $0.names }
        let exemplars = head.exemplars.withLock { $0 }
        var writer = try CheckpointWriter(folder: folder, number: number)
        do throws(FileError) {
            try writer.add(symbolsOf: names.labels)
            try add(names, head: head, to: &writer)
            let late = head.samples.withLock { $0.late }
            try writer.add(late, of: names)
            try writer.add(exemplars)
            try chunks.synchronize()
            let current = chunks.currentFile
            let (files, old) = head.samples.withLock { samples in
                let old = samples.files.removeFiles(before: samples.truncatedBefore, except: current)
                return (samples.files, old)
            }
            try writer.add(files, nextNumber: chunks.nextNumber)
            try writer.commit()
            checkpoints.append(number)
            checkpointedLogBytes = logBytes
            for path in old { try Folder.removeFile(path) }
        } catch {
            writer.abandon()
            throw error
        }
        // One checkpoint and the log from it on are kept beside the newest: should that be damaged, they give the same.
        while checkpoints.count > 2 {
            try Folder.removeFile("\(folder)/\(CheckpointFormat.name(checkpoints[0]))")
            checkpoints.removeFirst()
        }
        if checkpoints.count == 2 { try WALFiles.remove(before: checkpoints[0], folder: logFolder) }
    }

    private mutating func add(
        _ names: HeadIndex.Names, head: Head, to writer: inout CheckpointWriter
    ) throws(FileError) {
        var tails: [UInt8] = []
        for first in stride(from: 0, to: head.samples.withLock { $0.slotCount }, by: Self.slotsPerSlice) {
            tails.removeAll(keepingCapacity: true)
            let frozen = head.samples.withLock {
                $0.freeze(first..<(first + Self.slotsPerSlice), isWhole: true, tails: &tails)
            }
            var known = try appendChunks(
                frozen.filter { names.has($0.slot, generation: $0.series.generation) }, head: head)
            try chunks.flush()
            for start in stride(from: 0, to: known.count, by: CheckpointFormat.seriesPerRecord) {
                let end = min(known.count, start + CheckpointFormat.seriesPerRecord)
                try writer.add(known[start..<end], tails: tails, labels: names.labels)
            }
            Self.release(&known, head: head)
        }
    }
}
