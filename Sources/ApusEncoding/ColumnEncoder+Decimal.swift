import ApusBytes

extension ColumnEncoder {
    /// Appends `values`, which `fillDecimals` made integers of, as such divided by 10^`exponent`; those that are none go raw.
    mutating func appendDecimal(_ values: Span<Double>, exponent: Int, to writer: inout ByteWriter) {
        let plan = chooseQuickly()
        writer.append(ColumnKind.decimal)
        writer.append(UInt8(exponent) | plan.mode.rawValue << 4)
        writer.appendVarint(UInt64(rawPositions.count))
        appendBases(plan, to: &writer)
        PackedRun.append(packed.span, plan: plan.run, to: &writer)
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
        integers.removeAll(keepingCapacity: true)
        rawPositions.removeAll(keepingCapacity: true)
        while true {
            let start = integers.count
            appendIntegers(values, scale: Decimal.powers[exponent])
            let index = integers.count
            successes += index - start
            guard index < values.count else { break }
            let value = values[index]
            if index > start || index == 0 || value.bitPattern != values[index - 1].bitPattern {
                // Mostly among the first few, and 14 times at most.
                if let larger = Decimal.smallestExponent(of: value, above: exponent) {
                    exponent = larger
                    let scale = Decimal.powers[larger]
                    fillIntegers(values.extracting(0...index)) { Decimal.integer($0, scale: scale) }
                    successes += 1
                    continue
                }
                failures += 1
                if failures > allowed || failures >= 8 && successes == 0 { return nil }
            }
            // What is no decimal is not looked at twice.
            rawPositions.append(index)
            integers.append(integers.last ?? 0)
        }
        return failures <= successes || failures <= 2 ? exponent : nil
    }

    /// Appends the integers of the values behind those that there are, up to one that is none.
    private mutating func appendIntegers(_ values: Span<Double>, scale: Double) {
        let start = integers.count
        integers.append(addingCapacity: values.count - start) { output in
            unsafe values.withUnsafeBufferPointer { values in
                unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                    guard let target = buffer.baseAddress else { return }
                    var index = start
                    while index < values.count {
                        guard let integer = Decimal.integer(unsafe values[index], scale: scale) else { break }
                        unsafe target[index &- start] = integer
                        index &+= 1
                    }
                    initialized = index - start
                }
            }
        }
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
