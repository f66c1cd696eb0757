import ApusModel
import ApusQuery
import ApusTestSupport
import Testing

@Suite("Quantiles, fractions and moments of native histograms")
struct HistogramEstimateTests {
    private static func isNear(_ one: Double, _ other: Double) -> Bool {
        one == other || abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1e-9)
    }

    @Test("exponential buckets are interpolated on a logarithmic scale, the zero bucket linearly")
    func quantiles() {
        let histogram = NativeHistogram.exponential(
            zeroCount: 2, zeroThreshold: 0.001, buckets: [2, 3, 0, 1, 4])
        #expect(histogram.quantile(1).value == 16)
        #expect(Self.isNear(histogram.quantile(0.9).value, 12.99603834169977))
        #expect(Self.isNear(histogram.quantile(0.5).value, 1.5874010519681994))
        #expect(Self.isNear(histogram.quantile(1.0 / 12).value, 0.0005))
        #expect(histogram.quantile(0).value == 0)
        #expect(histogram.quantile(-1).value == -.infinity && histogram.quantile(2).value == .infinity)
        #expect(histogram.quantile(.nan).value.isNaN && NativeHistogram().quantile(0.5).value.isNaN)
        let mirrored = NativeHistogram.exponential(
            zeroCount: 2, zeroThreshold: 0.001, negativeBuckets: [2, 3, 0, 1, 4])
        #expect(Self.isNear(mirrored.quantile(0.1).value, -12.99603834169977))
        #expect(mirrored.quantile(1).value == 0)
    }

    @Test("custom buckets are interpolated linearly; the outer ones give their finite bound")
    func customQuantiles() {
        let histogram = NativeHistogram.custom(bounds: [5, 10], buckets: [1, 2, 1])
        #expect(histogram.quantile(0.5).value == 7.5)
        #expect(histogram.quantile(0.125).value == 2.5)
        #expect(histogram.quantile(0.9).value == 10)
        #expect(NativeHistogram.custom(bounds: [-2, 3], buckets: [1, 2]).quantile(0.1).value == -2)
    }

    @Test("observations of NaN count as the greatest and are told")
    func notANumber() {
        var histogram = NativeHistogram.exponential(sum: .nan, buckets: [12])
        #expect(histogram.quantile(0.5).nanEffect == .none)
        histogram.count = 15
        #expect(histogram.quantile(0.81).value.isNaN && histogram.quantile(0.81).nanEffect == .resultIsNaN)
        #expect(histogram.quantile(0.8).value == 1 && histogram.quantile(0.8).nanEffect == .resultIsSkewedHigher)
        let fraction = histogram.fraction(from: -.infinity, to: .infinity)
        #expect(Self.isNear(fraction.value, 0.8) && fraction.excludesNaN)
    }

    @Test("fractions")
    func fractions() {
        let histogram = NativeHistogram.exponential(
            zeroCount: 4, zeroThreshold: 0.001, buckets: [2, 3, 0, 1, 4], negativeBuckets: [2, 3, 0, 1, 4])
        #expect(histogram.fraction(from: 0, to: .infinity).value == 0.5)
        #expect(histogram.fraction(from: 1, to: 2).value == 0.125)
        #expect(Self.isNear(histogram.fraction(from: -6, to: -1.5).value, 0.07625312493990362))
        #expect(histogram.fraction(from: 2, to: 2).value == 0 && histogram.fraction(from: 3, to: 2).value == 0)
        #expect(histogram.fraction(from: .nan, to: 2).value.isNaN)
        #expect(NativeHistogram().fraction(from: 0, to: 1).value.isNaN)
        let custom = NativeHistogram.custom(bounds: [-5, 5], buckets: [1, 2, 1])
        #expect(custom.fraction(from: -.infinity, to: 2.5).value == 0.5)
        #expect(custom.fraction(from: -.infinity, to: -7).value == 0.25)
    }

    @Test("a quantile lies within the bounds of the buckets, grows, and is the inverse of the fraction below it")
    func consistency() {
        var generator = SeededGenerator(seed: 61)
        for _ in 0..<200 {
            var histogram = NativeHistogram.random(using: &generator)
            histogram.compact()
            if histogram.count == 0 { continue }
            var bounds: [Double] = []
            histogram.forEachBucket { bounds += [$0.lower, $0.upper] }
            var last = -Double.infinity
            for step in 0...20 {
                let rank = Double(step) / 20
                let value = histogram.quantile(rank).value
                let context = "\(rank) of \(histogram.text) is \(value)"
                let lowest = bounds.min() ?? 0
                let highest = bounds.max() ?? 0
                #expect(value >= lowest || Self.isNear(value, lowest), "\(context)")
                #expect(value <= highest || Self.isNear(value, highest), "\(context)")
                #expect(value >= last || Self.isNear(value, last), "\(context)")
                last = value
                if step > 0, step < 20, value != 0 {
                    let below = histogram.fraction(from: -.infinity, to: value).value
                    #expect(abs(below - rank) < 1e-9 || isOnGap(histogram, value), "\(context), \(below)")
                }
            }
        }
    }

    /// Whether a value is the border of a bucket, where ranks jump over empty ones.
    private func isOnGap(_ histogram: NativeHistogram, _ value: Double) -> Bool {
        var isBorder = false
        histogram.forEachBucket { bucket in
            if Self.isNear(bucket.lower, value) || Self.isNear(bucket.upper, value) { isBorder = true }
        }
        return isBorder
    }

    @Test("the fractions of neighbouring ranges add up")
    func additivity() {
        var generator = SeededGenerator(seed: 62)
        for round in 0..<300 {
            let histogram =
                round.isMultiple(of: 2) ? .randomCustom(using: &generator) : NativeHistogram.random(using: &generator)
            if histogram.count == 0 { continue }
            let middle = Double.random(in: -20...20, using: &generator)
            let whole = histogram.fraction(from: -.infinity, to: .infinity).value
            let parts =
                histogram.fraction(from: -.infinity, to: middle).value
                + histogram.fraction(from: middle, to: .infinity).value
            #expect(Self.isNear(whole, 1) && Self.isNear(parts, 1), "\(middle) in \(histogram.text)")
        }
    }

    @Test("moments take the geometric middle of exponential and the arithmetic one of custom buckets")
    func moments() {
        let histogram = NativeHistogram.exponential(
            sum: 12, offset: 2, buckets: [2, 0, 2], negativeOffset: 2, negativeBuckets: [2])
        // Middles: 2√2 twice, 8√2 twice, −2√2 twice; the mean of the observations is 2.
        let middles = [2.0, 2, 8, 8, -2, -2].map { $0 * 2.0.squareRoot() }
        let variance = middles.reduce(0) { $0 + ($1 - 2) * ($1 - 2) } / 6
        #expect(histogram.average == 2)
        #expect(Self.isNear(histogram.variance, variance))
        #expect(Self.isNear(histogram.standardDeviation, variance.squareRoot()))
        let custom = NativeHistogram.custom(bounds: [0, 2, 4], sum: 8, offset: 1, buckets: [2, 2])
        #expect(custom.variance == 1)
        #expect(NativeHistogram().variance.isNaN && NativeHistogram().average.isNaN)
        var infinite = histogram
        infinite.sum = .infinity
        #expect(infinite.variance == .infinity)
    }
}
