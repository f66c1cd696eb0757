import ApusBytes

extension ColumnEncoder {
    /// Appends `values` as integers divided by 10^`exponent`; those that are not go raw.
    mutating func appendDecimal(_ values: Span<Double>, exponent: Int, to writer: inout ByteWriter) {
        let scale = Decimal.powers[exponent]
        integers.removeAll(keepingCapacity: true)
        rawPositions.removeAll(keepingCapacity: true)
        var previous: Int64 = 0
        integers.append(addingCapacity: values.count) { output in
            for index in 0..<values.count {
                if let integer = Decimal.integer(values[index], scale: scale) {
                    previous = integer
                } else {
                    rawPositions.append(index)
                }
                output.append(previous)
            }
        }
        let (mode, plan) = chooseMode()
        writer.append(ColumnKind.decimal)
        writer.append(UInt8(exponent) | mode.rawValue << 4)
        writer.appendVarint(UInt64(rawPositions.count))
        switch mode {
        case .plain:
            writer.appendSignedVarint(least(of: integers.span))
        case .differences:
            writer.appendSignedVarint(integers[0])
            writer.appendSignedVarint(leastDifference())
        case .signedDifferences:
            writer.appendSignedVarint(integers[0])
        case .secondDifferences:
            writer.appendSignedVarint(integers[0])
            if integers.count >= 2 { writer.appendSignedVarint(integers[1] &- integers[0]) }
        }
        PackedRun.append(packed.span, plan: plan, to: &writer)
        var next = 0
        for position in rawPositions {
            writer.appendVarint(UInt64(position - next))
            writer.appendLittleEndian(values[position].bitPattern)
            next = position + 1
        }
    }

    /// Finds the mode that packs `integers` best and leaves its run in `packed`.
    private mutating func chooseMode() -> (Decimal.Mode, PackedRun.Plan) {
        fill(.plain, &packed)
        var best = (mode: Decimal.Mode.plain, plan: PackedRun.plan(packed.span))
        for mode in [Decimal.Mode.differences, .signedDifferences, .secondDifferences] {
            // Half a bit a value is not worth another look; curves are only worth it where slopes were.
            if best.plan.estimatedBytes <= 2 + integers.count / 16 { break }
            if mode == .secondDifferences, best.mode == .plain { break }
            fill(mode, &candidate)
            let plan = PackedRun.plan(candidate.span)
            if plan.estimatedBytes < best.plan.estimatedBytes {
                best = (mode, plan)
                swap(&packed, &candidate)
            }
        }
        return best
    }

    private func fill(_ mode: Decimal.Mode, _ run: inout [UInt64]) {
        run.removeAll(keepingCapacity: true)
        let integers = integers.span
        let count = integers.count
        switch mode {
        case .plain:
            let base = least(of: integers)
            run.append(addingCapacity: count) { output in
                for index in 0..<count { output.append(UInt64(bitPattern: integers[index] &- base)) }
            }
        case .differences:
            let base = leastDifference()
            run.append(addingCapacity: count) { output in
                for index in 1..<count {
                    output.append(UInt64(bitPattern: integers[index] &- integers[index &- 1] &- base))
                }
            }
        case .signedDifferences:
            run.append(addingCapacity: count) { output in
                for index in 1..<count { output.append(zigzag(integers[index] &- integers[index &- 1])) }
            }
        case .secondDifferences:
            guard count >= 3 else { return }
            run.append(addingCapacity: count) { output in
                for index in 2..<count {
                    output.append(
                        zigzag(integers[index] &- 2 &* integers[index &- 1] &+ integers[index &- 2]))
                }
            }
        }
    }

    private func least(of integers: Span<Int64>) -> Int64 {
        var least = integers[0]
        for index in 1..<integers.count { least = min(least, integers[index]) }
        return least
    }

    private func leastDifference() -> Int64 {
        var least = Int64.max
        let integers = integers.span
        for index in 1..<integers.count { least = min(least, integers[index] &- integers[index - 1]) }
        return least
    }
}
