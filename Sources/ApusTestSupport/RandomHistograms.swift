package import ApusModel

extension NativeHistogram {
    /// A histogram with exponential buckets, one run on each side; count is the number of observations in the buckets.
    package static func exponential(
        schema: Int32 = 0, sum: Double = 0, zeroCount: Double = 0, zeroThreshold: Double = 0, offset: Int32 = 0,
        buckets: [Double] = [], negativeOffset: Int32 = 0, negativeBuckets: [Double] = []
    ) -> NativeHistogram {
        var histogram = NativeHistogram()
        histogram.schema = schema
        histogram.sum = sum
        histogram.zeroCount = zeroCount
        histogram.zeroThreshold = zeroThreshold
        histogram.positiveSpans = run(offset, buckets)
        histogram.positiveBuckets = buckets
        histogram.negativeSpans = run(negativeOffset, negativeBuckets)
        histogram.negativeBuckets = negativeBuckets
        histogram.count = zeroCount + buckets.reduce(0, +) + negativeBuckets.reduce(0, +)
        return histogram
    }

    /// A histogram with custom bounds; count is the number of observations in the buckets.
    package static func custom(
        bounds: [Double], sum: Double = 0, offset: Int32 = 0, buckets: [Double]
    ) -> NativeHistogram {
        var histogram = NativeHistogram()
        histogram.schema = customBoundsSchema
        histogram.customBounds = bounds
        histogram.sum = sum
        histogram.positiveSpans = run(offset, buckets)
        histogram.positiveBuckets = buckets
        histogram.count = buckets.reduce(0, +)
        return histogram
    }

    private static func run(_ offset: Int32, _ buckets: [Double]) -> [Span] {
        buckets.isEmpty ? [] : [Span(offset: offset, length: UInt32(clamping: buckets.count))]
    }

    /// The same histogram with other knowledge of resets.
    package func with(hint: CounterResetHint) -> NativeHistogram {
        var histogram = self
        histogram.counterResetHint = hint
        return histogram
    }

    /// A valid random histogram with whole numbers of observations, some buckets empty.
    package static func random(
        using generator: inout SeededGenerator, schemas: ClosedRange<Int32> = -2...4, zeroThreshold: Double? = nil
    ) -> NativeHistogram {
        func buckets(_ generator: inout SeededGenerator) -> [Double] {
            (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                Double(max(0, Int.random(in: -3...20, using: &generator)))
            }
        }
        let schema = Int32.random(in: schemas, using: &generator)
        let threshold = zeroThreshold ?? [0, 0.001, 0.3, 1][Int.random(in: 0..<4, using: &generator)]
        // No bucket reaches into the zero bucket.
        func offset(_ generator: inout SeededGenerator) -> Int32 {
            var offset = Int32.random(in: -6...6, using: &generator)
            while upperBound(index: offset - 1, schema: schema) < threshold { offset += 1 }
            return offset
        }
        return exponential(
            schema: schema, sum: Double(Int.random(in: -50...50, using: &generator)),
            zeroCount: Double(Int.random(in: 0...5, using: &generator)), zeroThreshold: threshold,
            offset: offset(&generator), buckets: buckets(&generator), negativeOffset: offset(&generator),
            negativeBuckets: buckets(&generator))
    }

    /// A valid random histogram with custom bounds out of 1, 2, … 8.
    package static func randomCustom(using generator: inout SeededGenerator) -> NativeHistogram {
        let bounds = (1...8).map(Double.init).filter { _ in Bool.random(using: &generator) }
        let buckets = (0...bounds.count).map { _ in Double(Int.random(in: 0...9, using: &generator)) }
        return custom(bounds: bounds, sum: Double(Int.random(in: 0...99, using: &generator)), buckets: buckets)
    }

    /// A histogram as nobody should send one: spans, schemas, bounds and numbers that claim anything.
    package static func hostile(using generator: inout SeededGenerator) -> NativeHistogram {
        let numbers = [
            0, -0.0, 1, -1, 0.5, 1e308, -1e308, .leastNonzeroMagnitude, .infinity, -.infinity, .nan,
            Double.greatestFiniteMagnitude,
        ]
        func number(_ generator: inout SeededGenerator) -> Double { numbers.randomElement(using: &generator) ?? 0 }
        func spans(_ generator: inout SeededGenerator) -> [Span] {
            (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                Span(
                    offset: [0, 1, -1, .max, .min, 7].randomElement(using: &generator) ?? 0,
                    length: [0, 1, 2, 5, .max].randomElement(using: &generator) ?? 0)
            }
        }
        func populations(_ generator: inout SeededGenerator) -> [Double] {
            (0..<Int.random(in: 0...6, using: &generator)).map { _ in number(&generator) }
        }
        var histogram = NativeHistogram()
        histogram.schema = [-53, -53, 0, 0, 8, -4, 3, 52, .max, .min, -9].randomElement(using: &generator) ?? 0
        histogram.count = number(&generator)
        histogram.sum = number(&generator)
        histogram.zeroCount = number(&generator)
        histogram.zeroThreshold = number(&generator)
        histogram.positiveSpans = spans(&generator)
        histogram.positiveBuckets = populations(&generator)
        histogram.negativeSpans = spans(&generator)
        histogram.negativeBuckets = populations(&generator)
        histogram.customBounds = populations(&generator)
        histogram.counterResetHint = [.unknown, .reset, .notReset, .gauge].randomElement(using: &generator) ?? .unknown
        return histogram
    }
}
