import ApusBytes
import Synchronization

/// Writes sealed chunks to the newest chunk file of the head.
struct ChunkWriter {
    private let folder: String
    /// The number of the next file.
    private(set) var nextNumber: UInt32
    private var file: ChunkFile?
    private var systemFile: SystemFile?
    /// Files with bytes that may not be on the disk yet.
    private var unsynced: [SystemFile] = []
    private var buffer = ByteWriter()
    /// Where the buffer begins in the file.
    private var offset = 0
    private var bufferedTime = Int64.min
    private var bufferedCount = 0

    /// A writer that makes files from a number on in `folder`.
    init(folder: String, nextNumber: UInt32) {
        self.folder = folder
        self.nextNumber = nextNumber
    }

    /// The number of the file that is written to.
    var currentFile: UInt32? { file?.number }

    /// The bytes that are not in the file yet.
    var bufferedBytes: Int { buffer.count }

    /// Appends a chunk to the buffer and says where it will lie.
    mutating func append(
        _ chunk: SealedChunk, slot: UInt32, generation: UInt32, after previous: ChunkLocation, head: Head
    ) throws(FileError) -> ChunkLocation {
        let longest = chunk.bytes.count + ChunkFormat.maximumStatementLength
        if file == nil || offset + buffer.count + longest > ChunkFormat.maximumFileLength {
            try flush()
            try begin(head)
        }
        guard let number = file?.number else { throw FileError("write", folder, code: 0) }
        let location = ChunkLocation(file: number, offset: offset + buffer.count)
        StoredChunk.append(chunk, slot: slot, generation: generation, after: previous, to: &buffer)
        bufferedTime = max(bufferedTime, chunk.maximumTime)
        bufferedCount += 1
        return location
    }

    /// Writes the buffer; on a failure what is in it was never appended.
    mutating func flush() throws(FileError) {
        defer {
            buffer.bytes.removeAll(keepingCapacity: buffer.bytes.capacity <= 4 << 20)
            bufferedTime = .min
            bufferedCount = 0
        }
        guard let file, let systemFile, buffer.count > 0 else { return }
        let bytes = buffer.bytes
        try systemFile.write(bytes.span, at: offset)
        offset += bytes.count
        file.extend(to: offset, maximumTime: bufferedTime, chunkCount: bufferedCount)
    }

    /// Waits until everything that was flushed is on the disk.
    mutating func synchronize() throws(FileError) {
        guard !unsynced.isEmpty else { return }
        for file in unsynced { try file.synchronize() }
        try Folder.synchronize(folder)
        unsynced = systemFile.map { [$0] } ?? []
    }

    private mutating func begin(_ head: Head) throws(FileError) {
        guard nextNumber < 1 << 24 else { throw FileError("create", folder, code: 0) }
        let number = nextNumber
        let path = "\(folder)/\(ChunkFormat.name(number))"
        let created = try SystemFile(creating: path)
        try created.truncate(to: 0)
        try created.write(ChunkFormat.header(number: number).span, at: 0)
        let mapped = try ChunkFile(number: number, path: path, file: created, length: nil)
        mapped.extend(to: ChunkFormat.headerLength, maximumTime: .min, chunkCount: 0)
        nextNumber += 1
        offset = ChunkFormat.headerLength
        file = mapped
        systemFile = created
        unsynced.append(created)
        head.samples.withLock { $0.files.append(mapped) }
    }
}
