import ApusBytes

extension ColumnEncoder {
    /// Appends `values`, which `fillDecimals` made integers of, as such divided by 10^`exponent`; those that are none go raw.
    mutating func appendDecimal(_ values: Span<Double>, exponent: Int, to writer: inout ByteWriter) {
        let (mode, plan) = chooseMode(allowsSparse: false)
        writer.append(ColumnKind.decimal)
        writer.append(UInt8(exponent) | mode.rawValue << 4)
        writer.appendVarint(UInt64(rawPositions.count))
        appendBases(mode, to: &writer)
        PackedRun.append(packed.span, plan: plan, to: &writer)
        appendRaw(values, to: &writer)
    }

    /// Fills `integers` with `values` times the power of ten at which most are integers, and `rawPositions` with the positions of
    /// those that are none.
    ///
    /// - Returns: the exponent, or `nil` when too many are no decimals.
    mutating func fillDecimals(_ values: Span<Double>) -> Int? {
        var exponent = 0
        var failures = 0
        var successes = 0
        let allowed = max(2, values.count / 8)
        var scale = 1.0
        var previous: Int64 = 0
        integers.removeAll(keepingCapacity: true)
        rawPositions.removeAll(keepingCapacity: true)
        for index in 0..<values.count {
            let value = values[index]
            if let integer = Decimal.integer(value, scale: scale) {
                previous = integer
                successes &+= 1
            } else if index > 0, value.bitPattern == values[index - 1].bitPattern {
                // What is no decimal is not looked at twice.
                rawPositions.append(index)
            } else if let larger = Decimal.smallestExponent(of: value, above: exponent) {
                exponent = larger
                scale = Decimal.powers[larger]
                // Mostly among the first few, and 14 times at most.
                let power = scale
                fillIntegers(values.extracting(0...index)) { Decimal.integer($0, scale: power) }
                previous = integers[index]
                integers.removeLast()
                successes &+= 1
            } else {
                rawPositions.append(index)
                failures += 1
                if failures > allowed || failures >= 8 && successes == 0 { return nil }
            }
            integers.append(previous)
        }
        return failures <= successes || failures <= 2 ? exponent : nil
    }

    /// Fills `integers` with what `integer` makes of `values`; in the place of one that is none stands the one before, or 0.
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
