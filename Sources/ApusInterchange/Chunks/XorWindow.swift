/// The state of a column of floats of which each is written as the bits in which it differs from the one before.
///
/// Source of the form: Prometheus, `tsdb/docs/format/chunks.md`, varbit_xor.
struct XorWindow {
    /// The bits of the last value.
    private(set) var bits: UInt64 = 0
    private var leading = 0
    private var trailing = 0
    /// Whether a window was written that values can share.
    private var hasWindow = false

    /// The last value.
    var value: Double { Double(bitPattern: bits) }

    /// A column that begins with a value written as it is.
    init(_ value: Double = 0) {
        bits = value.bitPattern
    }

    /// Reads the next value.
    @inline(__always)
    @_lifetime(reader: copy reader)
    mutating func read(from reader: inout ChunkBitReader) throws(ChunkError) {
        guard try reader.readBit() else { return }
        if try reader.readBit() {
            let start = reader.position
            leading = Int(try reader.readBits(5))
            let stated = Int(try reader.readBits(6))
            // 64 does not fit six bits; 0 would be of no use.
            let length = stated == 0 ? 64 : stated
            trailing = 64 - leading - length
            guard trailing >= 0 else { throw .invalidWindow(bit: start) }
        }
        bits ^= try reader.readBits(64 - leading - trailing) << UInt64(trailing)
    }

    /// Writes the next value.
    mutating func append(_ value: Double, to writer: inout ChunkBitWriter) {
        let difference = bits ^ value.bitPattern
        bits = value.bitPattern
        guard difference != 0 else {
            writer.append(false)
            return
        }
        writer.append(true)
        // Five bits hold no more.
        let newLeading = min(31, difference.leadingZeroBitCount)
        let newTrailing = difference.trailingZeroBitCount
        if hasWindow, newLeading >= leading, newTrailing >= trailing {
            writer.append(false)
        } else {
            leading = newLeading
            trailing = newTrailing
            hasWindow = true
            writer.append(true)
            writer.append(UInt64(leading), count: 5)
            writer.append(UInt64(64 - leading - trailing) & 63, count: 6)
        }
        writer.append(difference >> UInt64(trailing), count: 64 - leading - trailing)
    }
}
