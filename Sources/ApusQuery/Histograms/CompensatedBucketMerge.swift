import ApusModel

/// Adding runs of buckets of one schema, keeping what rounding takes from each.
enum CompensatedBucketMerge {
    /// Adds the other buckets, and what rounding took from them before (one per bucket, or nothing).
    ///
    /// The first of the other buckets that lie within the zero bucket, up to `coveredUpTo` in an exponential `schema`, are
    /// left out. The compensations stay one per bucket.
    static func add(
        _ otherSpans: [NativeHistogram.Span], _ otherPopulations: [Double], _ otherCompensations: [Double],
        coveredUpTo threshold: Double? = nil, schema: Int32 = 0, to spans: inout [NativeHistogram.Span],
        _ populations: inout [Double], _ compensations: inout [Double]
    ) {
        var other = BucketCursor(otherSpans, populationCount: otherPopulations.count)
        guard other.advance() else { return }
        func rest(_ position: Int) -> Double {
            position < otherCompensations.count ? otherCompensations[position] : 0
        }
        let isCovered = threshold.map { NativeHistogram.bound(other.index, in: schema) <= $0 } ?? false
        if !isCovered, spans == otherSpans, populations.count == otherPopulations.count {
            addInPlace(otherPopulations.span, otherCompensations, to: &populations, &compensations)
            return
        }
        var hasOther = true
        if let threshold {
            while hasOther, NativeHistogram.bound(other.index, in: schema) <= threshold { hasOther = other.advance() }
        }
        var merged = BucketRuns(capacity: populations.count + otherPopulations.count)
        var mergedCompensations: [Double] = []
        mergedCompensations.reserveCapacity(populations.count + otherPopulations.count)
        var own = BucketCursor(spans, populationCount: populations.count)
        var hasOwn = own.advance()
        while hasOwn || hasOther {
            if !hasOther || (hasOwn && own.index < other.index) {
                merged.append(populations[own.position], at: own.index)
                mergedCompensations.append(compensations[own.position])
                hasOwn = own.advance()
            } else if !hasOwn || other.index < own.index {
                merged.append(otherPopulations[other.position], at: other.index)
                mergedCompensations.append(rest(other.position))
                hasOther = other.advance()
            } else {
                var sum = CompensatedSum(populations[own.position], compensation: compensations[own.position])
                sum.add(otherPopulations[other.position])
                sum.add(rest(other.position))
                merged.append(sum.sum, at: own.index)
                mergedCompensations.append(sum.compensation)
                hasOwn = own.advance()
                hasOther = other.advance()
            }
        }
        spans = merged.spans
        populations = merged.populations
        compensations = mergedCompensations
    }

    /// Adds buckets of the same layout.
    private static func addInPlace(
        _ others: Span<Double>, _ otherCompensations: [Double], to populations: inout [Double],
        _ compensations: inout [Double]
    ) {
        var populations = populations.mutableSpan
        var compensations = compensations.mutableSpan
        let hasRest = otherCompensations.count == others.count
        for position in 0..<min(populations.count, compensations.count, others.count) {
            var sum = CompensatedSum(populations[position], compensation: compensations[position])
            sum.add(others[position])
            if hasRest { sum.add(otherCompensations[position]) }
            populations[position] = sum.sum
            compensations[position] = sum.compensation
        }
    }

    /// Merges buckets until they are `steps` schemas coarser; the compensations are one per bucket afterwards.
    static func reduce(
        _ spans: inout [NativeHistogram.Span], _ populations: inout [Double], _ compensations: inout [Double],
        by steps: Int
    ) {
        var runs = BucketRuns(capacity: populations.count)
        var reducedCompensations: [Double] = []
        reducedCompensations.reserveCapacity(populations.count)
        var cursor = BucketCursor(spans, populationCount: populations.count)
        var last = CompensatedSum()
        var isOpen = false
        var lastIndex = 0
        while cursor.advance() {
            let index = NativeHistogram.reducedIndex(cursor.index, by: steps)
            if isOpen, index != lastIndex {
                runs.append(last.sum, at: lastIndex)
                reducedCompensations.append(last.compensation)
                isOpen = false
            }
            let rest = cursor.position < compensations.count ? compensations[cursor.position] : 0
            if isOpen {
                last.add(populations[cursor.position])
                last.add(rest)
            } else {
                last = CompensatedSum(populations[cursor.position], compensation: rest)
                lastIndex = index
                isOpen = true
            }
        }
        if isOpen {
            runs.append(last.sum, at: lastIndex)
            reducedCompensations.append(last.compensation)
        }
        spans = runs.spans
        populations = runs.populations
        compensations = reducedCompensations
    }
}
