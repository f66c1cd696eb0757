extension NativeHistogram {
    /// Throws what is wrong with the histogram, if anything is.
    ///
    /// As in Prometheus, `count` is not compared with the populations, for those are floats here.
    package func validate() throws(HistogramError) {
        if isCustom {
            try checkCustomBounds()
            if zeroCount != 0 { throw .customBoundsWithZeroCount }
            if zeroThreshold != 0 { throw .customBoundsWithZeroThreshold }
            if !negativeSpans.isEmpty { throw .customBoundsWithNegativeSpans }
            if !negativeBuckets.isEmpty { throw .customBoundsWithNegativeBuckets }
        } else if isExponential {
            try NativeHistogram.check(positiveSpans, of: .positive, populationCount: positiveBuckets.count)
            try NativeHistogram.check(negativeSpans, of: .negative, populationCount: negativeBuckets.count)
            try NativeHistogram.check(negativeBuckets, of: .negative)
            if !customBounds.isEmpty { throw .exponentialWithCustomBounds }
        } else {
            throw .invalidSchema(schema)
        }
        try NativeHistogram.check(positiveBuckets, of: .positive)
    }

    private func checkCustomBounds() throws(HistogramError) {
        var previous = -Double.infinity
        for (position, bound) in customBounds.enumerated() {
            if bound.isNaN { throw .notANumberCustomBound }
            if position > 0, bound <= previous {
                throw .customBoundsNotIncreasing(previous: previous, current: bound)
            }
            previous = bound
        }
        if previous == .infinity { throw .infiniteCustomBound }
        var reach = 0
        var needed = 0
        for (number, span) in positiveSpans.enumerated() {
            if span.offset < 0 { throw .negativeSpanOffset(side: nil, span: number + 1, offset: span.offset) }
            needed += Int(span.length)
            reach += Int(span.length) + Int(span.offset)
        }
        if needed != positiveBuckets.count {
            throw .spansBucketsMismatch(side: nil, needed: needed, available: positiveBuckets.count)
        }
        if customBounds.count + 1 < reach {
            throw .tooFewCustomBounds(defined: customBounds.count, needed: reach)
        }
    }

    private static func check(
        _ spans: [Span], of side: HistogramError.Side, populationCount: Int
    ) throws(HistogramError) {
        var needed = 0
        for (number, span) in spans.enumerated() {
            if number > 0, span.offset < 0 {
                throw .negativeSpanOffset(side: side, span: number + 1, offset: span.offset)
            }
            needed += Int(span.length)
        }
        if needed != populationCount {
            throw .spansBucketsMismatch(side: side, needed: needed, available: populationCount)
        }
    }

    private static func check(_ populations: [Double], of side: HistogramError.Side) throws(HistogramError) {
        for (position, population) in populations.enumerated() where population < 0 {
            throw .negativePopulation(side: side, bucket: position + 1, population: population)
        }
    }
}
