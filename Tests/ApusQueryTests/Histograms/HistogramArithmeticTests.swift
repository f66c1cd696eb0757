import ApusModel
import ApusQuery
import ApusTestSupport
import Testing

@Suite("Addition and subtraction of native histograms")
struct HistogramArithmeticTests {
    typealias Span = NativeHistogram.Span

    @Test("buckets of both are merged, and the coarser schema wins")
    func schemas() throws {
        let fine = NativeHistogram.exponential(
            schema: 1, sum: 3, zeroCount: 1, buckets: [1, 2, 4], negativeBuckets: [1])
        let coarse = NativeHistogram.exponential(sum: 5, offset: 3, buckets: [7], negativeBuckets: [2])
        for sum in [try fine.adding(coarse).histogram, try coarse.adding(fine).histogram] {
            #expect(sum.schema == 0 && sum.sum == 8 && sum.count == 18 && sum.zeroCount == 1)
            #expect(sum.positiveSpans == [Span(offset: 0, length: 2), Span(offset: 1, length: 1)])
            #expect(sum.positiveBuckets == [1, 6, 7])
            #expect(sum.negativeBuckets == [3])
        }
    }

    @Test("a difference is a gauge and may be negative")
    func difference() throws {
        let one = NativeHistogram.exponential(sum: 4, buckets: [1, 2, 1]).with(hint: .notReset)
        let two = NativeHistogram.exponential(sum: 3, buckets: [1, 3], negativeBuckets: [2]).with(hint: .notReset)
        let difference = try one.subtracting(two)
        #expect(difference.histogram.counterResetHint == .gauge)
        #expect(difference.histogram.text == "{count:-2, sum:1, [-1,-0.5):-2, (1,2]:-1, (2,4]:1}")
        #expect(!difference.reconciliation.hintsConflicted && !difference.reconciliation.boundsWereReconciled)
    }

    @Test("the wider zero bucket takes in what it covers, and grows to the end of a bucket that it cuts")
    func zeroBuckets() throws {
        let narrow = NativeHistogram.exponential(
            zeroCount: 1, zeroThreshold: 0.25, offset: -1, buckets: [2, 4, 8], negativeBuckets: [16, 32])
        // 0.6 lies in (0.5, 1], which holds something: the border moves to 1.
        let wide = NativeHistogram.exponential(zeroCount: 5, zeroThreshold: 0.6, offset: 1, buckets: [64])
        for sum in [try narrow.adding(wide).histogram, try wide.adding(narrow).histogram] {
            #expect(sum.zeroThreshold == 1)
            #expect(sum.zeroCount == 1 + 2 + 4 + 16 + 5)
            #expect(sum.text == "{count:132, sum:0, [-2,-1):32, [-1,1]:28, (1,2]:72}")
        }
        // Where the bucket is empty the border stays.
        let sparse = NativeHistogram.exponential(zeroCount: 1, offset: 1, buckets: [8])
        #expect(try sparse.adding(wide).histogram.zeroThreshold == 0.6)
    }

    @Test("of different custom bounds the common ones stay, and it is said")
    func customBounds() throws {
        let one = NativeHistogram.custom(bounds: [2, 4, 6], buckets: [1, 2, 5, 7])
        let two = NativeHistogram.custom(bounds: [1, 2, 3, 6], buckets: [10, 20, 30, 40, 50])
        let sum = try one.adding(two)
        #expect(sum.reconciliation.boundsWereReconciled)
        #expect(sum.histogram.customBounds == [2, 6])
        #expect(sum.histogram.positiveBuckets == [31, 77, 57])
        #expect(sum.histogram.count == one.count + two.count)
        let difference = try two.subtracting(one).histogram
        #expect(difference.positiveBuckets == [29, 63, 43])
        let apart = try one.adding(.custom(bounds: [1], buckets: [1, 1])).histogram
        #expect(apart.customBounds.isEmpty && apart.positiveBuckets == [17])
        #expect(try !one.adding(one).reconciliation.boundsWereReconciled)
    }

    @Test("exponential and custom buckets do not mix")
    func incompatible() {
        let custom = NativeHistogram.custom(bounds: [1], buckets: [1])
        #expect(throws: HistogramArithmeticError.incompatibleSchemas) { try custom.adding(.exponential(buckets: [1])) }
        #expect(throws: HistogramArithmeticError.incompatibleSchemas) {
            var sum = HistogramSum(.exponential(buckets: [1]))
            try sum.add(custom)
        }
        #expect(throws: HistogramArithmeticError.incompatibleSchemas) {
            var mean = HistogramMean(custom)
            try mean.add(.exponential(buckets: [1]))
        }
    }

    @Test(
        "what is known of resets is combined",
        arguments: [
            (.unknown, .unknown, .unknown, false), (.reset, .reset, .reset, false),
            (.notReset, .notReset, .notReset, false), (.gauge, .reset, .gauge, false), (.reset, .gauge, .gauge, false),
            (.unknown, .notReset, .unknown, false), (.notReset, .unknown, .unknown, false),
            (.reset, .notReset, .unknown, true), (.notReset, .reset, .unknown, true),
        ]
            as [(
                NativeHistogram.CounterResetHint, NativeHistogram.CounterResetHint, NativeHistogram.CounterResetHint,
                Bool
            )])
    func hints(
        one: NativeHistogram.CounterResetHint, two: NativeHistogram.CounterResetHint,
        result: NativeHistogram.CounterResetHint, isConflict: Bool
    ) throws {
        let histogram = NativeHistogram.exponential(buckets: [1])
        let sum = try histogram.with(hint: one).adding(histogram.with(hint: two))
        #expect(sum.histogram.counterResetHint == result)
        #expect(sum.reconciliation.hintsConflicted == isConflict)
        var compensated = HistogramSum(histogram.with(hint: one))
        try compensated.add(histogram.with(hint: two))
        #expect(compensated.histogram.counterResetHint == result)
        #expect(compensated.hintsConflicted == isConflict)
    }

    @Test("scaling: a negative factor makes a gauge, a division by zero leaves no buckets")
    func scaling() {
        let histogram = NativeHistogram.exponential(sum: -2, zeroCount: 1, buckets: [2, 4])
        #expect(histogram.multiplied(by: 2).text == "{count:14, sum:-4, [0,0]:2, (0.5,1]:4, (1,2]:8}".replacingZero)
        #expect(histogram.multiplied(by: 2).counterResetHint == .unknown)
        #expect(histogram.negated.counterResetHint == .gauge)
        #expect(histogram.negated.positiveBuckets == [-2, -4] && histogram.negated.sum == 2)
        #expect(histogram.divided(by: -2).counterResetHint == .gauge)
        #expect(histogram.divided(by: 4).positiveBuckets == [0.5, 1])
        let nothing = histogram.divided(by: 0)
        #expect(nothing.positiveBuckets.isEmpty && nothing.positiveSpans.isEmpty)
        #expect(nothing.count == .infinity && nothing.sum == -.infinity && nothing.zeroCount == .infinity)
        #expect(histogram.multiplied(by: 0).positiveBuckets.isEmpty)
    }

    @Test("adding and taking away again gives the same")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 31)
        for _ in 0..<200 {
            let one = NativeHistogram.random(using: &generator, schemas: 2...2, zeroThreshold: 0.001)
            let two = NativeHistogram.random(using: &generator, schemas: 2...5, zeroThreshold: 0.001)
            var back = try one.adding(two).histogram
            try back.subtract(two)
            back.compact()
            var expected = one
            expected.compact()
            #expect(back.hasSameContent(as: expected), "\(one.text) + \(two.text)")
        }
    }

    @Test("sums do not depend on the order, and keep every observation")
    func commutative() throws {
        var generator = SeededGenerator(seed: 32)
        for round in 0..<200 {
            let isCustom = round.isMultiple(of: 3)
            let one = isCustom ? .randomCustom(using: &generator) : NativeHistogram.random(using: &generator)
            let two = isCustom ? .randomCustom(using: &generator) : NativeHistogram.random(using: &generator)
            let sum = try one.adding(two).histogram
            #expect(try sum.hasSameContent(as: two.adding(one).histogram), "\(one.text) + \(two.text)")
            #expect(throws: Never.self) { try sum.validate() }
            var observations = 0.0
            sum.forEachBucket { observations += $0.population }
            #expect(observations == sum.count && sum.count == one.count + two.count)
            var compensated = HistogramSum(one)
            try compensated.add(two)
            #expect(compensated.histogram.hasSameContent(as: sum))
        }
    }

    @Test("the sums of the script language are the same")
    func scripts() throws {
        var generator = SeededGenerator(seed: 33)
        func written(_ histogram: NativeHistogram) -> String {
            func list(_ numbers: [Double]) -> String { numbers.map { "\($0)" }.joined(separator: " ") }
            return "{{schema:\(histogram.schema) count:\(histogram.count) sum:\(histogram.sum) "
                + "z_bucket:\(histogram.zeroCount) z_bucket_w:\(histogram.zeroThreshold) "
                + "offset:\(histogram.positiveSpans.first?.offset ?? 0) buckets:[\(list(histogram.positiveBuckets))] "
                + "n_offset:\(histogram.negativeSpans.first?.offset ?? 0) n_buckets:[\(list(histogram.negativeBuckets))]}}"
        }
        for _ in 0..<100 {
            let one = NativeHistogram.random(using: &generator, schemas: -1...3, zeroThreshold: 0.001)
            let two = NativeHistogram.random(using: &generator, schemas: -1...3, zeroThreshold: 0.001)
            let script = try Script("load 1m\n  h \(written(one))+\(written(two))x1\n", file: "sum.test")
            guard case .load(let load)? = script.commands.first, let series = load.series.first,
                case .histogram(var expected, _)?? = series.values.last
            else {
                Issue.record("the script has no histogram")
                return
            }
            expected.compact()
            #expect(try one.adding(two).histogram.hasSameContent(as: expected), "\(one.text) + \(two.text)")
        }
    }
}

extension String {
    /// The zero bucket of width 0 is written with a negative zero on its left.
    fileprivate var replacingZero: String { split(separator: "[0,0]").joined(separator: "[-0,0]") }
}
