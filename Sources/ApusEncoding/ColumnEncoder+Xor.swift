import ApusBytes

extension ColumnEncoder {
    /// Appends `values` as the bits in which each differs from the one before.
    ///
    /// Source of the idea: Pelkonen et al., "Gorilla: A Fast, Scalable, In-Memory Time Series Database", 2015.
    func appendXor(_ values: Span<Double>, to writer: inout ByteWriter) {
        writer.append(ColumnKind.xor)
        var previous = values[0].bitPattern
        writer.appendLittleEndian(previous)
        var bits = BitWriter()
        var leading: UInt64 = 65
        var trailing: UInt64 = 65
        for index in 1..<values.count {
            let current = values[index].bitPattern
            let difference = current ^ previous
            previous = current
            if difference == 0 {
                bits.append(0, count: 1, to: &writer)
                continue
            }
            let newLeading = UInt64(difference.leadingZeroBitCount)
            let newTrailing = UInt64(difference.trailingZeroBitCount)
            if leading <= newLeading, trailing <= newTrailing,
                // A window much wider than needed costs more than writing a new one.
                64 - leading - trailing <= 64 - newLeading - newTrailing + 12
            {
                bits.append(0b01, count: 2, to: &writer)
            } else {
                leading = newLeading
                trailing = newTrailing
                let length = 64 - leading - trailing
                bits.append(0b11 | leading << 2 | (length - 1) << 8, count: 14, to: &writer)
            }
            bits.append(difference >> trailing, count: 64 - leading - trailing, to: &writer)
        }
        bits.finish(to: &writer)
    }
}
