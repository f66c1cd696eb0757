import ApusModel

extension NativeHistogram {
    /// The population that a wider zero bucket would have, and its border.
    ///
    /// A border inside a bucket that holds something moves to the far end of that bucket.
    ///
    /// - Parameter compensations: what rounding took from the populations, one per bucket, or empty.
    func zeroBucket(
        widenedTo threshold: Double, compensation: Double = 0, positiveCompensations: [Double] = [],
        negativeCompensations: [Double] = []
    ) -> (population: CompensatedSum, threshold: Double) {
        var threshold = threshold
        // The border settles after a few rounds, for the bounds of all schemas coincide; the limit is against nonsense.
        for _ in 0..<8 {
            var population = CompensatedSum(zeroCount, compensation: compensation)
            sweep(positiveCursor, positiveBuckets, positiveCompensations, into: &population, &threshold)
            let afterPositive = threshold
            sweep(negativeCursor, negativeBuckets, negativeCompensations, into: &population, &threshold)
            // Another border on the negative side makes the sum of the positive side wrong.
            if threshold == afterPositive { return (population, threshold) }
        }
        return (CompensatedSum(zeroCount, compensation: compensation), zeroThreshold)
    }

    private func sweep(
        _ cursor: BucketCursor, _ populations: [Double], _ compensations: [Double],
        into population: inout CompensatedSum, _ threshold: inout Double
    ) {
        var cursor = cursor
        while cursor.advance(), bound(cursor.index - 1) < threshold {
            population.add(populations[cursor.position])
            if cursor.position < compensations.count { population.add(compensations[cursor.position]) }
            let upper = bound(cursor.index)
            if upper > threshold {
                if populations[cursor.position] != 0 { threshold = upper }
                return
            }
        }
    }

    /// Widens both zero buckets until they end at a border that suits both histograms.
    mutating func reconcileZeroBucket(with other: inout NativeHistogram) {
        while other.zeroThreshold < zeroThreshold || other.zeroThreshold > zeroThreshold {
            let isWidened =
                other.zeroThreshold < zeroThreshold
                ? other.widenZeroBucket(to: zeroThreshold) : widenZeroBucket(to: other.zeroThreshold)
            if !isWidened { break }
        }
    }

    /// Widens the zero bucket and drops what it then covers; false if that is not possible.
    private mutating func widenZeroBucket(to threshold: Double) -> Bool {
        let widened = zeroBucket(widenedTo: threshold)
        guard widened.threshold > zeroThreshold else { return false }
        (zeroCount, zeroThreshold) = (widened.population.sum, widened.threshold)
        var none: [Double] = []
        NativeHistogram.dropCovered(upTo: zeroThreshold, schema: schema, &positiveSpans, &positiveBuckets, &none)
        NativeHistogram.dropCovered(upTo: zeroThreshold, schema: schema, &negativeSpans, &negativeBuckets, &none)
        return true
    }

    /// Drops the first buckets, which the zero bucket up to `threshold` covers.
    static func dropCovered(
        upTo threshold: Double, schema: Int32, _ spans: inout [Span], _ populations: inout [Double],
        _ compensations: inout [Double]
    ) {
        var cursor = BucketCursor(spans, populationCount: populations.count)
        var isMore = cursor.advance()
        guard isMore, bound(cursor.index - 1, in: schema) < threshold else { return }
        while isMore, bound(cursor.index - 1, in: schema) < threshold { isMore = cursor.advance() }
        let dropped = isMore ? cursor.position : populations.count
        var runs = BucketRuns(capacity: populations.count)
        while isMore {
            runs.append(populations[cursor.position], at: cursor.index)
            isMore = cursor.advance()
        }
        if !compensations.isEmpty {
            compensations = Array(compensations[min(dropped, compensations.count)...].prefix(runs.populations.count))
        }
        spans = runs.spans
        populations = runs.populations
    }
}
