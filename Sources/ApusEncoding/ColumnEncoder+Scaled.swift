import ApusBytes

extension ColumnEncoder {
    /// Appends `values`, which are not all equal, in the smallest of the forms that only blocks have, or as exclusive-ors.
    mutating func appendThoroughly(_ values: Span<Double>, to writer: inout ByteWriter) {
        let start = writer.count
        if let exponent = fillDecimals(values) {
            appendScaled(values, .decimal(exponent), to: &writer)
            // Wide integers and raw values may take more than what is for floats; only then is that worth trying.
            if writer.count - start <= values.count * 4 { return }
        }
        if let exponent = BinaryScale.exponent(of: values) {
            fillIntegers(values) { BinaryScale.integer($0, exponent: exponent) }
            if rawPositions.count <= max(2, values.count / 8) {
                replace(after: start, of: &writer) { encoder, other in
                    encoder.appendScaled(values, .binary(exponent), to: &other)
                }
            }
        }
        // As many bits as a float has to begin with: there is nothing to gain from differences of bits.
        if writer.count > start, writer.count - start <= values.count * 3 { return }
        replace(after: start, of: &writer) { encoder, other in encoder.appendXor(values, to: &other) }
    }

    /// Writes another form of a column, if it is smaller than the one that begins at `start`, or that is missing.
    private mutating func replace(
        after start: Int, of writer: inout ByteWriter, _ append: (inout ColumnEncoder, inout ByteWriter) -> Void
    ) {
        let length = writer.count - start
        append(&self, &writer)
        let other = writer.count - start - length
        if length == 0 { return }
        if other < length {
            writer.bytes.removeSubrange(start..<(start + length))
        } else {
            writer.bytes.removeSubrange((start + length)...)
        }
    }

    /// What the integers are multiplied by.
    private enum Scale {
        case decimal(Int)
        case binary(Int)
    }

    /// Appends what `fillIntegers` made of `values`.
    private mutating func appendScaled(_ values: Span<Double>, _ scale: Scale, to writer: inout ByteWriter) {
        var divisor: UInt64 = 1
        if case .decimal = scale { divisor = divideIntegers() }
        let plan = chooseMode()
        let hasRaw = !rawPositions.isEmpty
        var shape = ScaledShape(
            mode: plan.mode, scale: ScaledShape.binaryScale, hasDivisor: divisor > 1, hasRaw: hasRaw)
        if case .decimal(let exponent) = scale { shape.scale = exponent }
        writer.append(ColumnKind.scaled)
        writer.append(shape.byte)
        if case .binary(let exponent) = scale { writer.appendSignedVarint(Int64(exponent)) }
        if divisor > 1 { writer.appendVarint(divisor) }
        if hasRaw { writer.appendVarint(UInt64(rawPositions.count)) }
        appendBases(plan, to: &writer)
        let run = packed
        SparseRun.append(run.span, plan: plan.run, scratch: &candidate, &lengths, to: &writer)
        appendRaw(values, to: &writer)
    }

    /// Divides `integers` by the greatest divisor that all have, and gives it.
    private mutating func divideIntegers() -> UInt64 {
        let divisor = Self.commonDivisor(of: integers.span)
        guard divisor > 1 else { return 1 }
        if divisor & (divisor - 1) == 0 {
            let shift = Int64(divisor.trailingZeroBitCount)
            for index in integers.indices { integers[index] &>>= shift }
        } else {
            // Below 2⁵¹, as the integers are.
            let divisor = Int64(divisor)
            for index in integers.indices { integers[index] /= divisor }
        }
        return divisor
    }

    /// 0 when all are 0.
    private static func commonDivisor(of integers: Span<Int64>) -> UInt64 {
        var divisor: UInt64 = 0
        for index in 0..<integers.count {
            let magnitude = integers[index].magnitude
            let isPower = divisor & (divisor &- 1) == 0
            if divisor != 0, (isPower ? magnitude & (divisor &- 1) : magnitude % divisor) == 0 { continue }
            var rest = magnitude
            while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
            if divisor == 1 { return 1 }
        }
        return divisor
    }
}

/// The second byte of a scaled column.
struct ScaledShape {
    /// The scale that stands for a power of two.
    static let binaryScale = 15

    var mode: IntegerMode
    /// The exponent of ten, or `binaryScale`.
    var scale: Int
    var hasDivisor: Bool
    var hasRaw: Bool

    init(mode: IntegerMode, scale: Int, hasDivisor: Bool, hasRaw: Bool) {
        self.mode = mode
        self.scale = scale
        self.hasDivisor = hasDivisor
        self.hasRaw = hasRaw
    }

    /// `nil` when the byte is none.
    init?(byte: UInt8) {
        guard let mode = IntegerMode(rawValue: byte & 3) else { return nil }
        self.mode = mode
        scale = Int(byte >> 2 & 15)
        hasDivisor = byte & 64 != 0
        hasRaw = byte & 128 != 0
        if hasDivisor, scale == Self.binaryScale { return nil }
    }

    /// The byte.
    var byte: UInt8 {
        mode.rawValue | UInt8(truncatingIfNeeded: scale) << 2 | (hasDivisor ? 64 : 0) | (hasRaw ? 128 : 0)
    }
}
