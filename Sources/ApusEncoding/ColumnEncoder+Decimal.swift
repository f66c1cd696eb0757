import ApusBytes

extension ColumnEncoder {
    /// Appends `values` as integers divided by 10^`exponent`; those that are not go raw.
    mutating func appendDecimal(_ values: Span<Double>, exponent: Int, to writer: inout ByteWriter) {
        fillIntegers(values, exponent: exponent)
        let (mode, plan) = chooseMode(allowsSparse: false)
        writer.append(ColumnKind.decimal)
        writer.append(UInt8(exponent) | mode.rawValue << 4)
        writer.appendVarint(UInt64(rawPositions.count))
        appendBases(mode, to: &writer)
        PackedRun.append(packed.span, plan: plan, to: &writer)
        appendRaw(values, to: &writer)
    }

    /// Fills `integers` with `values` times 10^`exponent`, and `rawPositions` with the positions of those that are no such integers.
    mutating func fillIntegers(_ values: Span<Double>, exponent: Int) {
        let scale = Decimal.powers[exponent]
        fillIntegers(values) { Decimal.integer($0, scale: scale) }
    }

    /// The same with any way to make integers; in the place of one that is none stands the one before.
    @inline(__always)
    mutating func fillIntegers(_ values: Span<Double>, _ integer: (Double) -> Int64?) {
        integers.removeAll(keepingCapacity: true)
        rawPositions.removeAll(keepingCapacity: true)
        var previous: Int64 = 0
        integers.append(addingCapacity: values.count) { output in
            for index in 0..<values.count {
                if let integer = integer(values[index]) {
                    previous = integer
                } else {
                    rawPositions.append(index)
                }
                output.append(previous)
            }
        }
    }

    /// Appends the values at `rawPositions`.
    func appendRaw(_ values: Span<Double>, to writer: inout ByteWriter) {
        var next = 0
        for position in rawPositions {
            writer.appendVarint(UInt64(position - next))
            writer.appendLittleEndian(values[position].bitPattern)
            next = position + 1
        }
    }
}
