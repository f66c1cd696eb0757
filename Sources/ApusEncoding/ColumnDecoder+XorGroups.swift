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
            let trailing = try readGroup(&reader, length)
            let needed = kept.clamped(to: start..<(start + length))
            append(
                (needed.lowerBound - start)..<(needed.upperBound - start), shiftedBy: trailing, after: &current,
                to: &values)
            start += length
        }
        // What comes after the last that is kept is not looked at.
        if start < count { _ = try reader.columnBytes(reader.remaining) }
    }

    /// Reads a group of exclusive-ors into `packed` and gives by how many bits they are to be shifted.
    @_lifetime(reader: copy reader)
    private mutating func readGroup(_ reader: inout ByteReader, _ count: Int) throws(ColumnError) -> UInt64 {
        let head = try reader.columnByte()
        let width = Int(head & ~XorGroups.sparseBit)
        packed.removeAll(keepingCapacity: true)
        if head == 0 {
            packed.append(addingCapacity: count) { $0.append(repeating: 0, count: count) }
            return 0
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
        return UInt64(trailing)
    }

    /// Appends what the exclusive-ors at some positions of `packed` stand for; `current` is the value before the first, and then the last.
    private func append(
        _ needed: Range<Int>, shiftedBy trailing: UInt64, after current: inout UInt64, to values: inout [Double]
    ) {
        var last = current
        values.append(addingCapacity: needed.count) { output in
            unsafe packed.withUnsafeBufferPointer { group in
                unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                    guard let start = buffer.baseAddress else { return }
                    precondition(needed.upperBound <= group.count)
                    for index in 0..<needed.lowerBound { last ^= unsafe group[index] &<< trailing }
                    var target = unsafe start + initialized
                    for index in needed {
                        last ^= unsafe group[index] &<< trailing
                        unsafe target.pointee = Double(bitPattern: last)
                        unsafe target += 1
                    }
                    initialized += needed.count
                }
            }
        }
        current = last
    }
}
