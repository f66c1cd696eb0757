import ApusBytes

/// Finds the records of one file of the log and tells what lies between them.
struct WALReader: ~Escapable {
    /// One stretch of the file.
    enum Stretch: Equatable {
        /// A record with a correct checksum; the range is that of its body.
        case record(body: Range<Int>)
        /// Bytes that belong to no readable record.
        case damage(Range<Int>)
    }

    private let bytes: RawSpan
    private var offset: Int

    /// A reader at the first record of a file.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        self.bytes = bytes
        offset = min(bytes.byteCount, WALFormat.headerLength)
    }

    /// The next stretch, or `nil` at the end of the file.
    @_lifetime(self: copy self)
    mutating func next() -> Stretch? {
        guard offset < bytes.byteCount else { return nil }
        if let body = recordBody(at: offset) {
            offset = body.upperBound
            return .record(body: body)
        }
        let start = offset
        offset += 1
        while offset < bytes.byteCount, recordBody(at: offset) == nil { offset += 1 }
        return .damage(start..<offset)
    }

    private func recordBody(at offset: Int) -> Range<Int>? {
        let available = bytes.byteCount - offset
        guard available > WALFormat.recordHeaderLength, word(at: offset) == WALFormat.marker else { return nil }
        let length = Int(word(at: offset + 4))
        guard length >= 1, length <= WALFormat.maximumBodyLength,
            length <= available - WALFormat.recordHeaderLength
        else { return nil }
        let body = (offset + WALFormat.recordHeaderLength)..<(offset + WALFormat.recordHeaderLength + length)
        var checksum = CRC32C.checksum(bytes.extracting((offset + 4)..<(offset + 8)))
        checksum = CRC32C.checksum(bytes.extracting(body), continuing: checksum)
        return checksum == word(at: offset + 8) ? body : nil
    }

    private func word(at offset: Int) -> UInt32 {
        // The caller has checked that a record header lies within the bytes.
        UInt32(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
    }
}
