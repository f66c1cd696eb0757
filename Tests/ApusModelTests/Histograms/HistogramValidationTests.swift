import ApusModel
import ApusTestSupport
import Testing

@Suite("Validation of native histograms")
struct HistogramValidationTests {
    typealias Span = NativeHistogram.Span

    private static func message(_ histogram: NativeHistogram) -> String? {
        do {
            try histogram.validate()
            return nil
        } catch {
            return error.description
        }
    }

    private static func changed(
        _ histogram: NativeHistogram, _ change: (inout NativeHistogram) -> Void
    ) -> NativeHistogram {
        var histogram = histogram
        change(&histogram)
        return histogram
    }

    private static let exponential = NativeHistogram.exponential(buckets: [1, 2], negativeBuckets: [3])
    private static let custom = NativeHistogram.custom(bounds: [1, 2], buckets: [1, 2, 3])

    @Test("random valid histograms pass")
    func valid() throws {
        var generator = SeededGenerator(seed: 21)
        for _ in 0..<200 {
            try NativeHistogram.random(using: &generator, schemas: -4...8).validate()
            try NativeHistogram.randomCustom(using: &generator).validate()
        }
        try NativeHistogram().validate()
    }

    @Test("refusals are in the peers' words")
    func refusals() {
        let cases: [(NativeHistogram, String)] = [
            (
                Self.changed(Self.exponential) { $0.schema = 9 },
                "histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom buckets, got schema 9"
            ),
            (
                Self.changed(Self.exponential) { $0.negativeSpans = [] },
                "negative side: spans need 0 buckets, have 1 buckets: histogram spans specify different number of buckets than provided"
            ),
            (
                Self.changed(Self.exponential) { $0.positiveSpans = [Span(offset: 0, length: .max)] },
                "positive side: spans need 4294967295 buckets, have 2 buckets: histogram spans specify different number of buckets than provided"
            ),
            (
                Self.changed(Self.exponential) {
                    $0.positiveSpans = [Span(offset: -1, length: 1), Span(offset: -1, length: 1)]
                },
                "positive side: span number 2 with offset -1: histogram has a span whose offset is negative"
            ),
            (
                Self.changed(Self.exponential) { $0.negativeBuckets = [-1.5] },
                "negative side: bucket number 1 has observation count of -1.5: histogram has a bucket whose observation count is negative"
            ),
            (
                Self.changed(Self.custom) { $0.positiveBuckets[2] = -1 },
                "positive side: bucket number 3 has observation count of -1: histogram has a bucket whose observation count is negative"
            ),
            (
                Self.changed(Self.exponential) { $0.customBounds = [1] },
                "histogram with exponential schema must not have custom bounds"
            ),
            (
                Self.changed(Self.custom) { $0.customBounds = [2, 1] },
                "custom buckets: previous bound is 2.000000 and current is 1.000000: histogram custom bounds must be in strictly increasing order"
            ),
            (
                Self.changed(Self.custom) { $0.customBounds = [1, .infinity] },
                "custom buckets: last +Inf bound must not be explicitly defined: histogram custom bounds must be finite"
            ),
            (
                Self.changed(Self.custom) { $0.customBounds = [.nan, 2] },
                "custom buckets: histogram custom bounds must not be NaN"
            ),
            (
                Self.changed(Self.custom) { $0.customBounds = [1] },
                "custom buckets: only 1 custom bounds defined which is insufficient to cover total span length of 3: histogram custom bounds are too few"
            ),
            (
                Self.changed(Self.custom) { $0.positiveSpans = [Span(offset: -1, length: 3)] },
                "custom buckets: span number 1 with offset -1: histogram has a span whose offset is negative"
            ),
            (Self.changed(Self.custom) { $0.zeroCount = 1 }, "custom buckets: must have zero count of 0"),
            (Self.changed(Self.custom) { $0.zeroThreshold = 1 }, "custom buckets: must have zero threshold of 0"),
            (
                Self.changed(Self.custom) { $0.negativeSpans = [Span(offset: 0, length: 0)] },
                "custom buckets: must not have negative spans"
            ),
            (Self.changed(Self.custom) { $0.negativeBuckets = [1] }, "custom buckets: must not have negative buckets"),
        ]
        for (histogram, text) in cases { #expect(Self.message(histogram) == text) }
    }
}
