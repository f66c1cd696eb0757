import ApusBytes
import Glibc

/// A small file of the store that is written whole: a header of 32 bytes with checksums, then the body.
///
/// The form is in `docs/formats/block.md`, under tombstones.
enum SealedFile {
    static let tombstonesMagic: StaticString = "APUSTMB\0"
    static let lineageMagic: StaticString = "APUSLIN\0"
    static let version: UInt32 = 1
    static let headerLength = 32

    /// Writes the file beside, makes it durable and puts it in place of the one that may be there.
    static func write(_ body: [UInt8], magic: StaticString, to path: String) throws(FileError) {
        var header = ByteWriter(capacity: headerLength)
        header.append(magic)
        header.appendLittleEndian(version)
        header.appendLittleEndian(UInt32(0))
        header.appendLittleEndian(UInt64(body.count))
        header.appendLittleEndian(CRC32C.checksum(body.span))
        let stated = header.bytes
        header.appendLittleEndian(CRC32C.checksum(stated.span))
        let temporary = path + BlockFormat.temporaryEnding
        let file = try SystemFile(creating: temporary)
        do throws(FileError) {
            try file.truncate(to: 0)
            try file.write(header.bytes.span, at: 0)
            try file.write(body.span, at: headerLength)
            try file.synchronize()
            try Folder.rename(temporary, to: path)
        } catch {
            // What cannot be removed now is overwritten by the next attempt.
            do throws(FileError) { try Folder.removeFile(temporary) } catch {}
            throw error
        }
    }

    /// Calls `body` with the content of a file whose checksums are right; `nil` when there is no such file.
    static func read<Result>(
        _ path: String, magic: StaticString, _ body: (RawSpan) throws(ByteError) -> Result
    ) throws(BlockError) -> Result? {
        let file: MappedFile
        do throws(FileError) { file = try MappedFile(path) } catch {
            if error.code == ENOENT { return nil }
            throw .file(error)
        }
        try BlockFormat.check(file, magic: magic, length: headerLength, newest: version)
        let bytes = file.bytes
        let length = UInt64(
            littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 16, as: UInt64.self))
        let checksum = UInt32(
            littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 24, as: UInt32.self))
        guard length == UInt64(file.count - headerLength) else {
            let reason = "the file has \(file.count) bytes and should have \(headerLength) more than \(length)"
            throw .damaged(path: path, reason: reason)
        }
        let content = bytes.extracting(headerLength..<file.count)
        guard CRC32C.checksum(content) == checksum else {
            throw .damaged(path: path, reason: "checksum of the body does not match")
        }
        do throws(ByteError) { return try body(content) } catch {
            throw .damaged(path: path, reason: "\(error)")
        }
    }
}
