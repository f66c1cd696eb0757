import ApusModel
import ApusQuery
import ApusTestSupport
import Testing

@Suite("Compensated sums and averages of native histograms")
struct HistogramSumTests {
    private static func sum(_ histograms: [NativeHistogram]) throws -> HistogramSum {
        var sum = HistogramSum(histograms[0])
        for histogram in histograms.dropFirst() { try sum.add(histogram) }
        return sum
    }

    private static func mean(_ histograms: [NativeHistogram]) throws -> HistogramMean {
        var mean = HistogramMean(histograms[0])
        for histogram in histograms.dropFirst() { try mean.add(histogram) }
        return mean
    }

    @Test("what rounding takes from sum, zero bucket and buckets is given back")
    func compensation() throws {
        let values = [1, 1e100, 1, -1e100]
        let histograms = values.map { value in
            NativeHistogram.exponential(sum: value, zeroCount: value, buckets: [value], negativeBuckets: [value])
        }
        let sum = try Self.sum(histograms).histogram
        #expect(sum.sum == 2 && sum.zeroCount == 2 && sum.positiveBuckets == [2] && sum.negativeBuckets == [2])
        let mean = try Self.mean(histograms).histogram
        #expect(mean.sum == 0.5 && mean.zeroCount == 0.5 && mean.positiveBuckets == [0.5])
    }

    @Test("what rounding takes survives other layouts, schemas, zero buckets and bounds")
    func compensationThroughReconciliation() throws {
        func layout(_ step: Int, _ value: Double) -> NativeHistogram {
            switch step {
            case 0: .exponential(schema: 2, offset: 2, buckets: [value, 0, 3])
            case 1: .exponential(schema: 1, offset: 1, buckets: [value])
            case 2: .exponential(schema: 1, zeroThreshold: 0.01, offset: 1, buckets: [value, 5])
            default: .exponential(schema: 0, zeroThreshold: 0.02, offset: 1, buckets: [value])
            }
        }
        let sum = try Self.sum([1, 1e100, 1, -1e100].enumerated().map { layout($0.offset, $0.element) })
        #expect(sum.histogram.zeroThreshold == 0.02)
        #expect(sum.histogram.positiveBuckets == [10])
        let custom = try Self.sum([
            .custom(bounds: [1, 2], buckets: [1]), .custom(bounds: [1], buckets: [1e100]),
            .custom(bounds: [1, 3], buckets: [1]), .custom(bounds: [1], buckets: [-1e100]),
        ])
        #expect(custom.boundsWereReconciled)
        #expect(custom.histogram.positiveBuckets == [2])
    }

    @Test("an average goes on where the sum overflows")
    func overflow() throws {
        let huge = Double.greatestFiniteMagnitude
        let histograms = [huge, huge / 2, 0, huge].map { NativeHistogram.exponential(sum: 1, buckets: [$0]) }
        let mean = try Self.mean(histograms).histogram
        #expect(abs(mean.positiveBuckets[0] / huge - 0.625) < 1e-12)
        #expect(mean.sum == 1)
        #expect(try Self.sum(histograms).histogram.positiveBuckets == [.infinity])
        let infinite = try Self.mean([.exponential(sum: .infinity, buckets: [1]), .exponential(sum: 1, buckets: [3])])
        #expect(infinite.histogram.sum == .infinity && infinite.histogram.positiveBuckets == [2])
    }

    @Test("conflicting hints are noticed anywhere in the row")
    func conflicts() throws {
        let histogram = NativeHistogram.exponential(buckets: [1])
        let hints: [NativeHistogram.CounterResetHint] = [.notReset, .unknown, .gauge, .reset]
        #expect(try Self.sum(hints.map { histogram.with(hint: $0) }).hintsConflicted)
        #expect(try Self.mean(hints.map { histogram.with(hint: $0) }).hintsConflicted)
        #expect(try !Self.sum([.reset, .gauge, .unknown].map { histogram.with(hint: $0) }).hintsConflicted)
    }

    @Test("sums and averages of parts join to those of the whole")
    func join() throws {
        var generator = SeededGenerator(seed: 41)
        for round in 0..<300 {
            let isCustom = round.isMultiple(of: 4)
            let histograms = (0..<6).map { _ in
                isCustom
                    ? .randomCustom(using: &generator) : NativeHistogram.random(using: &generator, zeroThreshold: 0.001)
            }
            let cut = Int.random(in: 1...5, using: &generator)
            var sum = try Self.sum(Array(histograms[..<cut]))
            try sum.join(Self.sum(Array(histograms[cut...])))
            #expect(try sum.histogram.hasSameContent(as: Self.sum(histograms).histogram))
            var mean = try Self.mean(Array(histograms[..<cut]))
            try mean.join(Self.mean(Array(histograms[cut...])))
            let whole = try Self.mean(histograms).histogram
            #expect(mean.histogram.count == whole.count && mean.histogram.sum == whole.sum)
            #expect(mean.histogram.positiveBuckets == whole.positiveBuckets)
        }
    }

    @Test("averages that overflow join too")
    func joinOverflowing() throws {
        let huge = NativeHistogram.exponential(buckets: [.greatestFiniteMagnitude])
        var mean = try Self.mean([huge, huge])
        try mean.join(Self.mean([huge, .exponential(buckets: [0])]))
        #expect(abs(mean.histogram.positiveBuckets[0] / .greatestFiniteMagnitude - 0.75) < 1e-12)
    }
}
