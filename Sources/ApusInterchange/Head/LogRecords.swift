import ApusBytes
import ApusStorage

/// The records of one segment of Prometheus' write-ahead log.
///
/// A segment is pages of 32 KiB; a record is one fragment or several, none of which crosses a page.
/// Source of the form: Prometheus, `tsdb/docs/format/wal.md`.
struct LogRecords: ~Escapable {
    /// One stretch of a segment.
    enum Stretch {
        /// A whole record, decompressed, and where it begins.
        case record([UInt8], offset: Int)
        /// Bytes from which no record can be had, up to the next page or the end.
        case damage(offset: Int, reason: String)
    }

    static let pageLength = 32 << 10
    static let headerLength = 7
    /// A record is not larger than this when it is decompressed; Prometheus' own are some megabytes at most.
    private static let maximumRecordLength = 256 << 20

    private let bytes: RawSpan
    private var offset = 0
    /// The fragments of a record that is not whole yet.
    private var partial: [UInt8] = []
    private var partialOffset: Int?

    /// A reader at the first record.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    /// The next stretch, or `nil` at the end.
    @_lifetime(self: copy self)
    mutating func next() -> Stretch? {
        while offset < bytes.byteCount {
            let pageEnd = min(bytes.byteCount, (offset / Self.pageLength + 1) * Self.pageLength)
            guard pageEnd - offset >= Self.headerLength else {
                // A page that is full is filled with zeros; the last may be cut.
                let isFull = pageEnd % Self.pageLength == 0
                let start = offset
                offset = pageEnd
                if isFull || isZero(start..<pageEnd) { continue }
                return damage(at: start, "a fragment is cut")
            }
            let start = offset
            let flags = byte(at: offset)
            if flags == 0 {
                offset = pageEnd
                if isZero(start..<pageEnd) { continue }
                return damage(at: start, "a page goes on after its end")
            }
            let length = Int(byte(at: offset + 1)) << 8 | Int(byte(at: offset + 2))
            let body = (offset + Self.headerLength)..<(offset + Self.headerLength + length)
            guard body.upperBound <= pageEnd else {
                offset = pageEnd
                return damage(at: start, "a fragment of \(length) bytes goes beyond its page")
            }
            let content = bytes.extracting(body)
            let stated = UInt32(
                bigEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start + 3, as: UInt32.self))
            guard CRC32C.checksum(content) == stated else {
                offset = pageEnd
                return damage(at: start, "checksum of a fragment does not match")
            }
            offset = body.upperBound
            if let stretch = take(content, flags: flags, at: start) { return stretch }
        }
        guard let start = partialOffset else { return nil }
        return damage(at: start, "a record is not whole")
    }

    /// Adds a fragment to its record, and gives the record when it is whole.
    @_lifetime(self: copy self)
    private mutating func take(_ content: RawSpan, flags: UInt8, at start: Int) -> Stretch? {
        let kind = flags & 7
        switch (kind, partialOffset) {
        case (1, nil), (2, nil):
            partial.removeAll(keepingCapacity: true)
            partialOffset = start
        case (3, .some), (4, .some): break
        default: return damage(at: start, "a fragment of kind \(kind) does not continue what was before it")
        }
        guard partial.count + content.byteCount <= Self.maximumRecordLength else {
            return damage(at: start, "a record is larger than \(Self.maximumRecordLength) bytes")
        }
        unsafe content.withUnsafeBytes { unsafe partial.append(contentsOf: $0) }
        guard kind == 1 || kind == 4, let first = partialOffset else { return nil }
        partialOffset = nil
        guard let compression = LogCompression(rawValue: flags >> 3) else {
            return .damage(offset: first, reason: "the compression of a record is not known")
        }
        guard let record = compression.decompress(partial, limit: Self.maximumRecordLength) else {
            return .damage(offset: first, reason: "a record cannot be decompressed")
        }
        return .record(record, offset: first)
    }

    /// A record that was begun cannot be finished after damage.
    @_lifetime(self: copy self)
    private mutating func damage(at start: Int, _ reason: String) -> Stretch {
        partialOffset = nil
        return .damage(offset: start, reason: reason)
    }

    private func byte(at offset: Int) -> UInt8 {
        // The caller has checked that a header lies within the bytes.
        unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    private func isZero(_ range: Range<Int>) -> Bool {
        unsafe bytes.extracting(range).withUnsafeBytes { unsafe $0.allSatisfy { $0 == 0 } }
    }
}
