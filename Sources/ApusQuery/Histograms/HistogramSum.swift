package import ApusModel

/// A sum of histograms with Neumaier's compensation in each population, in count and in sum.
///
/// Histograms of the same layout, the usual case, are added in place.
package struct HistogramSum: Sendable {
    /// The layout, the hint and the buckets, without what rounding took from them.
    private var value: NativeHistogram
    private var count: CompensatedSum
    private var sum: CompensatedSum
    private var zeroCount: CompensatedSum
    /// What rounding took from each bucket of `value`.
    private var positiveCompensations: [Double]
    private var negativeCompensations: [Double]
    private var hasSeenReset = false
    private var hasSeenNoReset = false
    /// Whether only the common ones of different custom bounds are left.
    package private(set) var boundsWereReconciled = false

    /// Whether some histogram said that its counter was reset, and another that it was not.
    package var hintsConflicted: Bool { hasSeenReset && hasSeenNoReset }

    /// A sum of one histogram.
    package init(_ first: NativeHistogram) {
        value = first
        count = CompensatedSum(first.count)
        sum = CompensatedSum(first.sum)
        zeroCount = CompensatedSum(first.zeroCount)
        positiveCompensations = [Double](repeating: 0, count: first.positiveBuckets.count)
        negativeCompensations = [Double](repeating: 0, count: first.negativeBuckets.count)
        noteHint(of: first)
    }

    /// A term of a sum: without room for what rounding takes from its buckets, as nothing has been taken yet.
    private init(exponentialPartOf term: NativeHistogram) {
        value = term
        count = CompensatedSum()
        sum = CompensatedSum()
        zeroCount = CompensatedSum(term.zeroCount)
        positiveCompensations = []
        negativeCompensations = []
    }

    /// Adds one histogram; the sum is unchanged if that is not possible.
    package mutating func add(_ other: NativeHistogram) throws(HistogramArithmeticError) {
        noteHint(of: other)
        guard value.isCustom == other.isCustom else { throw .incompatibleSchemas }
        _ = value.combineHint(with: other.counterResetHint)
        if value.isCustom {
            addCustomBuckets(of: other)
        } else {
            addExponentialBuckets(of: other)
        }
        count.add(other.count)
        sum.add(other.sum)
    }

    /// Adds another sum; this one is unchanged if that is not possible.
    package mutating func join(_ other: HistogramSum) throws(HistogramArithmeticError) {
        try add(other.uncompensated)
        try add(other.rest)
        hasSeenReset = hasSeenReset || other.hasSeenReset
        hasSeenNoReset = hasSeenNoReset || other.hasSeenNoReset
        boundsWereReconciled = boundsWereReconciled || other.boundsWereReconciled
    }

    /// The sum as a histogram, without empty buckets.
    package var histogram: NativeHistogram {
        var result = value
        result.count = count.value
        result.sum = sum.value
        result.zeroCount = zeroCount.value
        HistogramSum.settle(&result.positiveBuckets, positiveCompensations)
        HistogramSum.settle(&result.negativeBuckets, negativeCompensations)
        result.compact()
        return result
    }

    /// Multiplies everything.
    mutating func multiply(by factor: Double) {
        value.multiply(by: factor)
        for position in positiveCompensations.indices { positiveCompensations[position] *= factor }
        for position in negativeCompensations.indices { negativeCompensations[position] *= factor }
        count.multiply(by: factor)
        sum.multiply(by: factor)
        zeroCount.multiply(by: factor)
    }

    /// Divides everything by a number that is not zero.
    mutating func divide(by divisor: Double) {
        value.divide(by: divisor)
        for position in positiveCompensations.indices { positiveCompensations[position] /= divisor }
        for position in negativeCompensations.indices { negativeCompensations[position] /= divisor }
        count.divide(by: divisor)
        sum.divide(by: divisor)
        zeroCount.divide(by: divisor)
    }

    /// Whether some number of the sum satisfies `condition`.
    func contains(where condition: (Double) -> Bool) -> Bool {
        condition(count.sum) || condition(sum.sum) || condition(zeroCount.sum)
            || value.positiveBuckets.contains(where: condition) || value.negativeBuckets.contains(where: condition)
    }

    // MARK: Buckets

    private mutating func addCustomBuckets(of other: NativeHistogram) {
        if value.customBounds == other.customBounds {
            CompensatedBucketMerge.add(
                other.positiveSpans, other.positiveBuckets, [], to: &value.positiveSpans, &value.positiveBuckets,
                &positiveCompensations)
            return
        }
        boundsWereReconciled = true
        var merge = CustomBoundsMerge(value.customBounds, other.customBounds)
        merge.add(
            value.positiveSpans, value.positiveBuckets, compensations: positiveCompensations, bounds: value.customBounds
        )
        merge.add(other.positiveSpans, other.positiveBuckets, bounds: other.customBounds)
        (value.positiveSpans, value.positiveBuckets, positiveCompensations) = merge.buckets()
        value.customBounds = merge.bounds
    }

    private mutating func addExponentialBuckets(of other: NativeHistogram) {
        // What is added comes with nothing taken from it, until its zero bucket or its resolution changes.
        var other = HistogramSum(exponentialPartOf: other)
        reconcileZeroBucket(with: &other)
        zeroCount.add(other.zeroCount.sum)
        zeroCount.add(other.zeroCount.compensation)
        reduceResolution(to: other.value.schema)
        other.reduceResolution(to: value.schema)
        CompensatedBucketMerge.add(
            other.value.positiveSpans, other.value.positiveBuckets, other.positiveCompensations,
            coveredUpTo: value.zeroThreshold, schema: value.schema, to: &value.positiveSpans, &value.positiveBuckets,
            &positiveCompensations)
        CompensatedBucketMerge.add(
            other.value.negativeSpans, other.value.negativeBuckets, other.negativeCompensations,
            coveredUpTo: value.zeroThreshold, schema: value.schema, to: &value.negativeSpans, &value.negativeBuckets,
            &negativeCompensations)
    }

    private mutating func reduceResolution(to schema: Int32) {
        guard schema < value.schema else { return }
        let steps = Int(value.schema) - Int(schema)
        CompensatedBucketMerge.reduce(&value.positiveSpans, &value.positiveBuckets, &positiveCompensations, by: steps)
        CompensatedBucketMerge.reduce(&value.negativeSpans, &value.negativeBuckets, &negativeCompensations, by: steps)
        value.schema = schema
    }

    /// Widens both zero buckets until they end at a border that suits both.
    private mutating func reconcileZeroBucket(with other: inout HistogramSum) {
        while other.value.zeroThreshold < value.zeroThreshold || other.value.zeroThreshold > value.zeroThreshold {
            let isWidened =
                other.value.zeroThreshold < value.zeroThreshold
                ? other.widenZeroBucket(to: value.zeroThreshold) : widenZeroBucket(to: other.value.zeroThreshold)
            if !isWidened { break }
        }
    }

    /// Widens the zero bucket and drops what it then covers; false if that is not possible.
    private mutating func widenZeroBucket(to threshold: Double) -> Bool {
        value.zeroCount = zeroCount.sum
        let widened = value.zeroBucket(
            widenedTo: threshold, compensation: zeroCount.compensation, positiveCompensations: positiveCompensations,
            negativeCompensations: negativeCompensations)
        guard widened.threshold > value.zeroThreshold else { return false }
        (zeroCount, value.zeroThreshold) = widened
        NativeHistogram.dropCovered(
            upTo: value.zeroThreshold, schema: value.schema, &value.positiveSpans, &value.positiveBuckets,
            &positiveCompensations)
        NativeHistogram.dropCovered(
            upTo: value.zeroThreshold, schema: value.schema, &value.negativeSpans, &value.negativeBuckets,
            &negativeCompensations)
        return true
    }

    // MARK: Helpers

    /// The sum as it is without what rounding took from it.
    private var uncompensated: NativeHistogram {
        var result = value
        result.count = count.sum
        result.sum = sum.sum
        result.zeroCount = zeroCount.sum
        return result
    }

    /// What rounding took from the sum, as a histogram of the same layout.
    private var rest: NativeHistogram {
        var rest = value
        rest.count = count.compensation
        rest.sum = sum.compensation
        rest.zeroCount = zeroCount.compensation
        rest.positiveBuckets = positiveCompensations
        rest.negativeBuckets = negativeCompensations
        return rest
    }

    private mutating func noteHint(of histogram: NativeHistogram) {
        if histogram.counterResetHint == .reset { hasSeenReset = true }
        if histogram.counterResetHint == .notReset { hasSeenNoReset = true }
    }

    private static func settle(_ populations: inout [Double], _ compensations: [Double]) {
        for position in 0..<min(populations.count, compensations.count) {
            populations[position] += compensations[position]
        }
    }
}

extension CompensatedSum {
    /// Multiplies the sum and its compensation.
    mutating func multiply(by factor: Double) {
        sum *= factor
        compensation *= factor
    }

    /// Divides the sum and its compensation.
    mutating func divide(by divisor: Double) {
        sum /= divisor
        compensation /= divisor
    }
}
