package import ApusModel

extension NativeHistogram {
    /// Whether a counter histogram was reset between `previous` and this one.
    ///
    /// A hint decides; else the histogram was reset if the count, the zero bucket or any bucket fell, if the resolution
    /// grew, or if the zero bucket shrank. Coarser resolution and a wider zero bucket are applied to `previous` first; a
    /// zero border inside one of its populated buckets is a reset. Of different custom bounds the common ones are compared.
    package func detectsReset(after previous: NativeHistogram) -> Bool {
        switch counterResetHint {
        case .reset: return true
        case .notReset: return false
        case .unknown, .gauge: break
        }
        if count < previous.count { return true }
        if isCustom {
            if !previous.isCustom { return true }
            if customBounds != previous.customBounds { return hasFallenBetweenCommonBounds(since: previous) }
        }
        if schema > previous.schema || zeroThreshold < previous.zeroThreshold { return true }
        var previousZeroCount = previous.zeroCount
        if zeroThreshold > previous.zeroThreshold {
            let widened = previous.zeroBucket(widenedTo: zeroThreshold)
            if widened.threshold != zeroThreshold { return true }
            previousZeroCount = widened.population.sum
        }
        if zeroCount < previousZeroCount { return true }
        let hasSameLayout =
            schema == previous.schema && zeroThreshold == previous.zeroThreshold
            && positiveSpans == previous.positiveSpans && negativeSpans == previous.negativeSpans
            && positiveBuckets.count == previous.positiveBuckets.count
            && negativeBuckets.count == previous.negativeBuckets.count
        // In the usual case no bucket has to be looked for, and without a fall none that the zero bucket covers matters.
        if hasSameLayout, !hasFallen(positiveBuckets.span, since: previous.positiveBuckets.span),
            !hasFallen(negativeBuckets.span, since: previous.negativeBuckets.span)
        {
            return false
        }
        return hasFallen(positiveCursor, positiveBuckets, since: previous.positiveCursor, previous)
            || hasFallen(negativeCursor, negativeBuckets, since: previous.negativeCursor, previous, isNegative: true)
    }

    /// Whether some bucket of `previous`, brought to this schema, holds more than the same one here.
    private func hasFallen(
        _ cursor: BucketCursor, _ populations: [Double], since previousCursor: BucketCursor,
        _ previous: NativeHistogram, isNegative: Bool = false
    ) -> Bool {
        let steps = Int(previous.schema) - Int(schema)
        let previousPopulations = isNegative ? previous.negativeBuckets : previous.positiveBuckets
        var (current, before) = (cursor, previousCursor)
        var hasCurrent = current.advance()
        var hasBefore = before.advance()
        func isCovered(_ index: Int, in histogram: NativeHistogram) -> Bool {
            !isCustom && histogram.bound(index) <= zeroThreshold
        }
        func target(_ index: Int) -> Int { steps > 0 ? NativeHistogram.reducedIndex(index, by: steps) : index }
        while hasCurrent, isCovered(current.index, in: self) { hasCurrent = current.advance() }
        while hasBefore, isCovered(before.index, in: previous) { hasBefore = before.advance() }
        while hasBefore {
            let index = target(before.index)
            var population = previousPopulations[before.position]
            hasBefore = before.advance()
            while hasBefore, target(before.index) == index {
                population += previousPopulations[before.position]
                hasBefore = before.advance()
            }
            while hasCurrent, current.index < index { hasCurrent = current.advance() }
            if hasCurrent, current.index == index {
                if populations[current.position] < population { return true }
            } else if population != 0 {
                return true
            }
        }
        return false
    }

    private func hasFallen(
        _ populations: Swift.Span<Double>, since previous: Swift.Span<Double>
    ) -> Bool {
        for position in 0..<min(populations.count, previous.count)
        where populations[position] < previous[position] { return true }
        return false
    }

    private func hasFallenBetweenCommonBounds(since previous: NativeHistogram) -> Bool {
        var current = CustomBoundsMerge(customBounds, previous.customBounds)
        var before = current
        current.add(positiveSpans, positiveBuckets, bounds: customBounds)
        before.add(previous.positiveSpans, previous.positiveBuckets, bounds: previous.customBounds)
        return zip(current.sums, before.sums).contains { $0.sum < $1.sum }
    }
}
