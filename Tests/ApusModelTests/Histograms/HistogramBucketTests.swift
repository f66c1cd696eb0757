import ApusModel
import ApusTestSupport
import Testing

@Suite("Buckets of native histograms")
struct HistogramBucketTests {
    private static func buckets(_ histogram: NativeHistogram) -> [[Double]] {
        var result: [[Double]] = []
        histogram.forEachBucket { result.append([$0.lower, $0.upper, $0.population]) }
        return result
    }

    @Test(
        "bounds of exponential buckets are the peers' to the last bit",
        arguments: [
            (-1, -1, 0.25), (0, -1, 1), (1, -1, 4), (512, -1, .greatestFiniteMagnitude), (513, -1, .infinity),
            (-1, 0, 0.5), (0, 0, 1), (1, 0, 2), (1_024, 0, .greatestFiniteMagnitude), (1_025, 0, .infinity),
            (-1, 2, 0.8408964152537144), (0, 2, 1), (1, 2, 1.189207115002721), (4_096, 2, .greatestFiniteMagnitude),
            (4_097, 2, .infinity), (1, 1, 1.414213562373095), (3, -4, 281_474_976_710_656),
            (64, -4, .greatestFiniteMagnitude), (65, -4, .infinity), (Int32.max, 8, .infinity), (Int32.min, 8, 0),
            (Int32.max, -4, .infinity), (Int32.min, -4, 0), (1, 8, 1.0027112750502025),
            (262_144, 8, .greatestFiniteMagnitude),
        ] as [(Int32, Int32, Double)])
    func bounds(index: Int32, schema: Int32, bound: Double) {
        #expect(NativeHistogram.upperBound(index: index, schema: schema) == bound)
    }

    @Test("bounds of coarser schemas are among those of finer ones, and all grow")
    func nestedBounds() {
        for schema in Int32(-3)...8 {
            for index in Int32(-40)...40 {
                let bound = NativeHistogram.upperBound(index: index, schema: schema)
                #expect(bound < NativeHistogram.upperBound(index: index + 1, schema: schema))
                #expect(
                    NativeHistogram.upperBound(index: index, schema: schema - 1)
                        == NativeHistogram.upperBound(index: index * 2, schema: schema))
            }
        }
    }

    @Test("buckets come ascending, without empty ones, cut at the zero bucket")
    func walk() {
        let histogram = NativeHistogram.exponential(
            zeroCount: 3, zeroThreshold: 0.75, buckets: [4, 0, 5], negativeBuckets: [1, 2])
        #expect(
            Self.buckets(histogram) == [
                [-2, -1, 2], [-1, -0.75, 1], [-0.75, 0.75, 3], [0.75, 1, 4], [2, 4, 5],
            ])
        var descending: [Double] = []
        var walk = BucketWalk(histogram, isDescending: true)
        while let bucket = walk.next() { descending.append(bucket.population) }
        #expect(descending == [5, 0, 4, 3, 1, 2])
    }

    @Test("custom buckets reach from −Inf to +Inf")
    func customBuckets() {
        let histogram = NativeHistogram.custom(bounds: [0, 5], buckets: [1, 2, 3])
        #expect(Self.buckets(histogram) == [[-.infinity, 0, 1], [0, 5, 2], [5, .infinity, 3]])
        var included: [Bool] = []
        histogram.forEachBucket { included.append($0.includesLower) }
        #expect(included == [true, false, false])
    }

    @Test("a cursor goes over several spans in both directions")
    func cursor() {
        typealias Span = NativeHistogram.Span
        let spans = [
            Span(offset: -2, length: 2), Span(offset: 0, length: 0), Span(offset: 3, length: 0),
            Span(offset: 1, length: 3),
        ]
        var cursor = BucketCursor(spans, populationCount: 5)
        var indexes: [Int] = []
        while cursor.advance() { indexes.append(cursor.index) }
        #expect(indexes == [-2, -1, 4, 5, 6])
        cursor.seekEnd()
        var reversed: [Int] = []
        while cursor.retreat() { reversed.append(cursor.index) }
        #expect(reversed == indexes.reversed())
    }

    @Test("text is as the peers write it")
    func text() {
        let histogram = NativeHistogram.exponential(
            sum: 2_444_444.5, zeroCount: 2, zeroThreshold: 0.001, buckets: [1, 0, 1.5], negativeBuckets: [0, 3])
        #expect(
            histogram.text
                == "{count:7.5, sum:2.4444445e+06, [-2,-1):3, [-0.001,0.001]:2, (0.5,1]:1, (2,4]:1.5}")
        #expect(
            NativeHistogram.custom(bounds: [5, 10], sum: .infinity, buckets: [1, 0, 2]).text
                == "{count:3, sum:+Inf, [-Inf,5]:1, (10,+Inf]:2}")
        #expect(NativeHistogram().text == "{count:0, sum:0}")
    }

    @Test("compacting drops empty buckets wherever they are and joins spans")
    func compact() {
        typealias Span = NativeHistogram.Span
        var histogram = NativeHistogram()
        histogram.positiveSpans = [
            Span(offset: 1, length: 3), Span(offset: 0, length: 2), Span(offset: 4, length: 0),
            Span(offset: 2, length: 2),
        ]
        histogram.positiveBuckets = [0, 1, 2, 3, 0, 0, 4]
        histogram.negativeSpans = [Span(offset: 3, length: 2)]
        histogram.negativeBuckets = [0, 0]
        histogram.compact()
        #expect(histogram.positiveSpans == [Span(offset: 2, length: 3), Span(offset: 8, length: 1)])
        #expect(histogram.positiveBuckets == [1, 2, 3, 4])
        #expect(histogram.negativeSpans.isEmpty && histogram.negativeBuckets.isEmpty)
    }

    @Test("reducing the resolution merges pairs around the bound 1")
    func reduce() {
        var histogram = NativeHistogram.exponential(schema: 1, offset: -1, buckets: [1, 2, 4, 8, 16])
        histogram.reduceResolution(to: 0)
        #expect(histogram.positiveSpans == [NativeHistogram.Span(offset: 0, length: 3)])
        #expect(histogram.positiveBuckets == [3, 12, 16])
        histogram.reduceResolution(to: 3)
        #expect(histogram.schema == 0)
    }

    @Test("reducing the resolution and compacting keep all observations between the bounds that are left")
    func reduceKeepsCounts() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<200 {
            let histogram = NativeHistogram.random(using: &generator, schemas: 0...8, zeroThreshold: 0)
            var reduced = histogram
            reduced.reduceResolution(to: Int32.random(in: -4...histogram.schema, using: &generator))
            reduced.compact()
            #expect(throws: Never.self) { try reduced.validate() }
            var kept: [[Double]] = []
            reduced.forEachBucket { kept.append([$0.lower, $0.upper, $0.population]) }
            histogram.forEachBucket { bucket in
                guard let holder = kept.firstIndex(where: { $0[0] <= bucket.lower && bucket.upper <= $0[1] }) else {
                    Issue.record("\(bucket) of \(histogram.text) is in no bucket of \(reduced.text)")
                    return
                }
                kept[holder][2] -= bucket.population
            }
            #expect(kept.allSatisfy { $0[2] == 0 })
        }
    }

    @Test("content is compared by bits, without hints, and layout by indexes")
    func equality() {
        typealias Span = NativeHistogram.Span
        var one = NativeHistogram.exponential(sum: .nan, buckets: [1, 2])
        var other = one.with(hint: .gauge)
        #expect(one.hasSameContent(as: other))
        other.positiveSpans = [Span(offset: 0, length: 1), Span(offset: 0, length: 0), Span(offset: 0, length: 1)]
        #expect(one.hasSameContent(as: other))
        other.positiveSpans = [Span(offset: 0, length: 1), Span(offset: 1, length: 1)]
        #expect(!one.hasSameContent(as: other))
        one.zeroCount = -0.0
        #expect(!one.hasSameContent(as: NativeHistogram.exponential(sum: .nan, buckets: [1, 2])))
        #expect(
            !NativeHistogram.custom(bounds: [1], buckets: [1]).hasSameContent(as: .custom(bounds: [2], buckets: [1])))
        #expect(!NativeHistogram.exponential(buckets: [1, 0]).hasSameContent(as: .exponential(buckets: [1])))
    }

    @Test("nothing a histogram claims stops the program")
    func hostile() {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<800 {
            var histogram = NativeHistogram.hostile(using: &generator)
            _ = try? histogram.validate()
            #expect(histogram.text.hasPrefix("{count:"))
            var count = 0
            histogram.forEachBucket { _ in count += 1 }
            #expect(count <= histogram.positiveBuckets.count + histogram.negativeBuckets.count + 1)
            #expect(
                histogram.hasSameContent(as: histogram) || histogram.zeroThreshold.isNaN
                    || histogram.customBounds.contains { $0.isNaN })
            histogram.reduceResolution(to: -4)
            histogram.compact()
            #expect(histogram.text.hasPrefix("{count:"))
        }
    }
}
