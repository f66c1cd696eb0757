import ApusModel
import ApusQuery
import ApusTestSupport
import Testing

@Suite("Counter resets of native histograms")
struct HistogramResetTests {
    private static func detects(_ previous: NativeHistogram, _ next: NativeHistogram) -> Bool {
        next.detectsReset(after: previous)
    }

    @Test("hints decide before anything is compared")
    func hints() {
        let (low, high) = (NativeHistogram.exponential(buckets: [1]), NativeHistogram.exponential(buckets: [5]))
        #expect(Self.detects(low, high.with(hint: .reset)))
        #expect(!Self.detects(high, low.with(hint: .notReset)))
        #expect(Self.detects(high, low.with(hint: .gauge)))
        #expect(!Self.detects(low, high))
    }

    @Test("the count, the zero bucket or one bucket that falls is a reset; the sum is not")
    func fallingNumbers() {
        var previous = NativeHistogram.exponential(sum: 9, zeroCount: 2, buckets: [1, 2, 1], negativeBuckets: [3])
        previous.count = 4
        var next = previous
        next.sum = 1
        #expect(!Self.detects(previous, next))
        next.count = 3
        #expect(Self.detects(previous, next))
        for change in [
            { $0.zeroCount = 1 }, { $0.positiveBuckets[1] = 1 }, { $0.negativeBuckets[0] = 2.5 },
            { $0.positiveSpans[0].offset = 1 }, { ($0.positiveSpans, $0.positiveBuckets) = ([], []) },
        ] as [(inout NativeHistogram) -> Void] {
            var next = previous
            change(&next)
            #expect(Self.detects(previous, next), "\(next.text)")
        }
    }

    @Test("a bucket that is missing is a reset only if it held something, wherever it stands")
    func missingBuckets() {
        var previous = NativeHistogram.exponential(buckets: [1, 0, 0])
        previous.count = 1
        #expect(!Self.detects(previous, .exponential(buckets: [2])))
        previous.positiveBuckets = [1, 0, 1]
        #expect(Self.detects(previous, .exponential(buckets: [2])))
    }

    @Test("finer resolution is a reset, coarser one is compared in its own buckets")
    func resolution() {
        let fine = NativeHistogram.exponential(schema: 1, offset: 1, buckets: [1, 2])
        #expect(Self.detects(.exponential(offset: 1, buckets: [3]), fine))
        #expect(!Self.detects(fine, .exponential(offset: 1, buckets: [3])))
        #expect(Self.detects(fine, .exponential(offset: 1, buckets: [2, 9])))
    }

    @Test("a narrower zero bucket is a reset, a wider one takes in the buckets it covers")
    func zeroBuckets() {
        let previous = NativeHistogram.exponential(zeroCount: 1, zeroThreshold: 0.5, buckets: [2, 3])
        #expect(Self.detects(previous, .exponential(zeroCount: 9, zeroThreshold: 0.25, buckets: [2, 3])))
        #expect(!Self.detects(previous, .exponential(zeroCount: 3, zeroThreshold: 1, offset: 1, buckets: [3])))
        #expect(Self.detects(previous, .exponential(zeroCount: 2, zeroThreshold: 1, offset: 1, buckets: [30])))
        #expect(Self.detects(previous, .exponential(zeroCount: 9, zeroThreshold: 0.7, offset: 1, buckets: [3])))
    }

    @Test("of different custom bounds the common buckets are compared")
    func customBounds() {
        let previous = NativeHistogram.custom(bounds: [2, 4, 6], buckets: [1, 2, 5, 7])
        #expect(!Self.detects(previous, .custom(bounds: [2, 3, 4, 6], buckets: [1, 0, 2, 5, 7])))
        #expect(Self.detects(previous, .custom(bounds: [2, 3, 4, 6], buckets: [1, 0, 1, 5, 8])))
        #expect(!Self.detects(previous, .custom(bounds: [5], buckets: [0, 15])))
        #expect(Self.detects(.exponential(buckets: [1]), previous))
        #expect(Self.detects(.custom(bounds: [1], buckets: [1]), .exponential(buckets: [2])))
    }

    @Test("what only grows is never a reset, whatever its layouts")
    func growth() throws {
        var generator = SeededGenerator(seed: 51)
        for round in 0..<200 {
            let isCustom = round.isMultiple(of: 3)
            let previous = isCustom ? .randomCustom(using: &generator) : NativeHistogram.random(using: &generator)
            let more = isCustom ? .randomCustom(using: &generator) : NativeHistogram.random(using: &generator)
            let next = try previous.adding(more).histogram
            #expect(!Self.detects(previous, next), "\(previous.text) to \(next.text)")
        }
    }
}
