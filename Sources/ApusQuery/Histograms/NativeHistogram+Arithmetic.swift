package import ApusModel

extension NativeHistogram {
    // MARK: Operators

    /// `self + other`, as the operator `+` gives it.
    package func adding(_ other: NativeHistogram) throws(HistogramArithmeticError) -> HistogramCombination {
        var sum = self
        let reconciliation = try sum.add(other)
        sum.compact()
        return HistogramCombination(histogram: sum, reconciliation: reconciliation)
    }

    /// `self - other`, as the operator `-` gives it: a gauge.
    package func subtracting(_ other: NativeHistogram) throws(HistogramArithmeticError) -> HistogramCombination {
        var difference = self
        let reconciliation = try difference.subtract(other)
        difference.counterResetHint = .gauge
        difference.compact()
        return HistogramCombination(histogram: difference, reconciliation: reconciliation)
    }

    /// The histogram times `factor`; a gauge with a negative factor.
    package func multiplied(by factor: Double) -> NativeHistogram {
        var product = self
        product.multiply(by: factor)
        product.compact()
        return product
    }

    /// The histogram divided by `divisor`; without buckets for zero, and a gauge with a negative divisor.
    package func divided(by divisor: Double) -> NativeHistogram {
        var quotient = self
        quotient.divide(by: divisor)
        quotient.compact()
        return quotient
    }

    /// The histogram with the opposite sign: a gauge.
    package var negated: NativeHistogram { multiplied(by: -1) }

    /// The same histogram as a gauge.
    package var asGauge: NativeHistogram {
        var gauge = self
        gauge.counterResetHint = .gauge
        return gauge
    }

    // MARK: In place

    /// Adds `other`; empty buckets stay.
    @discardableResult
    package mutating func add(
        _ other: NativeHistogram
    ) throws(HistogramArithmeticError) -> HistogramReconciliation {
        try combine(other, sign: 1)
    }

    /// Subtracts `other`; empty buckets stay, and what is known of resets is combined as in an addition.
    @discardableResult
    package mutating func subtract(
        _ other: NativeHistogram
    ) throws(HistogramArithmeticError) -> HistogramReconciliation {
        try combine(other, sign: -1)
    }

    /// Multiplies populations, count and sum.
    package mutating func multiply(by factor: Double) {
        zeroCount *= factor
        count *= factor
        sum *= factor
        for position in positiveBuckets.indices { positiveBuckets[position] *= factor }
        for position in negativeBuckets.indices { negativeBuckets[position] *= factor }
        if factor < 0 { counterResetHint = .gauge }
    }

    /// Divides populations, count and sum; a division by zero leaves no buckets, for they would tell nothing.
    package mutating func divide(by divisor: Double) {
        zeroCount /= divisor
        count /= divisor
        sum /= divisor
        if divisor == 0 {
            (positiveSpans, positiveBuckets) = ([], [])
            (negativeSpans, negativeBuckets) = ([], [])
            return
        }
        for position in positiveBuckets.indices { positiveBuckets[position] /= divisor }
        for position in negativeBuckets.indices { negativeBuckets[position] /= divisor }
        if divisor < 0 { counterResetHint = .gauge }
    }

    /// Whether some number of the histogram satisfies `condition`.
    func contains(where condition: (Double) -> Bool) -> Bool {
        condition(count) || condition(sum) || condition(zeroCount) || positiveBuckets.contains(where: condition)
            || negativeBuckets.contains(where: condition)
    }

    private mutating func combine(
        _ other: NativeHistogram, sign: Double
    ) throws(HistogramArithmeticError) -> HistogramReconciliation {
        guard isCustom == other.isCustom else { throw .incompatibleSchemas }
        var reconciliation = HistogramReconciliation()
        reconciliation.hintsConflicted = combineHint(with: other.counterResetHint)
        if isCustom {
            if customBounds == other.customBounds {
                BucketMerge.add(
                    other.positiveSpans, other.positiveBuckets, sign: sign, to: &positiveSpans, &positiveBuckets)
            } else {
                reconciliation.boundsWereReconciled = true
                var merge = CustomBoundsMerge(customBounds, other.customBounds)
                merge.add(positiveSpans, positiveBuckets, bounds: customBounds)
                merge.add(other.positiveSpans, other.positiveBuckets, bounds: other.customBounds, sign: sign)
                (positiveSpans, positiveBuckets, _) = merge.buckets()
                customBounds = merge.bounds
            }
        } else {
            var other = other
            reconcileZeroBucket(with: &other)
            zeroCount += sign * other.zeroCount
            reconcileSchema(with: &other)
            BucketMerge.add(
                other.positiveSpans, other.positiveBuckets, sign: sign, coveredUpTo: zeroThreshold, schema: schema,
                to: &positiveSpans, &positiveBuckets)
            BucketMerge.add(
                other.negativeSpans, other.negativeBuckets, sign: sign, coveredUpTo: zeroThreshold, schema: schema,
                to: &negativeSpans, &negativeBuckets)
        }
        count += sign * other.count
        sum += sign * other.sum
        return reconciliation
    }

    /// Brings both to the coarser schema.
    private mutating func reconcileSchema(with other: inout NativeHistogram) {
        reduceResolution(to: other.schema)
        other.reduceResolution(to: schema)
    }

    /// Combines what is known of resets; returns whether one histogram knows of a reset and the other of none.
    ///
    /// A gauge makes the result a gauge, anything unknown makes it unknown.
    mutating func combineHint(with other: CounterResetHint) -> Bool {
        if other == counterResetHint || counterResetHint == .gauge { return false }
        if other == .gauge {
            counterResetHint = .gauge
            return false
        }
        let isConflict = counterResetHint != .unknown && other != .unknown
        counterResetHint = .unknown
        return isConflict
    }
}
