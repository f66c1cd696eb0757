/// Integers in as many bits as their size wants, behind a prefix of ones that tells how many.
///
/// A width of `w` holds −2^(w−1)+1 … 2^(w−1): the greatest, not the least, has the sign's bit pattern to itself.
/// Source of the form: Prometheus, `tsdb/docs/format/chunks.md`, varbit_ts and varbit_int.
enum VarbitInteger {
    /// The widths of differences of differences of times in chunks of floats; the last prefix has no zero at its end.
    private static let timeWidths: InlineArray<4, Int> = [0, 14, 17, 20]
    /// The widths of all integers in chunks of histograms.
    private static let widths: InlineArray<8, Int> = [0, 3, 6, 9, 12, 18, 25, 56]

    // MARK: Times

    /// Reads the difference of differences of a time.
    @inline(__always)
    @_lifetime(reader: copy reader)
    static func readTime(_ reader: inout ChunkBitReader) throws(ChunkError) -> Int64 {
        var ones = 0
        while ones < 4, try reader.readBit() { ones += 1 }
        return ones == 4 ? Int64(bitPattern: try reader.readBits(64)) : try readSigned(&reader, width: timeWidths[ones])
    }

    /// Writes the difference of differences of a time.
    static func appendTime(_ value: Int64, to writer: inout ChunkBitWriter) {
        for ones in 0..<4 where fits(value, timeWidths[ones]) {
            appendPrefix(ones: ones, to: &writer)
            writer.append(UInt64(bitPattern: value), count: timeWidths[ones])
            return
        }
        writer.append(0b1111, count: 4)
        writer.append(UInt64(bitPattern: value), count: 64)
    }

    // MARK: Histograms

    /// Reads a signed integer.
    @_lifetime(reader: copy reader)
    static func readSigned(_ reader: inout ChunkBitReader) throws(ChunkError) -> Int64 {
        let ones = try readPrefix(&reader)
        return ones == 8 ? Int64(bitPattern: try reader.readBits(64)) : try readSigned(&reader, width: widths[ones])
    }

    /// Reads an unsigned integer.
    @_lifetime(reader: copy reader)
    static func readUnsigned(_ reader: inout ChunkBitReader) throws(ChunkError) -> UInt64 {
        let ones = try readPrefix(&reader)
        return try reader.readBits(ones == 8 ? 64 : widths[ones])
    }

    /// Writes a signed integer.
    static func appendSigned(_ value: Int64, to writer: inout ChunkBitWriter) {
        for ones in 0..<8 where fits(value, widths[ones]) {
            appendPrefix(ones: ones, to: &writer)
            writer.append(UInt64(bitPattern: value), count: widths[ones])
            return
        }
        writer.append(0xFF, count: 8)
        writer.append(UInt64(bitPattern: value), count: 64)
    }

    /// Writes an unsigned integer.
    static func appendUnsigned(_ value: UInt64, to writer: inout ChunkBitWriter) {
        for ones in 0..<8 where value >> UInt64(widths[ones]) == 0 {
            appendPrefix(ones: ones, to: &writer)
            writer.append(value, count: widths[ones])
            return
        }
        writer.append(0xFF, count: 8)
        writer.append(value, count: 64)
    }

    // MARK: Parts

    private static func fits(_ value: Int64, _ width: Int) -> Bool {
        guard width > 0 else { return value == 0 }
        let limit = Int64(1) << Int64(width - 1)
        return value > -limit && value <= limit
    }

    private static func appendPrefix(ones: Int, to writer: inout ChunkBitWriter) {
        writer.append((1 << UInt64(ones + 1)) - 2, count: ones + 1)
    }

    @_lifetime(reader: copy reader)
    private static func readPrefix(_ reader: inout ChunkBitReader) throws(ChunkError) -> Int {
        var ones = 0
        while ones < 8, try reader.readBit() { ones += 1 }
        return ones
    }

    @inline(__always)
    @_lifetime(reader: copy reader)
    private static func readSigned(_ reader: inout ChunkBitReader, width: Int) throws(ChunkError) -> Int64 {
        guard width > 0 else { return 0 }
        let bits = try reader.readBits(width)
        return bits > 1 << UInt64(width - 1) ? Int64(bits) - (1 << Int64(width)) : Int64(bits)
    }
}
