import ApusBytes

extension ColumnDecoder {
    @_lifetime(reader: copy reader)
    mutating func decodeXorGroups(
        _ reader: inout ByteReader, count: Int, keeping kept: Range<Int>, into values: inout [Double]
    ) throws(ColumnError) {
        var current = try reader.columnWord()
        if kept.contains(0) { values.append(Double(bitPattern: current)) }
        var start = 1
        while start < kept.upperBound {
            let length = min(XorGroups.count, count - start)
            try readGroup(&reader, length)
            Self.restore(&packed, from: &current)
            let needed = kept.clamped(to: start..<(start + length))
            let group = packed.span.extracting((needed.lowerBound - start)..<(needed.upperBound - start))
            values.append(addingCapacity: group.count) { output in
                for index in 0..<group.count { output.append(Double(bitPattern: group[index])) }
            }
            start += length
        }
        // What comes after the last that is kept is not looked at.
        if start < count { _ = try reader.columnBytes(reader.remaining) }
    }

    /// Reads a group of exclusive-ors into `packed`.
    @_lifetime(reader: copy reader)
    private mutating func readGroup(_ reader: inout ByteReader, _ count: Int) throws(ColumnError) {
        let head = try reader.columnByte()
        let width = Int(head & ~XorGroups.sparseBit)
        packed.removeAll(keepingCapacity: true)
        if head == 0 {
            packed.append(addingCapacity: count) { $0.append(repeating: 0, count: count) }
            return
        }
        let trailing = Int(try reader.columnByte())
        guard width >= 1, width + trailing <= 64 else { throw .invalidWidth(head) }
        if head & XorGroups.sparseBit == 0 {
            // What comes behind may be loaded together with the last differences.
            let input = reader.rest
            _ = try reader.columnBytes((count * width + 7) / 8)
            packed.append(addingCapacity: count) { PackedRun.unpack(input, width: width, count: count, into: &$0) }
        } else {
            let bitmap = try reader.columnBytes((count + 7) / 8)
            let others = try SparseRun.countOnes(bitmap, of: count)
            let input = reader.rest
            _ = try reader.columnBytes((others * width + 7) / 8)
            sparse.removeAll(keepingCapacity: true)
            sparse.append(addingCapacity: others + 1) { output in
                PackedRun.unpack(input, width: width, count: others, into: &output)
                output.append(0)
            }
            let differences = sparse
            packed.append(addingCapacity: count) {
                SparseRun.expand(bitmap, differences.span, count: count, into: &$0)
            }
        }
        guard trailing > 0 else { return }
        let shift = UInt64(trailing)
        unsafe packed.withUnsafeMutableBufferPointer { buffer in
            for index in buffer.indices { unsafe buffer[index] &<<= shift }
        }
    }

    /// Turns exclusive-ors into what they stand for; `current` is the one before the first, and then the last.
    private static func restore(_ group: inout [UInt64], from current: inout UInt64) {
        var last = current
        unsafe group.withUnsafeMutableBufferPointer { buffer in
            for index in buffer.indices {
                last ^= unsafe buffer[index]
                unsafe buffer[index] = last
            }
        }
        current = last
    }
}
