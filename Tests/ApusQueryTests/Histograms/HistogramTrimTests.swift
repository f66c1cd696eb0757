import ApusModel
import ApusQuery
import ApusTestSupport
import Testing

@Suite("Trimming of native histograms")
struct HistogramTrimTests {
    private static let histogram = NativeHistogram.exponential(
        sum: 123.75, zeroCount: 1, zeroThreshold: 0.001, buckets: [2, 4, 8, 16], negativeBuckets: [1, 2])

    @Test("at a bound nothing is interpolated")
    func atBounds() {
        let below = Self.histogram.trimmed(below: 2)
        #expect(below.count == 10 && below.positiveBuckets == [2, 4] && below.negativeBuckets == [1, 2])
        #expect(abs(below.sum - 3.5355339059327373) < 1e-12)
        let above = Self.histogram.trimmed(above: 2)
        #expect(above.count == 24 && above.positiveBuckets == [8, 16] && above.zeroCount == 0)
    }

    @Test("within a bucket the logarithm is interpolated")
    func within() {
        let middle = 2.0.squareRoot()
        let below = Self.histogram.trimmed(below: middle)
        #expect(abs(below.positiveBuckets[1] - 2) < 1e-12 && abs(below.count - 8) < 1e-12)
        let above = Self.histogram.trimmed(above: middle)
        #expect(abs(above.positiveBuckets[0] - 2) < 1e-12 && abs(above.count - 26) < 1e-12)
    }

    @Test("what keeps everything keeps count and sum as they are")
    func everything() {
        #expect(Self.histogram.trimmed(below: .infinity) == Self.histogram)
        #expect(Self.histogram.trimmed(above: -.infinity) == Self.histogram)
        #expect(Self.histogram.trimmed(above: .infinity).count == 0)
        #expect(Self.histogram.trimmed(below: -.infinity).positiveBuckets.isEmpty)
    }

    @Test("the zero bucket has one side only if the histogram has")
    func zeroBucket() {
        let positive = NativeHistogram.exponential(zeroCount: 2, zeroThreshold: 0.5, buckets: [10])
        #expect(abs(positive.trimmed(above: 0.1).zeroCount - 1.6) < 1e-12)
        #expect(positive.trimmed(above: 0).zeroCount == 2)
        let alone = NativeHistogram.exponential(zeroCount: 5, zeroThreshold: 0.1)
        #expect(abs(alone.trimmed(above: 0.05).zeroCount - 1.25) < 1e-12)
        #expect(abs(alone.trimmed(below: 0.05).sum + 0.09375) < 1e-12)
    }

    @Test("a bucket to infinity is kept whole or not at all, but for a start at zero")
    func unboundedBuckets() {
        let histogram = NativeHistogram.custom(bounds: [5], sum: 33, buckets: [1, 100])
        #expect(histogram.trimmed(below: 10).positiveBuckets == [1] && histogram.trimmed(below: 10).sum == 2.5)
        let above = histogram.trimmed(above: 2)
        #expect(above.positiveBuckets == [0.6, 100] && abs(above.sum - 502.1) < 1e-9)
        #expect(histogram.trimmed(below: 0).count == 0)
        let negative = NativeHistogram.custom(bounds: [-5], sum: 33, buckets: [1, 100])
        #expect(negative.trimmed(below: -10).sum == -10 && negative.trimmed(above: 10).sum == 1_000)
        let only = NativeHistogram.custom(bounds: [], sum: 100, buckets: [100])
        #expect(only.trimmed(below: 10).count == 0 && only.trimmed(below: .infinity) == only)
    }

    @Test("both halves together hold every observation, as the fractions say")
    func halves() {
        var generator = SeededGenerator(seed: 71)
        for _ in 0..<200 {
            let histogram = NativeHistogram.random(using: &generator, zeroThreshold: 0.001)
            if histogram.count == 0 { continue }
            let limit = Double.random(in: -20...20, using: &generator)
            let below = histogram.trimmed(below: limit)
            let above = histogram.trimmed(above: limit)
            #expect(abs(below.count + above.count - histogram.count) < 1e-9, "\(limit) in \(histogram.text)")
            var compact = histogram
            compact.compact()
            let fraction = compact.fraction(from: -.infinity, to: limit).value
            #expect(abs(below.count - fraction * histogram.count) < 1e-9, "\(limit) in \(histogram.text)")
        }
    }

    @Test("nothing a histogram claims stops its mathematics")
    func hostile() {
        var generator = SeededGenerator(seed: 72)
        let limits = [0, 1, -1, .nan, .infinity, -.infinity, 1e-300]
        for _ in 0..<800 {
            let one = NativeHistogram.hostile(using: &generator)
            let two = NativeHistogram.hostile(using: &generator)
            for limit in limits {
                _ = one.trimmed(below: limit)
                _ = one.trimmed(above: limit)
                _ = one.quantile(limit)
                _ = one.fraction(from: limit, to: 3)
            }
            _ = (one.quantile(0.3), one.quantile(0.7), one.variance, one.negated, one.divided(by: 0))
            _ = one.detectsReset(after: two)
            #expect(((try? one.adding(two)) != nil) == (one.isCustom == two.isCustom))
            _ = try? one.subtracting(two)
            var sum = HistogramSum(one)
            var mean = HistogramMean(one)
            for histogram in [two, one, two] {
                try? sum.add(histogram)
                try? mean.add(histogram)
            }
            try? sum.join(sum)
            try? mean.join(mean)
            #expect(sum.histogram.text.hasPrefix("{count:") && mean.histogram.text.hasPrefix("{count:"))
        }
    }
}
