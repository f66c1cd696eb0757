import ApusBytes

/// Writes records to the newest segment of the log.
struct WALWriter {
    private let folder: String
    private let segmentSize: Int
    private var file: SystemFile
    private var offset: Int
    /// A failed write could not be taken back yet: the file may end in a partial record.
    private var hasPartialWrite = false
    /// The number of the segment that is written to.
    private(set) var segment: UInt64
    /// How much of the segment is known to be on the disk.
    private var syncedOffset = 0
    /// Ended segments that may not be on the disk yet.
    private var ended: [SystemFile] = []
    /// The bytes that were read of the log when the store was opened and those written since.
    private(set) var writtenBytes: Int

    /// Begins segment `number` in `folder`; so many bytes of the log were read that a checkpoint would stand for.
    init(folder: String, number: UInt64, segmentSize: Int, readBytes: Int) throws(FileError) {
        writtenBytes = readBytes
        self.folder = folder
        self.segmentSize = segmentSize
        segment = number
        file = try Self.makeSegment(number, in: folder)
        offset = WALFormat.headerLength
    }

    /// The length of the segment that is written to.
    var segmentLength: Int { offset }

    /// Writes whole records with one call; on a failure the log is as before.
    mutating func write(_ records: Span<UInt8>) throws(FileError) {
        if hasPartialWrite { try takeBack() }
        if offset > WALFormat.headerLength, offset + records.count > segmentSize { try rotate() }
        do throws(FileError) {
            try file.write(records, at: offset)
        } catch {
            hasPartialWrite = true
            // When even this fails, the next write tries it again before anything else.
            do throws(FileError) { try takeBack() } catch {}
            throw error
        }
        offset += records.count
        writtenBytes += records.count
    }

    /// Goes on in a new segment; the one so far is synced with the next sync.
    mutating func rotate() throws(FileError) {
        if hasPartialWrite { try takeBack() }
        let next = try Self.makeSegment(segment + 1, in: folder)
        if offset != syncedOffset { ended.append(file) }
        file = next
        segment += 1
        offset = WALFormat.headerLength
        syncedOffset = 0
    }

    /// What is to be synced, as of one moment.
    struct Unsynced {
        fileprivate let segment: UInt64
        fileprivate let offset: Int
        let files: [SystemFile]
    }

    /// The files to be synced; `nil` when all is on the disk.
    func unsynced() -> Unsynced? {
        let isUnsynced = offset != syncedOffset
        if !isUnsynced, ended.isEmpty { return nil }
        return Unsynced(segment: segment, offset: offset, files: ended + (isUnsynced ? [file] : []))
    }

    /// Remembers that these files are on the disk as far as they went.
    mutating func noteSynced(_ synced: Unsynced) {
        ended.removeAll { file in synced.files.contains { $0 === file } }
        if synced.segment == segment { syncedOffset = max(syncedOffset, synced.offset) }
    }

    private mutating func takeBack() throws(FileError) {
        try file.truncate(to: offset)
        hasPartialWrite = false
    }

    private static func makeSegment(_ number: UInt64, in folder: String) throws(FileError) -> SystemFile {
        let path = "\(folder)/\(WALFormat.segmentName(number))"
        // Left from a beginning that failed on a full disk, if it is there: nothing was ever written to it.
        let file = try SystemFile(creating: path)
        do throws(FileError) {
            try file.truncate(to: 0)
            try file.write(WALFormat.header(number: number).span, at: 0)
            try Folder.synchronize(folder)
        } catch {
            do throws(FileError) { try Folder.removeFile(path) } catch {}
            throw error
        }
        return file
    }
}
