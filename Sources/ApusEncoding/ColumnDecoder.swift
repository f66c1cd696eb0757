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
        try decodeValues(bytes, count: count, keeping: 0..<max(0, count), into: &values)
    }

    /// Appends the values at the positions `kept` (within `0..<count`) of a column of `count` that takes all of `bytes`.
    package mutating func decodeValues(
        _ bytes: RawSpan, count: Int, keeping kept: Range<Int>, into values: inout [Double]
    ) throws(ColumnError) {
        try ColumnLimits.check(count)
        precondition(kept.lowerBound >= 0 && kept.upperBound <= count)
        var reader = ByteReader(bytes)
        let kind = try reader.columnByte()
        switch kind {
        case ColumnKind.constant:
            let value = Double(bitPattern: try reader.columnWord())
            values.append(addingCapacity: kept.count) { $0.append(repeating: value, count: kept.count) }
        case ColumnKind.constantInteger:
            let value = Double(try reader.columnSignedVarint())
            values.append(addingCapacity: kept.count) { $0.append(repeating: value, count: kept.count) }
        case ColumnKind.decimal:
            try decodeDecimal(&reader, count: count, keeping: kept, into: &values)
        case ColumnKind.xor:
            try Self.decodeXor(&reader, count: count, keeping: kept, into: &values)
        default:
            throw .unknownKind(kind)
        }
        guard reader.isAtEnd else { throw .trailingBytes(reader.remaining) }
    }

    @_lifetime(reader: copy reader)
    private mutating func decodeDecimal(
        _ reader: inout ByteReader, count: Int, keeping kept: Range<Int>, into values: inout [Double]
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
        if exponent == 0 {
            appendIntegers(mode, base: base, second: second, keeping: kept, to: &values) { Double($0) }
        } else {
            let scale = Decimal.powers[exponent]
            appendIntegers(mode, base: base, second: second, keeping: kept, to: &values) { Double($0) / scale }
        }
        var next = 0
        for _ in 0..<rawCount {
            let position = try reader.exceptionPosition(after: next, count: count)
            let value = Double(bitPattern: try reader.columnWord())
            if kept.contains(position) { values[start + position - kept.lowerBound] = value }
            next = position + 1
        }
    }

    /// Undoes a mode up to the last position that is kept; one straight loop per mode.
    @inline(__always)
    private func appendIntegers(
        _ mode: Decimal.Mode, base: Int64, second: Int64, keeping kept: Range<Int>, to values: inout [Double],
        _ value: (Int64) -> Double
    ) {
        let packed = packed.span
        let first = kept.lowerBound
        let end = kept.upperBound
        guard first < end else { return }
        values.append(addingCapacity: kept.count) { output in
            var current = base
            var delta = second
            switch mode {
            case .plain:
                for index in first..<end { output.append(value(base &+ Int64(bitPattern: packed[index]))) }
            case .differences:
                for index in 0..<first { current &+= second &+ Int64(bitPattern: packed[index]) }
                output.append(value(current))
                for index in first..<(end - 1) {
                    current &+= second &+ Int64(bitPattern: packed[index])
                    output.append(value(current))
                }
            case .signedDifferences:
                for index in 0..<first { current &+= unzigzag(packed[index]) }
                output.append(value(current))
                for index in first..<(end - 1) {
                    current &+= unzigzag(packed[index])
                    output.append(value(current))
                }
            case .secondDifferences:
                // The first step is `second` itself, each later one adds what is packed.
                var position = 0
                while position < first {
                    if position > 0 { delta &+= unzigzag(packed[position - 1]) }
                    current &+= delta
                    position += 1
                }
                output.append(value(current))
                while position < end - 1 {
                    if position > 0 { delta &+= unzigzag(packed[position - 1]) }
                    current &+= delta
                    output.append(value(current))
                    position += 1
                }
            }
        }
    }

    @_lifetime(reader: copy reader)
    private static func decodeXor(
        _ reader: inout ByteReader, count: Int, keeping kept: Range<Int>, into values: inout [Double]
    ) throws(ColumnError) {
        var current = try reader.columnWord()
        var bits = BitReader(try reader.columnBytes(reader.remaining))
        if kept.contains(0) { values.append(Double(bitPattern: current)) }
        var length = 0
        var trailing: UInt64 = 0
        for sample in 1..<max(1, kept.upperBound) {
            guard let differs = bits.read(1) else { throw .malformed(endOfBits(reader.offset)) }
            if differs != 0 {
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
            }
            if sample >= kept.lowerBound { values.append(Double(bitPattern: current)) }
        }
        // What comes after the last that is kept was not looked at.
        guard kept.upperBound < count || bits.untouchedBytes == 0 else { throw .trailingBytes(bits.untouchedBytes) }
    }

    private static func endOfBits(_ offset: Int) -> ByteError {
        .truncated(offset: offset, needed: 1, available: 0)
    }
}
