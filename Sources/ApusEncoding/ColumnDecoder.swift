import ApusBytes

/// Reads columns of timestamps and values; the form is `docs/formats/columns.md`.
///
/// Any input is safe: damaged bytes give an error or wrong numbers, never a read beyond them nor more than
/// `ColumnLimits.maximumCount` samples. On an error what was appended before is undefined but valid. Keeps its scratch memory from
/// column to column: one decoder per thread of work.
package struct ColumnDecoder: Sendable {
    var packed: [UInt64] = []
    var sparse: [UInt64] = []
    var levels: [Double] = []

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
        if count >= 3 {
            if Self.isRegular(reader) { return Self.appendRegular(first, delta, count: count, to: &timestamps) }
            try PackedRun.decode(count: count - 2, wanted: 0..<(count - 2), from: &reader, into: &packed)
        }
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

    /// Whether what is left is a run of width 0 without exceptions.
    private static func isRegular(_ reader: borrowing ByteReader) -> Bool {
        guard reader.remaining == 2 else { return false }
        var copy = copy reader
        do throws(ByteError) { return try copy.readLittleEndian(UInt16.self) == 0 } catch { return false }
    }

    private static func appendRegular(_ first: Int64, _ delta: Int64, count: Int, to timestamps: inout [Int64]) {
        timestamps.append(addingCapacity: count) { output in
            var current = first
            for _ in 0..<count {
                output.append(current)
                current &+= delta
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
        case ColumnKind.scaled:
            try decodeScaled(&reader, count: count, keeping: kept, into: &values)
        case ColumnKind.xor:
            try Self.decodeXor(&reader, count: count, keeping: kept, into: &values)
        case ColumnKind.xorGroups:
            try Self.decodeXorGroups(bytes, &reader, count: count, keeping: kept, into: &values)
        default:
            throw .unknownKind(kind)
        }
        guard reader.isAtEnd else { throw .trailingBytes(reader.remaining) }
    }
}
