import ApusBytes

extension ColumnDecoder {
    @_lifetime(reader: copy reader)
    static func decodeXor(
        _ reader: inout ByteReader, count: Int, keeping kept: Range<Int>, into values: inout [Double]
    ) throws(ColumnError) {
        var current = try reader.columnWord()
        var bits = BitReader(try reader.columnBytes(reader.remaining))
        if kept.contains(0) { values.append(Double(bitPattern: current)) }
        var length = 0
        var trailing: UInt64 = 0
        for sample in 1..<max(1, kept.upperBound) {
            guard let differs = bits.read(1) else { throw .malformed(endOfBits(reader.offset)) }
            if differs != 0 {
                guard let hasWindow = bits.read(1) else { throw .malformed(endOfBits(reader.offset)) }
                if hasWindow == 1 {
                    guard let window = bits.read(12) else { throw .malformed(endOfBits(reader.offset)) }
                    let leading = Int(window & 0x3F)
                    length = Int(window >> 6) + 1
                    guard leading + length <= 64 else { throw .invalidWindow(sample: sample) }
                    trailing = UInt64(64 - leading - length)
                }
                guard length > 0 else { throw .invalidWindow(sample: sample) }
                guard let difference = bits.read(length) else { throw .malformed(endOfBits(reader.offset)) }
                current ^= difference << trailing
            }
            if sample >= kept.lowerBound { values.append(Double(bitPattern: current)) }
        }
        // What comes after the last that is kept was not looked at.
        guard kept.upperBound < count || bits.untouchedBytes == 0 else { throw .trailingBytes(bits.untouchedBytes) }
    }

    private static func endOfBits(_ offset: Int) -> ByteError {
        .truncated(offset: offset, needed: 1, available: 0)
    }
}
