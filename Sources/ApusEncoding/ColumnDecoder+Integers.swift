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
        let leading = mode.leading(of: count)
        try PackedRun.decode(count: count - leading, from: &reader, into: &packed, after: leading)
        mode.restore(&packed, base: base, second: second, end: kept.upperBound)
        let start = values.count
        appendDecimals(kept, divisor: 1, exponent: exponent, to: &values)
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
        let leading = shape.mode.leading(of: count)
        try SparseRun.decode(
            count: count - leading, from: &reader, into: &packed, after: leading, scratch: &sparse)
        shape.mode.restore(&packed, base: base, second: second, end: kept.upperBound)
        let start = values.count
        if isBinary {
            let factor = BinaryScale.power(Int(power))
            append(kept, to: &values) { Double(Int64(bitPattern: $0)) * factor }
        } else {
            appendDecimals(kept, divisor: Double(divisor), exponent: shape.scale, to: &values)
        }
        try Self.decodeRaw(&reader, rawCount, count: count, keeping: kept, from: start, into: &values)
    }

    /// Appends the integers in `packed` at the positions `kept`, times `divisor` and divided by 10^`exponent`.
    private func appendDecimals(_ kept: Range<Int>, divisor: Double, exponent: Int, to values: inout [Double]) {
        let scale = Decimal.powers[exponent]
        switch (divisor == 1, exponent == 0) {
        case (true, true): append(kept, to: &values) { Self.double($0) }
        case (true, false): append(kept, to: &values) { Self.double($0) / scale }
        case (false, true): append(kept, to: &values) { Self.double($0) * divisor }
        case (false, false): append(kept, to: &values) { Self.double($0) * divisor / scale }
        }
    }

    /// A signed integer of a magnitude below 2⁵¹ as a double; two at a time, which conversions of the processor are not.
    ///
    /// Added to the bits of 1.5 · 2⁵², whose last bit stands for 1, it gives that number plus itself.
    @inline(__always)
    private static func double(_ integer: UInt64) -> Double {
        Double(bitPattern: integer &+ 0x4338_0000_0000_0000) - 6_755_399_441_055_744
    }

    /// Appends what `value` makes of the integers in `packed` at the positions `kept`.
    @inline(__always)
    private func append(_ kept: Range<Int>, to values: inout [Double], _ value: (UInt64) -> Double) {
        guard kept.lowerBound < kept.upperBound else { return }
        let integers = packed.span.extracting(kept)
        values.append(addingCapacity: kept.count) { output in
            unsafe integers.withUnsafeBufferPointer { integers in
                unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                    for index in 0..<integers.count { unsafe buffer[initialized &+ index] = value(integers[index]) }
                    initialized += integers.count
                }
            }
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
