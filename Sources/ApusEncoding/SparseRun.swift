import ApusBytes

/// Integers of which many are zero: a bitmap of the others, and these in a packed run.
enum SparseRun {
    /// The first byte of such a run; a packed one begins with its width.
    static let marker: UInt8 = 128

    /// The bytes beside those of the packed run, about.
    static func overhead(count: Int) -> Int { 2 + (count + 7) / 8 }

    /// Appends `values` as `plan` says, sparse or not.
    ///
    /// - Parameter scratch: is overwritten.
    static func append(
        _ values: Span<UInt64>, plan: PackedRun.Plan, scratch: inout [UInt64], to writer: inout ByteWriter
    ) {
        guard plan.isSparse else { return PackedRun.append(values, plan: plan, to: &writer) }
        writer.append(marker)
        var bits = BitWriter()
        var least = UInt64.max
        for index in 0..<values.count {
            let value = values[index]
            bits.append(value == 0 ? 0 : 1, count: 1, to: &writer)
            // Zero less one is the greatest.
            least = min(least, value &- 1)
        }
        bits.finish(to: &writer)
        least &+= 1
        writer.appendVarint(least)
        scratch.removeAll(keepingCapacity: true)
        for index in 0..<values.count where values[index] != 0 { scratch.append(values[index] - least) }
        PackedRun.append(scratch.span, plan: PackedRun.plan(scratch.span, PackedRun.Facts(scratch.span)), to: &writer)
    }

    /// Reads a run of either kind as `PackedRun.decode` does.
    ///
    /// - Parameter scratch: is overwritten.
    static func decode(
        count: Int, from reader: inout ByteReader, into values: inout [UInt64], after prefix: Int,
        scratch: inout [UInt64]
    ) throws(ColumnError) {
        guard reader.isNext(marker) else {
            return try PackedRun.decode(count: count, from: &reader, into: &values, after: prefix)
        }
        _ = try reader.columnByte()
        let bitmap = try reader.columnBytes((count + 7) / 8)
        let others = try countOnes(bitmap, of: count)
        let least = try reader.columnVarint()
        try PackedRun.decode(count: others, from: &reader, into: &scratch)
        // A step beyond the last is read, and multiplied by nothing.
        scratch.append(0)
        values.removeAll(keepingCapacity: true)
        let packed = scratch.span
        values.append(addingCapacity: prefix + count) { output in
            output.append(repeating: 0, count: prefix)
            expand(bitmap, packed, least: least, count: count, into: &output)
        }
    }

    /// The number of bits that are set, none of them beyond `count`.
    private static func countOnes(_ bitmap: RawSpan, of count: Int) throws(ColumnError) -> Int {
        var ones = 0
        var last: UInt8 = 0
        for offset in 0..<bitmap.byteCount {
            last = unsafe bitmap.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
            ones += last.nonzeroBitCount
        }
        guard count & 7 == 0 || last >> UInt8(count & 7) == 0 else { throw .invalidBitmap }
        return ones
    }

    /// Appends zero or the next packed integer and `least`, as the bits say; without branches, which could not be foretold.
    private static func expand(
        _ bitmap: RawSpan, _ packed: Span<UInt64>, least: UInt64, count: Int, into output: inout OutputSpan<UInt64>
    ) {
        // There are as many packed integers as bits that are set, and one more.
        unsafe packed.withUnsafeBufferPointer { packed in
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                guard let source = packed.baseAddress, let start = buffer.baseAddress else { return }
                var target = unsafe start + initialized
                var next = 0
                for byte in 0..<(count / 8) {
                    var bits = UInt64(unsafe bitmap.unsafeLoad(fromUncheckedByteOffset: byte, as: UInt8.self))
                    for bit in 0..<8 {
                        let isSet = bits & 1
                        unsafe target[bit] = (source[next] &+ least) & (0 &- isSet)
                        next &+= Int(truncatingIfNeeded: isSet)
                        bits &>>= 1
                    }
                    unsafe target += 8
                }
                if count % 8 > 0 {
                    var bits = UInt64(unsafe bitmap.unsafeLoad(fromUncheckedByteOffset: count / 8, as: UInt8.self))
                    for bit in 0..<(count % 8) {
                        let isSet = bits & 1
                        unsafe target[bit] = (source[next] &+ least) & (0 &- isSet)
                        next &+= Int(truncatingIfNeeded: isSet)
                        bits &>>= 1
                    }
                }
                initialized += count
            }
        }
    }
}
