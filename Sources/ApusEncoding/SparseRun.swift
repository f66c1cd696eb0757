import ApusBytes

/// Integers of which many are zero: a bitmap of the others, and these in a packed run.
struct SparseRun: ~Escapable {
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

    // MARK: Reading

    /// Which integers are not zero.
    let bitmap: Bitmap
    /// The least of those; the packed ones are less by it.
    let least: UInt64

    /// Reads a run of `count` integers, which begins with the marker, up to its packed part.
    @_lifetime(copy reader)
    init(count: Int, from reader: inout ByteReader) throws(ColumnError) {
        _ = try reader.columnByte()
        bitmap = try Bitmap(try reader.columnBytes((count + 7) / 8), count: count)
        least = try reader.columnVarint()
    }

    /// Adds to integers of the packed part what they were packed without.
    func addLeast(to values: inout [UInt64]) {
        unsafe values.withUnsafeMutableBufferPointer { values in
            for index in values.indices { unsafe values[index] &+= least }
        }
    }

    /// Reads a run of either kind as `PackedRun.decode` does.
    ///
    /// - Parameter scratch: is overwritten.
    @_lifetime(reader: copy reader)
    static func decode(
        count: Int, wanted: Range<Int>, from reader: inout ByteReader, into values: inout [UInt64],
        scratch: inout [UInt64]
    ) throws(ColumnError) -> Int {
        guard reader.isNext(marker) else {
            return try PackedRun.decode(count: count, wanted: wanted, from: &reader, into: &values)
        }
        let run = try SparseRun(count: count, from: &reader)
        let start = wanted.lowerBound & ~7
        let first = run.bitmap.ones(before: start)
        let end = run.bitmap.ones(before: wanted.upperBound)
        let skipped = try PackedRun.decode(
            count: run.bitmap.ones, wanted: first..<end, from: &reader, into: &scratch)
        run.addLeast(to: &scratch)
        // One beyond the last is read, and multiplied by nothing.
        scratch.append(0)
        let marked = scratch.span.extracting((first - skipped)..<scratch.count)
        values.removeAll(keepingCapacity: true)
        values.append(addingCapacity: wanted.upperBound - start) { output in
            run.bitmap.spread(marked, over: start..<wanted.upperBound, into: &output)
        }
        return start
    }
}
