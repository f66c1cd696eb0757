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
        integers.appendDecimals(kept, divisor: 1, exponent: exponent, to: &values)
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
        let first = try SparseRun.decode(
            count: count - shape.mode.leading(of: count), wanted: shape.mode.wanted(for: kept, of: count),
            from: &reader, into: &packed, scratch: &sparse)
        let start = values.count
        let integers = PackedIntegers(packed.span, from: first, mode: shape.mode, base: base, second: second)
        if isBinary {
            integers.append(kept, FactorScale(factor: BinaryScale.power(Int(power))), to: &values)
        } else {
            integers.appendDecimals(kept, divisor: Double(divisor), exponent: shape.scale, to: &values)
        }
        try Self.decodeRaw(&reader, rawCount, count: count, keeping: kept, from: start, into: &values)
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
