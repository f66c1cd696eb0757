import ApusBytes

/// How the integers of a column are packed.
struct IntegerPlan {
    var mode: IntegerMode
    var bounds: IntegerBounds
    var run: PackedRun.Plan
}

extension ColumnEncoder {
    /// The integers that a mode is tried with: more make the choice better where few of many are large.
    private static let sampleCount = 48

    /// Leaves in `packed` the run of the one of the two simplest modes that takes fewer bytes at the width of its greatest integer.
    mutating func chooseQuickly() -> IntegerPlan {
        let bounds = IntegerBounds(integers.span)
        let count = integers.count
        let plain = PackedRun.bytes(of: count, width: bounds.width(.plain))
        // The second base takes a few bytes.
        let steps = PackedRun.bytes(of: count - 1, width: bounds.width(.differences)) + 2
        let mode = plain <= steps ? IntegerMode.plain : .differences
        _ = fill(mode, bounds, &packed)
        let run = PackedRun.Plan(
            width: bounds.width(mode), exceptionCount: 0, estimatedBytes: min(plain, steps))
        return IntegerPlan(mode: mode, bounds: bounds, run: run)
    }

    /// Finds the mode that packs `integers` best, by some of them, and leaves its run in `packed`.
    mutating func chooseMode() -> IntegerPlan {
        let bounds = IntegerBounds(integers.span)
        var best = IntegerMode.plain
        var least = Int.max
        for mode in IntegerMode.allCases {
            // Half a bit an integer is not worth another look; curves are only worth it where slopes were.
            if least <= 2 + min(integers.count, Self.sampleCount) / 16 { break }
            if mode == .secondDifferences, best == .plain { break }
            fillSample(mode, bounds)
            let sample = candidate
            lengths.count(sample.span)
            let bytes = lengths.plan(allowsSparse: true).estimatedBytes
            if bytes < least { (best, least) = (mode, bytes) }
        }
        let facts = fill(best, bounds, &packed)
        let run = packed
        let plan = PackedRun.plan(run.span, facts, allowsSparse: true, &lengths)
        return IntegerPlan(mode: best, bounds: bounds, run: plan)
    }

    /// Appends the bases of a mode.
    func appendBases(_ plan: IntegerPlan, to writer: inout ByteWriter) {
        writer.appendSignedVarint(plan.mode == .plain ? plan.bounds.least : integers[0])
        guard plan.mode.hasSecondBase(count: integers.count) else { return }
        writer.appendSignedVarint(
            plan.mode == .differences ? plan.bounds.leastDifference : integers[1] &- integers[0])
    }

    /// Fills `candidate` with what a mode packs at some positions, evenly spread, or at all where they are few.
    private mutating func fillSample(_ mode: IntegerMode, _ bounds: IntegerBounds) {
        let first = mode.leading(of: integers.count)
        let total = integers.count - first
        let count = min(total, Self.sampleCount)
        // With 16 bits behind the point.
        let step = count > 0 ? (total << 16) / count : 0
        switch mode {
        case .plain:
            let base = bounds.least
            unsafe fill(&candidate, count) { unsafe UInt64(bitPattern: $0[$1 &* step &>> 16] &- base) }
        case .differences:
            let base = bounds.leastDifference
            unsafe fill(&candidate, count) { integers, index in
                let place = unsafe integers + index &* step &>> 16
                return unsafe UInt64(bitPattern: place[1] &- place[0] &- base)
            }
        case .signedDifferences:
            unsafe fill(&candidate, count) { integers, index in
                let place = unsafe integers + index &* step &>> 16
                return unsafe zigzag(place[1] &- place[0])
            }
        case .secondDifferences:
            unsafe fill(&candidate, count) { integers, index in
                let place = unsafe integers + index &* step &>> 16
                return unsafe zigzag(place[2] &- 2 &* place[1] &+ place[0])
            }
        }
    }

    /// Fills `run` with what a mode packs.
    private func fill(_ mode: IntegerMode, _ bounds: IntegerBounds, _ run: inout [UInt64]) -> PackedRun.Facts {
        let first = mode.leading(of: integers.count)
        let count = integers.count - first
        switch mode {
        case .plain:
            let base = bounds.least
            return unsafe fill(&run, count) { unsafe UInt64(bitPattern: $0[$1] &- base) }
        case .differences:
            let base = bounds.leastDifference
            return unsafe fill(&run, count) { unsafe UInt64(bitPattern: $0[$1 &+ 1] &- $0[$1] &- base) }
        case .signedDifferences:
            return unsafe fill(&run, count) { unsafe zigzag($0[$1 &+ 1] &- $0[$1]) }
        case .secondDifferences:
            return unsafe fill(&run, count) { integers, index in
                unsafe zigzag(integers[index &+ 2] &- 2 &* integers[index &+ 1] &+ integers[index])
            }
        }
    }

    /// Fills `run` with `count` times what `value` makes of the integers and a number from 0 on.
    @unsafe
    @inline(__always)
    @discardableResult
    private func fill(
        _ run: inout [UInt64], _ count: Int, _ value: (UnsafePointer<Int64>, Int) -> UInt64
    ) -> PackedRun.Facts {
        var facts = PackedRun.Facts()
        run.removeAll(keepingCapacity: true)
        run.append(addingCapacity: count) { output in
            unsafe integers.withUnsafeBufferPointer { integers in
                unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                    guard let integers = integers.baseAddress, let target = buffer.baseAddress else { return }
                    var seen = PackedRun.Facts()
                    for index in 0..<count {
                        let value = unsafe value(integers, index)
                        seen.note(value)
                        unsafe target[index] = value
                    }
                    facts = seen
                    initialized = count
                }
            }
        }
        return facts
    }
}
