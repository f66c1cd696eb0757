import ApusBytes

extension ColumnEncoder {
    /// Finds the mode that packs `integers` best and leaves its run in `packed`.
    mutating func chooseMode(allowsSparse: Bool) -> (IntegerMode, PackedRun.Plan) {
        fill(.plain, &packed)
        var best = (mode: IntegerMode.plain, plan: PackedRun.plan(packed.span, allowsSparse: allowsSparse))
        for mode in [IntegerMode.differences, .signedDifferences, .secondDifferences] {
            // Half a bit a value is not worth another look; curves are only worth it where slopes were.
            if best.plan.estimatedBytes <= 2 + integers.count / 16 { break }
            if mode == .secondDifferences, best.mode == .plain { break }
            fill(mode, &candidate)
            let plan = PackedRun.plan(candidate.span, allowsSparse: allowsSparse)
            if plan.estimatedBytes < best.plan.estimatedBytes {
                best = (mode, plan)
                swap(&packed, &candidate)
            }
        }
        return best
    }

    /// Appends the bases of a mode.
    func appendBases(_ mode: IntegerMode, to writer: inout ByteWriter) {
        writer.appendSignedVarint(mode == .plain ? least(of: integers.span) : integers[0])
        guard mode.hasSecondBase(count: integers.count) else { return }
        writer.appendSignedVarint(mode == .differences ? leastDifference() : integers[1] &- integers[0])
    }

    private func fill(_ mode: IntegerMode, _ run: inout [UInt64]) {
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
