import ApusBytes

/// Integers packed to the number of bits that most of them need, with exceptions for those that need more.
enum PackedRun {
    /// How a run is best packed, and what that costs.
    struct Plan {
        var width: Int
        var exceptionCount: Int
        /// The size in bytes; exceptions are counted at the length of the longest.
        var estimatedBytes: Int
    }

    /// The width at which `values` take the fewest bytes.
    static func plan(_ values: Span<UInt64>) -> Plan {
        var lengths = InlineArray<65, Int32>(repeating: 0)
        for index in 0..<values.count {
            lengths[64 &- values[index].leadingZeroBitCount] &+= 1
        }
        var longest = 64
        while longest > 0, lengths[longest] == 0 { longest -= 1 }
        if longest == 0 { return Plan(width: 0, exceptionCount: 0, estimatedBytes: 2) }
        var best = Plan(width: longest, exceptionCount: 0, estimatedBytes: (values.count * longest + 7) / 8)
        var exceptionCount = 0
        var width = longest - 1
        while width >= 0 {
            exceptionCount += Int(lengths[width + 1])
            // Every exception takes two bytes at least: from here on nothing can be smaller.
            if exceptionCount * 2 > best.estimatedBytes { break }
            if width == 0 || lengths[width] > 0 {
                let exceptionBytes = 1 + (longest - width + 6) / 7
                let bytes = (values.count * width + 7) / 8 + exceptionCount * exceptionBytes
                if bytes < best.estimatedBytes {
                    best = Plan(width: width, exceptionCount: exceptionCount, estimatedBytes: bytes)
                }
            }
            width -= 1
        }
        best.estimatedBytes += 2
        return best
    }

    /// Appends `values` packed as `plan` says.
    static func append(_ values: Span<UInt64>, plan: Plan, to writer: inout ByteWriter) {
        let width = UInt64(plan.width)
        writer.append(UInt8(plan.width))
        writer.appendVarint(UInt64(plan.exceptionCount))
        if width > 0 {
            let mask = width == 64 ? UInt64.max : (1 << width) - 1
            var bits = BitWriter()
            for index in 0..<values.count { bits.append(values[index] & mask, count: width, to: &writer) }
            bits.finish(to: &writer)
        }
        guard plan.exceptionCount > 0 else { return }
        var next = 0
        for index in 0..<values.count where values[index] >> width != 0 {
            writer.appendVarint(UInt64(index - next))
            writer.appendVarint(values[index] >> width)
            next = index + 1
        }
    }

    /// Reads a run of `count` integers into `values`, whose content is replaced.
    ///
    /// `count` has been checked by the caller and is at most `ColumnLimits.maximumCount`.
    static func decode(count: Int, from reader: inout ByteReader, into values: inout [UInt64]) throws(ColumnError) {
        values.removeAll(keepingCapacity: true)
        let width = try reader.columnByte()
        guard width <= 64 else { throw .invalidWidth(width) }
        let exceptionCount = try reader.columnCount(limit: width == 64 ? 0 : count)
        let packed = try reader.columnBytes((count * Int(width) + 7) / 8)
        unpack(packed, width: Int(width), count: count, into: &values)
        var next = 0
        for _ in 0..<exceptionCount {
            let position = try reader.exceptionPosition(after: next, count: count)
            values[position] |= try reader.columnVarint() << UInt64(width)
            next = position + 1
        }
    }

    private static func unpack(_ packed: RawSpan, width: Int, count: Int, into values: inout [UInt64]) {
        values.append(addingCapacity: count) { output in
            guard width > 0 else {
                output.append(repeating: 0, count: count)
                return
            }
            var position = 0
            let mask = width == 64 ? UInt64.max : (UInt64(1) &<< UInt64(truncatingIfNeeded: width)) &- 1
            // One load serves a field that with its offset in the byte fits 64 bits.
            guard width <= 57 else {
                for _ in 0..<count {
                    output.append(loadBits(packed, at: position, count: width))
                    position &+= width
                }
                return
            }
            let lastWord = max(0, packed.byteCount - 8)
            let fastCount = packed.byteCount < 8 ? 0 : min(count, (lastWord * 8 + 7) / width + 1)
            // Eight fields of up to eight bits are as many whole bytes as a field has bits, within one load.
            var done = 0
            if width <= 8 {
                while done &+ 8 <= fastCount, position >> 3 <= lastWord {
                    var word = unsafe packed.unsafeLoadUnaligned(
                        fromUncheckedByteOffset: position >> 3, as: UInt64.self
                    ).littleEndian
                    for _ in 0..<8 {
                        output.append(word & mask)
                        word &>>= UInt64(truncatingIfNeeded: width)
                    }
                    position &+= 8 &* width
                    done &+= 8
                }
            }
            for _ in done..<fastCount {
                let word = unsafe packed.unsafeLoadUnaligned(fromUncheckedByteOffset: position >> 3, as: UInt64.self)
                output.append((word.littleEndian &>> UInt64(truncatingIfNeeded: position & 7)) & mask)
                position &+= width
            }
            // The rest lies within the last eight bytes.
            var word: UInt64 = 0
            for byte in lastWord..<packed.byteCount {
                let value = unsafe packed.unsafeLoad(fromUncheckedByteOffset: byte, as: UInt8.self)
                word |= UInt64(value) &<< UInt64(truncatingIfNeeded: (byte - lastWord) * 8)
            }
            for _ in fastCount..<count {
                output.append((word &>> UInt64(truncatingIfNeeded: position - lastWord * 8)) & mask)
                position &+= width
            }
        }
    }
}
