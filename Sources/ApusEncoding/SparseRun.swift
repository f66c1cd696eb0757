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
        _ values: Span<UInt64>, plan: PackedRun.Plan, scratch: inout [UInt64], _ lengths: inout BitLengths,
        to writer: inout ByteWriter
    ) {
        guard plan.isSparse else { return PackedRun.append(values, plan: plan, to: &writer) }
        writer.append(marker)
        let least = separate(values, into: &scratch, &writer)
        writer.appendVarint(least)
        var facts = PackedRun.Facts()
        unsafe scratch.withUnsafeMutableBufferPointer { others in
            for index in others.indices {
                unsafe others[index] &-= least
                unsafe facts.note(others[index])
            }
        }
        PackedRun.append(scratch.span, plan: PackedRun.plan(scratch.span, facts, &lengths), to: &writer)
    }

    /// Appends the bitmap and leaves in `scratch` the integers that are not zero.
    ///
    /// - Returns: the least of them.
    static func separate(_ values: Span<UInt64>, into scratch: inout [UInt64], _ writer: inout ByteWriter) -> UInt64 {
        var least = UInt64.max
        scratch.removeAll(keepingCapacity: true)
        let count = values.count
        scratch.append(addingCapacity: count + 1) { others in
            unsafe others.withUnsafeMutableBufferPointer { others, initialized in
                guard let target = others.baseAddress else { return }
                var next = 0
                writer.bytes.append(addingCapacity: (count + 7) / 8) { bitmap in
                    var bits: UInt8 = 0
                    for index in 0..<count {
                        let value = values[index]
                        let isSet = value != 0
                        bits |= (isSet ? 1 : 0) &<< UInt8(truncatingIfNeeded: index & 7)
                        // Zero less one is the greatest. A zero is overwritten by the next one that is none.
                        least = min(least, value &- 1)
                        unsafe target[next] = value
                        next &+= isSet ? 1 : 0
                        if index & 7 == 7 {
                            bitmap.append(bits)
                            bits = 0
                        }
                    }
                    if count & 7 != 0 { bitmap.append(bits) }
                }
                initialized = next
            }
        }
        return least &+ 1
    }

    /// Reads a run of either kind as `PackedRun.decode` does.
    ///
    /// - Parameter scratch: is overwritten.
    static func decode(
        count: Int, wanted: Range<Int>, from reader: inout ByteReader, into values: inout [UInt64],
        scratch: inout [UInt64]
    ) throws(ColumnError) -> Int {
        guard reader.isNext(marker) else {
            return try PackedRun.decode(count: count, wanted: wanted, from: &reader, into: &values)
        }
        _ = try reader.columnByte()
        let bitmap = try reader.columnBytes((count + 7) / 8)
        let others = try countOnes(bitmap, of: count)
        let least = try reader.columnVarint()
        let start = wanted.lowerBound & ~7
        let first = start == 0 ? 0 : countOnes(bitmap.extracting(0..<(start / 8)))
        let end = wanted.upperBound == count ? others : countOnes(bitmap, before: wanted.upperBound)
        let skipped = try PackedRun.decode(count: others, wanted: first..<end, from: &reader, into: &scratch)
        unsafe scratch.withUnsafeMutableBufferPointer { others in
            for index in others.indices { unsafe others[index] &+= least }
        }
        // A step beyond the last is read, and multiplied by nothing.
        scratch.append(0)
        values.removeAll(keepingCapacity: true)
        let packed = scratch.span.extracting((first - skipped)..<scratch.count)
        values.append(addingCapacity: wanted.upperBound - start) { output in
            let part = bitmap.extracting((start / 8)..<bitmap.byteCount)
            expand(part, packed, count: wanted.upperBound - start, into: &output)
        }
        return start
    }

    /// The number of bits that are set, none of them beyond `count`.
    static func countOnes(_ bitmap: RawSpan, of count: Int) throws(ColumnError) -> Int {
        if count & 7 != 0 {
            let last = unsafe bitmap.unsafeLoad(fromUncheckedByteOffset: bitmap.byteCount - 1, as: UInt8.self)
            guard last >> UInt8(count & 7) == 0 else { throw .invalidBitmap }
        }
        return countOnes(bitmap)
    }

    private static func countOnes(_ bitmap: RawSpan) -> Int {
        var ones = 0
        let words = bitmap.byteCount / 8
        for word in 0..<words {
            ones &+= unsafe bitmap.unsafeLoadUnaligned(fromUncheckedByteOffset: 8 * word, as: UInt64.self)
                .nonzeroBitCount
        }
        for offset in (8 * words)..<bitmap.byteCount {
            ones &+= unsafe bitmap.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self).nonzeroBitCount
        }
        return ones
    }

    /// The number of bits that are set before `position`, which lies within the bitmap.
    private static func countOnes(_ bitmap: RawSpan, before position: Int) -> Int {
        var ones = countOnes(bitmap.extracting(0..<(position / 8)))
        if position & 7 != 0 {
            let byte = unsafe bitmap.unsafeLoad(fromUncheckedByteOffset: position / 8, as: UInt8.self)
            ones += (byte & ((1 << UInt8(position & 7)) - 1)).nonzeroBitCount
        }
        return ones
    }

    /// Appends zero or the next of `packed`, as the bits say; without branches, which could not be foretold.
    static func expand(
        _ bitmap: RawSpan, _ packed: Span<UInt64>, count: Int, into output: inout OutputSpan<UInt64>
    ) {
        // There are as many packed integers as bits that are set, and one more.
        unsafe packed.withUnsafeBufferPointer { packed in
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                guard let source = packed.baseAddress, let start = buffer.baseAddress else { return }
                var target = unsafe start + initialized
                var next = unsafe source
                for byte in 0..<(count / 8) {
                    let bits = UInt64(unsafe bitmap.unsafeLoad(fromUncheckedByteOffset: byte, as: UInt8.self))
                    for bit in 0..<8 {
                        let isSet = bits &>> UInt64(truncatingIfNeeded: bit) & 1
                        unsafe target[bit] = next.pointee & (0 &- isSet)
                        unsafe next += Int(truncatingIfNeeded: isSet)
                    }
                    unsafe target += 8
                }
                if count % 8 > 0 {
                    var bits = UInt64(unsafe bitmap.unsafeLoad(fromUncheckedByteOffset: count / 8, as: UInt8.self))
                    for bit in 0..<(count % 8) {
                        let isSet = bits & 1
                        unsafe target[bit] = next.pointee & (0 &- isSet)
                        unsafe next += Int(truncatingIfNeeded: isSet)
                        bits &>>= 1
                    }
                }
                initialized += count
            }
        }
    }
}
