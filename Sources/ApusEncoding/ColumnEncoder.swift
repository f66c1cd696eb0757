package import ApusBytes

/// Writes timestamps and values as columns; the form is `docs/formats/columns.md`.
///
/// Keeps its scratch memory from column to column: one encoder per thread of work.
package struct ColumnEncoder: Sendable {
    var integers: [Int64] = []
    var packed: [UInt64] = []
    var candidate: [UInt64] = []
    var rawPositions: [Int] = []
    var lengths = BitLengths()
    private let effort: Effort

    /// How much work goes into a column of values.
    package enum Effort: Sendable {
        /// The kinds 0 to 2, 4 and 6 of the format, as the head writes them: what is soon written again need not be small.
        case quick
        /// Kind 5 as well, and the best of all modes.
        case thorough
    }

    /// An encoder with empty scratch memory.
    package init(effort: Effort = .quick) {
        self.effort = effort
    }

    /// Appends a column of timestamps, in milliseconds.
    ///
    /// Regular timestamps take about 10 bytes whatever their number.
    ///
    /// - Precondition: 1 to `ColumnLimits.maximumCount` timestamps.
    package mutating func appendTimestamps(_ timestamps: Span<Int64>, to writer: inout ByteWriter) {
        let count = timestamps.count
        precondition(count >= 1 && count <= ColumnLimits.maximumCount)
        writer.appendSignedVarint(timestamps[0])
        guard count >= 2 else { return }
        var delta = timestamps[1] &- timestamps[0]
        writer.appendSignedVarint(delta)
        guard count >= 3 else { return }
        packed.removeAll(keepingCapacity: true)
        var facts = PackedRun.Facts()
        packed.append(addingCapacity: count - 2) { output in
            for index in 2..<count {
                let next = timestamps[index] &- timestamps[index &- 1]
                let step = zigzag(next &- delta)
                facts.note(step)
                output.append(step)
                delta = next
            }
        }
        let run = packed
        let plan = PackedRun.plan(run.span, facts, &lengths)
        PackedRun.append(run.span, plan: plan, to: &writer)
    }

    /// Appends a column of values in the smallest of the forms, bit-exact.
    ///
    /// - Precondition: 1 to `ColumnLimits.maximumCount` values.
    package mutating func appendValues(_ values: Span<Double>, to writer: inout ByteWriter) {
        let count = values.count
        precondition(count >= 1 && count <= ColumnLimits.maximumCount)
        let first = values[0].bitPattern
        var isConstant = true
        for index in 0..<count where values[index].bitPattern != first {
            isConstant = false
            break
        }
        if isConstant {
            appendConstant(values[0], to: &writer)
            return
        }
        if effort == .thorough { return appendThoroughly(values, to: &writer) }
        guard let exponent = fillDecimals(values) else {
            appendXor(values, to: &writer)
            return
        }
        let start = writer.count
        appendDecimal(values, exponent: exponent, to: &writer)
        // Wide integers and raw values may take more than the fallback; only then is it worth trying.
        if writer.count - start > count * 4 {
            var other = ByteWriter(capacity: writer.count - start)
            appendXor(values, to: &other)
            if other.count < writer.count - start {
                writer.bytes.removeSubrange(start...)
                writer.append(other.bytes)
            }
        }
    }

    private func appendConstant(_ value: Double, to writer: inout ByteWriter) {
        if let integer = Decimal.integer(value, scale: 1) {
            writer.append(ColumnKind.constantInteger)
            writer.appendSignedVarint(integer)
        } else {
            writer.append(ColumnKind.constant)
            writer.appendLittleEndian(value.bitPattern)
        }
    }
}

/// The first byte of a column of values.
enum ColumnKind {
    static let constant: UInt8 = 0
    static let constantInteger: UInt8 = 1
    static let decimal: UInt8 = 2
    static let xor: UInt8 = 3
    static let histograms: UInt8 = 4
    static let scaled: UInt8 = 5
    static let xorGroups: UInt8 = 6
}
