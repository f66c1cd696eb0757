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
        let count = integers.count
        let first = mode.leading(of: count)
        let base = mode == .plain ? least(of: integers.span) : mode == .differences ? leastDifference() : 0
        var facts = PackedRun.Facts()
        run.removeAll(keepingCapacity: true)
        run.append(addingCapacity: count) { output in
            unsafe integers.withUnsafeBufferPointer { integers in
                unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                    guard let integers = integers.baseAddress, let target = buffer.baseAddress else { return }
                    for index in first..<count {
                        let current = unsafe integers[index]
                        let value: UInt64
                        switch mode {
                        case .plain: value = UInt64(bitPattern: current &- base)
                        case .differences: value = UInt64(bitPattern: current &- (unsafe integers[index &- 1]) &- base)
                        case .signedDifferences: value = zigzag(current &- (unsafe integers[index &- 1]))
                        case .secondDifferences:
                            let previous = unsafe integers[index &- 1]
                            value = zigzag(current &- 2 &* previous &+ (unsafe integers[index &- 2]))
                        }
                        facts.note(value)
                        unsafe target[index &- first] = value
                    }
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
