import ApusBytes

extension ColumnEncoder {
    /// Appends `values` as the bits in which each differs from the one before, in groups of one width.
    ///
    /// Source of the idea: Pelkonen et al., "Gorilla: A Fast, Scalable, In-Memory Time Series Database", 2015; unlike there the width is
    /// that of a group, so that nothing in a group depends on what was read before.
    mutating func appendXor(_ values: Span<Double>, to writer: inout ByteWriter) {
        writer.append(ColumnKind.xorGroups)
        writer.appendLittleEndian(values[0].bitPattern)
        var start = 1
        while start < values.count {
            let end = min(values.count, start + XorGroups.count)
            appendGroup(values.extracting((start - 1)..<end), to: &writer)
            start = end
        }
    }

    /// Appends the differences between neighbours.
    private mutating func appendGroup(_ values: Span<Double>, to writer: inout ByteWriter) {
        let count = values.count - 1
        var bits: UInt64 = 0
        var zeros = 0
        for index in 1...count {
            let difference = values[index].bitPattern ^ values[index - 1].bitPattern
            bits |= difference
            zeros += difference == 0 ? 1 : 0
        }
        guard bits != 0 else { return writer.append(0) }
        let trailing = UInt64(bits.trailingZeroBitCount)
        let width = 64 - bits.leadingZeroBitCount - bits.trailingZeroBitCount
        packed.removeAll(keepingCapacity: true)
        packed.append(addingCapacity: count) { output in
            for index in 1...count {
                output.append((values[index].bitPattern ^ values[index - 1].bitPattern) &>> trailing)
            }
        }
        let isSparse = zeros * width > count + 7
        writer.append(UInt8(truncatingIfNeeded: width) | (isSparse ? XorGroups.sparseBit : 0))
        writer.append(UInt8(truncatingIfNeeded: trailing))
        if isSparse {
            let differences = packed
            _ = SparseRun.separate(differences.span, into: &candidate, &writer)
            PackedRun.pack(candidate.span, width: UInt64(width), to: &writer)
        } else {
            PackedRun.pack(packed.span, width: UInt64(width), to: &writer)
        }
    }
}
