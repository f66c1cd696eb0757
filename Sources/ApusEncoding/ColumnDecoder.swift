import ApusBytes

/// Reads columns of timestamps and values; the form is `docs/formats/columns.md`.
///
/// Any input is safe: damaged bytes give an error or wrong numbers, never a read beyond them nor more than
/// `ColumnLimits.maximumCount` samples. On an error what was appended before is undefined but valid. Keeps its scratch memory from
/// column to column: one decoder per thread of work.
package struct ColumnDecoder: Sendable {
    private var packed: [UInt64] = []

    /// A decoder with empty scratch memory.
    package init() {}

    /// Appends the `count` timestamps of a column that takes all of `bytes`.
    package mutating func decodeTimestamps(
        _ bytes: RawSpan, count: Int, into timestamps: inout [Int64]
    ) throws(ColumnError) {
        try ColumnLimits.check(count)
        var reader = ByteReader(bytes)
        let first = try reader.columnSignedVarint()
        var delta: Int64 = 0
        if count >= 2 { delta = try reader.columnSignedVarint() }
        if count >= 3 { try PackedRun.decode(count: count - 2, from: &reader, into: &packed) }
        guard reader.isAtEnd else { throw .trailingBytes(reader.remaining) }
        let packed = packed.span
        timestamps.append(addingCapacity: count) { output in
            output.append(first)
            guard count >= 2 else { return }
            var current = first &+ delta
            output.append(current)
            for index in 0..<(count - 2) {
                delta &+= unzigzag(packed[index])
                current &+= delta
                output.append(current)
            }
        }
    }

    /// Appends the `count` values of a column that takes all of `bytes`.
    package mutating func decodeValues(
        _ bytes: RawSpan, count: Int, into values: inout [Double]
    ) throws(ColumnError) {
        try ColumnLimits.check(count)
        var reader = ByteReader(bytes)
        let kind = try reader.columnByte()
        switch kind {
        case ColumnKind.constant:
            let value = Double(bitPattern: try reader.columnWord())
            values.append(addingCapacity: count) { $0.append(repeating: value, count: count) }
        case ColumnKind.constantInteger:
            let value = Double(try reader.columnSignedVarint())
            values.append(addingCapacity: count) { $0.append(repeating: value, count: count) }
        case ColumnKind.decimal:
            try decodeDecimal(&reader, count: count, into: &values)
        case ColumnKind.xor:
            try Self.decodeXor(&reader, count: count, into: &values)
        default:
            throw .unknownKind(kind)
        }
        guard reader.isAtEnd else { throw .trailingBytes(reader.remaining) }
    }

    @_lifetime(reader: copy reader)
    private mutating func decodeDecimal(
        _ reader: inout ByteReader, count: Int, into values: inout [Double]
    ) throws(ColumnError) {
        let header = try reader.columnByte()
        let exponent = Int(header & 0xF)
        guard exponent <= Decimal.maximumExponent, let mode = Decimal.Mode(rawValue: header >> 4) else {
            throw .invalidDecimal(header)
        }
        let rawCount = try reader.columnCount(limit: count)
        let base = try reader.columnSignedVarint()
        var second: Int64 = 0
        var runCount = count
        switch mode {
        case .plain:
            break
        case .differences:
            second = try reader.columnSignedVarint()
            runCount = count - 1
        case .signedDifferences:
            runCount = count - 1
        case .secondDifferences:
            if count >= 2 { second = try reader.columnSignedVarint() }
            runCount = max(0, count - 2)
        }
        try PackedRun.decode(count: runCount, from: &reader, into: &packed)
        let start = values.count
        appendIntegers(mode, base: base, second: second, scale: Decimal.powers[exponent], count: count, to: &values)
        var next = 0
        for _ in 0..<rawCount {
            let position = try reader.exceptionPosition(after: next, count: count)
            values[start + position] = Double(bitPattern: try reader.columnWord())
            next = position + 1
        }
    }

    /// Undoes a mode and divides; one straight loop per mode.
    private func appendIntegers(
        _ mode: Decimal.Mode, base: Int64, second: Int64, scale: Double, count: Int, to values: inout [Double]
    ) {
        let packed = packed.span
        values.append(addingCapacity: count) { output in
            var current = base
            switch mode {
            case .plain:
                for index in 0..<count {
                    output.append(Double(base &+ Int64(bitPattern: packed[index])) / scale)
                }
            case .differences:
                output.append(Double(current) / scale)
                for index in 0..<(count - 1) {
                    current &+= second &+ Int64(bitPattern: packed[index])
                    output.append(Double(current) / scale)
                }
            case .signedDifferences:
                output.append(Double(current) / scale)
                for index in 0..<(count - 1) {
                    current &+= unzigzag(packed[index])
                    output.append(Double(current) / scale)
                }
            case .secondDifferences:
                output.append(Double(current) / scale)
                guard count >= 2 else { return }
                var delta = second
                current &+= delta
                output.append(Double(current) / scale)
                for index in 0..<(count - 2) {
                    delta &+= unzigzag(packed[index])
                    current &+= delta
                    output.append(Double(current) / scale)
                }
            }
        }
    }

    @_lifetime(reader: copy reader)
    private static func decodeXor(
        _ reader: inout ByteReader, count: Int, into values: inout [Double]
    ) throws(ColumnError) {
        var current = try reader.columnWord()
        var bits = BitReader(try reader.columnBytes(reader.remaining))
        values.append(Double(bitPattern: current))
        var length = 0
        var trailing: UInt64 = 0
        for sample in 1..<max(1, count) {
            guard let differs = bits.read(1) else { throw .malformed(endOfBits(reader.offset)) }
            if differs == 0 {
                values.append(Double(bitPattern: current))
                continue
            }
            guard let hasWindow = bits.read(1) else { throw .malformed(endOfBits(reader.offset)) }
            if hasWindow == 1 {
                guard let window = bits.read(12) else { throw .malformed(endOfBits(reader.offset)) }
                let leading = Int(window & 0x3F)
                length = Int(window >> 6) + 1
                guard leading + length <= 64 else { throw .invalidWindow(sample: sample) }
                trailing = UInt64(64 - leading - length)
            }
            guard length > 0 else { throw .invalidWindow(sample: sample) }
            guard let difference = bits.read(length) else { throw .malformed(endOfBits(reader.offset)) }
            current ^= difference << trailing
            values.append(Double(bitPattern: current))
        }
        guard bits.untouchedBytes == 0 else { throw .trailingBytes(bits.untouchedBytes) }
    }

    private static func endOfBits(_ offset: Int) -> ByteError {
        .truncated(offset: offset, needed: 1, available: 0)
    }
}
