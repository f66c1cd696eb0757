import ApusBytes

/// The first 24 bytes of the store's numbered files: magic, version, number, checksum.
struct NumberedHeader {
    static let length = 24

    let magic: StaticString
    let version: UInt32
    let number: UInt64

    /// The bytes of the header.
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.length)
        writer.append(magic)
        writer.appendLittleEndian(version)
        writer.appendLittleEndian(number)
        let bytes = writer.bytes
        writer.appendLittleEndian(CRC32C.checksum(bytes.span))
        return writer.bytes
    }

    /// The version that a header with a magic states, or `nil` when it is damaged.
    static func version(of bytes: RawSpan, magic: StaticString) -> UInt32? {
        guard bytes.byteCount >= length else { return nil }
        let stated = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 20, as: UInt32.self)
        guard CRC32C.checksum(bytes.extracting(0..<20)) == UInt32(littleEndian: stated) else { return nil }
        var expected = ByteWriter(capacity: 8)
        expected.append(magic)
        let wanted = expected.bytes
        guard unsafe bytes.extracting(0..<8).withUnsafeBytes({ unsafe $0.elementsEqual(wanted) }) else { return nil }
        return UInt32(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 8, as: UInt32.self))
    }
}

/// Names of numbered files: at least eight digits, then an ending.
enum FileNumber {
    static func name(_ number: UInt64, ending: String) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits + ending
    }

    /// The number in a file's name, when it ends in `ending`.
    static func number(of name: String, ending: String) -> UInt64? {
        name.hasSuffix(ending) ? UInt64(name.dropLast(ending.utf8.count)) : nil
    }
}
