/// Writes exclusive-ors as one stream of bits, bit by bit as `docs/formats/columns.md` has it: kind 3, which is only read now.
enum XorStream {
    static func encoded(_ values: [Double]) -> [UInt8] {
        var bits: [UInt8] = []
        func append(_ value: UInt64, _ count: Int) {
            for bit in 0..<count { bits.append(UInt8(value >> UInt64(bit) & 1)) }
        }
        var window: (leading: Int, length: Int)?
        for (previous, next) in zip(values, values.dropFirst()) {
            let difference = previous.bitPattern ^ next.bitPattern
            append(difference == 0 ? 0 : 1, 1)
            if difference == 0 { continue }
            let leading = difference.leadingZeroBitCount
            let trailing = difference.trailingZeroBitCount
            if let known = window, known.leading <= leading, 64 - known.leading - known.length <= trailing {
                append(0, 1)
            } else {
                window = (leading, 64 - leading - trailing)
                append(1, 1)
                append(UInt64(leading), 6)
                append(UInt64(63 - leading - trailing), 6)
            }
            if let window { append(difference >> UInt64(64 - window.leading - window.length), window.length) }
        }
        var bytes: [UInt8] = [3]
        for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: values[0].bitPattern >> UInt64(8 * byte))) }
        for start in stride(from: 0, to: bits.count, by: 8) {
            let byte = bits[start..<min(bits.count, start + 8)].enumerated().reduce(UInt8(0)) {
                $0 | $1.1 << UInt8($1.0)
            }
            bytes.append(byte)
        }
        return bytes
    }
}
