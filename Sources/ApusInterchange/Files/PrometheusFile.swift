import ApusBytes
import ApusStorage

/// A mapped file of Prometheus' with its magic number and version.
struct PrometheusFile: Sendable {
    let file: MappedFile
    /// The version in its header.
    let version: UInt8

    /// The number of its bytes.
    var count: Int { file.count }

    /// The path.
    var path: String { file.path }

    /// Maps the file at `path` and checks that it begins with `magic`.
    init(_ path: String, magic: UInt32, headerLength: Int) throws(InterchangeError) {
        let file: MappedFile
        do throws(FileError) { file = try MappedFile(path) } catch { throw .file(error) }
        self.file = file
        var reader = ByteReader(file.bytes)
        let stated: (magic: UInt32, version: UInt8)
        do throws(ByteError) {
            stated = (try reader.readBigEndian(), try reader.readByte())
            try reader.skip(headerLength - 5)
        } catch {
            throw .damaged(path: path, offset: 0, reason: "the file has only \(file.count) bytes")
        }
        guard stated.magic == magic else {
            throw .damaged(path: path, offset: 0, reason: "it does not begin as such a file does")
        }
        version = stated.version
    }

    /// The error that names a damaged place of this file.
    func damaged(at offset: Int, _ reason: String) -> InterchangeError {
        .damaged(path: path, offset: offset, reason: reason)
    }

    /// The content of a section `length <4b> content crc <4b>` at an offset, after checking its checksum.
    func section(at offset: UInt64, name: String) throws(InterchangeError) -> Range<Int> {
        guard offset <= UInt64(max(0, count - 8)) else {
            throw damaged(at: Int(clamping: offset), "the \(name) lies beyond the end of the file")
        }
        let start = Int(offset)
        let length = Int(word(at: start))
        guard length <= count - start - 8 else {
            throw damaged(at: start, "the \(name) has \(length) bytes, more than the file")
        }
        let content = (start + 4)..<(start + 4 + length)
        try check(content, name: name)
        return content
    }

    /// Checks the checksum behind a range of bytes.
    func check(_ content: Range<Int>, name: String) throws(InterchangeError) {
        guard content.upperBound <= count - 4 else {
            throw damaged(at: content.lowerBound, "the \(name) goes beyond the end of the file")
        }
        guard CRC32C.checksum(file.bytes.extracting(content)) == word(at: content.upperBound) else {
            throw damaged(at: content.lowerBound, "checksum of the \(name) does not match")
        }
    }

    /// The big-endian word at an offset that the caller has checked.
    func word(at offset: Int) -> UInt32 {
        precondition(offset >= 0 && offset <= count - 4)
        return UInt32(
            bigEndian: unsafe file.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
    }

    /// Calls `body` with a reader of a range, and names place and reason when the bytes end early.
    func read<Result: ~Copyable>(
        _ range: Range<Int>, name: String, _ body: (inout ByteReader) throws(ByteError) -> Result
    ) throws(InterchangeError) -> Result {
        var reader = ByteReader(file.bytes.extracting(range))
        do throws(ByteError) { return try body(&reader) } catch {
            throw damaged(at: range.lowerBound + reader.offset, "the \(name): \(error)")
        }
    }
}
