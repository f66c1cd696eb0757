import ApusBytes

extension ColumnEncoder {
    /// Finds the mode that packs `integers` best and leaves its run in `packed`.
    mutating func chooseMode(allowsSparse: Bool) -> (IntegerMode, PackedRun.Plan) {
        var facts = fill(.plain, &packed)
        var best = (mode: IntegerMode.plain, plan: PackedRun.plan(packed.span, facts, allowsSparse: allowsSparse))
        for mode in [IntegerMode.differences, .signedDifferences, .secondDifferences] {
            // Half a bit a value is not worth another look; curves are only worth it where slopes were.
            if best.plan.estimatedBytes <= 2 + integers.count / 16 { break }
            if mode == .secondDifferences, best.mode == .plain { break }
            facts = fill(mode, &candidate)
            let plan = PackedRun.plan(candidate.span, facts, allowsSparse: allowsSparse)
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

    /// Fills `run` with what a mode packs.
    private func fill(_ mode: IntegerMode, _ run: inout [UInt64]) -> PackedRun.Facts {
        let first = mode.leading(of: integers.count)
        switch mode {
        case .plain:
            let base = least(of: integers.span)
            return unsafe fill(&run, from: first) { unsafe UInt64(bitPattern: $0[$1] &- base) }
        case .differences:
            let base = leastDifference()
            return unsafe fill(&run, from: first) { unsafe UInt64(bitPattern: $0[$1] &- $0[$1 &- 1] &- base) }
        case .signedDifferences:
            return unsafe fill(&run, from: first) { unsafe zigzag($0[$1] &- $0[$1 &- 1]) }
        case .secondDifferences:
            return unsafe fill(&run, from: first) { unsafe zigzag($0[$1] &- 2 &* $0[$1 &- 1] &+ $0[$1 &- 2]) }
        }
    }

    /// Fills `run` with what `value` makes of the integers at each position, and of those before it.
    @unsafe
    @inline(__always)
    private func fill(
        _ run: inout [UInt64], from first: Int, _ value: (UnsafePointer<Int64>, Int) -> UInt64
    ) -> PackedRun.Facts {
        let count = integers.count
        var facts = PackedRun.Facts()
        run.removeAll(keepingCapacity: true)
        run.append(addingCapacity: count) { output in
            unsafe integers.withUnsafeBufferPointer { integers in
                unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                    guard let integers = integers.baseAddress, let target = buffer.baseAddress else { return }
                    var seen = PackedRun.Facts()
                    for index in first..<count {
                        let value = unsafe value(integers, index)
                        seen.note(value)
                        unsafe target[index &- first] = value
                    }
                    facts = seen
                    initialized = count - first
                }
            }
        }
        return facts
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
