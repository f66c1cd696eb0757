import ApusModel

/// Adding runs of buckets of one schema.
enum BucketMerge {
    /// Adds `sign` times the other buckets.
    ///
    /// The first of the other buckets that lie within the zero bucket, up to `coveredUpTo` in an exponential `schema`, are
    /// left out: they are part of the zero bucket already.
    static func add(
        _ otherSpans: [NativeHistogram.Span], _ otherPopulations: [Double], sign: Double,
        coveredUpTo threshold: Double? = nil,
        schema: Int32 = 0, to spans: inout [NativeHistogram.Span], _ populations: inout [Double]
    ) {
        var other = BucketCursor(otherSpans, populationCount: otherPopulations.count)
        guard other.advance() else { return }
        let isCovered = threshold.map { NativeHistogram.bound(other.index, in: schema) <= $0 } ?? false
        if !isCovered, spans == otherSpans, populations.count == otherPopulations.count {
            let others = otherPopulations.span
            var populations = populations.mutableSpan
            for position in 0..<populations.count { populations[position] += sign * others[position] }
            return
        }
        var hasOther = true
        if let threshold {
            while hasOther, NativeHistogram.bound(other.index, in: schema) <= threshold { hasOther = other.advance() }
        }
        var merged = BucketRuns(capacity: populations.count + otherPopulations.count)
        var own = BucketCursor(spans, populationCount: populations.count)
        var hasOwn = own.advance()
        while hasOwn || hasOther {
            if !hasOther || (hasOwn && own.index < other.index) {
                merged.append(populations[own.position], at: own.index)
                hasOwn = own.advance()
            } else if !hasOwn || other.index < own.index {
                merged.append(sign * otherPopulations[other.position], at: other.index)
                hasOther = other.advance()
            } else {
                merged.append(
                    populations[own.position] + sign * otherPopulations[other.position], at: own.index)
                hasOwn = own.advance()
                hasOther = other.advance()
            }
        }
        spans = merged.spans
        populations = merged.populations
    }
}

extension NativeHistogram {
    /// The upper bound of the exponential bucket at `index`, which may be beyond 32 bits.
    static func bound(_ index: Int, in schema: Int32) -> Double {
        upperBound(index: Int32(clamping: index), schema: schema)
    }
}
