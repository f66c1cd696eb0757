import ApusBytes

extension ColumnDecoder {
    @_lifetime(reader: copy reader)
    mutating func decodeDecimal(
        _ reader: inout ByteReader, count: Int, keeping kept: Range<Int>, into values: inout [Double]
    ) throws(ColumnError) {
        let header = try reader.columnByte()
        let exponent = Int(header & 0xF)
        guard exponent <= Decimal.maximumExponent, let mode = IntegerMode(rawValue: header >> 4) else {
            throw .invalidDecimal(header)
        }
        let rawCount = try reader.columnCount(limit: count)
        let base = try reader.columnSignedVarint()
        let second = mode.hasSecondBase(count: count) ? try reader.columnSignedVarint() : 0
        let first = try PackedRun.decode(
            count: count - mode.leading(of: count), wanted: mode.wanted(for: kept, of: count), from: &reader,
            into: &packed)
        let start = values.count
        let integers = PackedIntegers(packed.span, from: first, mode: mode, base: base, second: second)
        integers.append(kept, .decimal(divisor: 1, exponent: exponent), to: &values)
        try Self.decodeRaw(&reader, rawCount, count: count, keeping: kept, from: start, into: &values)
    }

    @_lifetime(reader: copy reader)
    mutating func decodeScaled(
        _ reader: inout ByteReader, count: Int, keeping kept: Range<Int>, into values: inout [Double]
    ) throws(ColumnError) {
        let header = try reader.columnByte()
        guard let shape = ScaledShape(byte: header) else { throw .invalidDecimal(header) }
        let isBinary = shape.scale == ScaledShape.binaryScale
        let power = isBinary ? try reader.columnSignedVarint() : 0
        guard BinaryScale.exponents.contains(Int(clamping: power)) else { throw .invalidScale(power) }
        let divisor = shape.hasDivisor ? try reader.columnVarint() : 1
        guard divisor <= 1 << 51 else { throw .invalidScale(Int64(bitPattern: divisor)) }
        let rawCount = shape.hasRaw ? try reader.columnCount(limit: count) : 0
        let base = try reader.columnSignedVarint()
        let second = shape.mode.hasSecondBase(count: count) ? try reader.columnSignedVarint() : 0
        let scaling: IntegerScaling =
            isBinary ? .binary(exponent: Int(power)) : .decimal(divisor: Double(divisor), exponent: shape.scale)
        let start = values.count
        if reader.isNext(SparseRun.marker), shape.mode.isUnchangedByZero(second: second) {
            try Self.decodeHeld(
                &reader, shape.mode, base: base, scaling, count: count, keeping: kept, scratch: &packed, &levels,
                into: &values)
        } else {
            let first = try SparseRun.decode(
                count: count - shape.mode.leading(of: count), wanted: shape.mode.wanted(for: kept, of: count),
                from: &reader, into: &packed, scratch: &sparse)
            let integers = PackedIntegers(packed.span, from: first, mode: shape.mode, base: base, second: second)
            integers.append(kept, scaling, to: &values)
        }
        try Self.decodeRaw(&reader, rawCount, count: count, keeping: kept, from: start, into: &values)
    }

    /// Reads a sparse run of differences: what changes is made into values, which are then held for as long as they do not.
    @_lifetime(reader: copy reader)
    private static func decodeHeld(
        _ reader: inout ByteReader, _ mode: IntegerMode, base: Int64, _ scaling: IntegerScaling, count: Int,
        keeping kept: Range<Int>, scratch packed: inout [UInt64], _ levels: inout [Double],
        into values: inout [Double]
    ) throws(ColumnError) {
        let run = try SparseRun(count: count - 1, from: &reader)
        let changes = run.bitmap.ones(before: mode.wanted(for: kept, of: count).upperBound)
        try PackedRun.decode(count: run.bitmap.ones, wanted: 0..<changes, from: &reader, into: &packed)
        var least = Int64(bitPattern: run.least)
        if mode != .differences {
            run.addLeast(to: &packed)
            least = 0
        }
        let integers = PackedIntegers(packed.span, from: 0, mode: mode, base: base, second: least)
        levels.removeAll(keepingCapacity: true)
        integers.append(0..<(changes + 1), scaling, to: &levels)
        let held = levels.span
        values.append(addingCapacity: kept.count) { output in
            if kept.contains(0) { output.append(held[0]) }
            // The first of the run belongs to the second value.
            run.bitmap.hold(held, over: max(0, kept.lowerBound - 1)..<max(0, kept.upperBound - 1), into: &output)
        }
    }

    /// Reads the values that are no integers; the first that is kept stands at `start`.
    @_lifetime(reader: copy reader)
    private static func decodeRaw(
        _ reader: inout ByteReader, _ rawCount: Int, count: Int, keeping kept: Range<Int>, from start: Int,
        into values: inout [Double]
    ) throws(ColumnError) {
        var next = 0
        for _ in 0..<rawCount {
            let position = try reader.exceptionPosition(after: next, count: count)
            let value = Double(bitPattern: try reader.columnWord())
            if kept.contains(position) { values[start + position - kept.lowerBound] = value }
            next = position + 1
        }
    }
}
