/// Walks the buckets that spans describe, forwards or backwards.
///
/// Never trusts the spans: it ends where either they or the populations end, whatever lengths they claim, and gives
/// indexes as `Int`, which sums of 32-bit offsets and lengths cannot overflow.
package struct BucketCursor: Sendable {
    private let spans: [NativeHistogram.Span]
    private let populationCount: Int
    private var span = -1
    private var positionInSpan = -1
    private var spanLength = 0
    /// The position of the current bucket among the populations.
    package private(set) var position = -1
    /// The index of the current bucket in its schema.
    package private(set) var index = -1

    /// A cursor before the first bucket.
    package init(_ spans: [NativeHistogram.Span], populationCount: Int) {
        self.spans = spans
        self.populationCount = populationCount
    }

    /// Goes to the next bucket; false when there is none.
    package mutating func advance() -> Bool {
        guard position + 1 < populationCount else {
            position = populationCount
            return false
        }
        positionInSpan += 1
        index += 1
        while positionInSpan >= spanLength {
            span += 1
            guard span < spans.count else {
                position = populationCount
                return false
            }
            index += Int(spans[span].offset)
            spanLength = Int(spans[span].length)
            positionInSpan = 0
        }
        position += 1
        return true
    }

    /// Goes behind the last bucket, for `retreat`.
    package mutating func seekEnd() {
        self = BucketCursor(spans, populationCount: populationCount)
        position = 0
        index = 0
        while position < populationCount, span + 1 < spans.count {
            span += 1
            index += Int(spans[span].offset)
            spanLength = Int(spans[span].length)
            positionInSpan = min(spanLength, populationCount - position)
            position += positionInSpan
            index += positionInSpan
        }
    }

    /// Goes to the bucket before; false when there is none.
    package mutating func retreat() -> Bool {
        guard position > 0 else {
            position = -1
            return false
        }
        position -= 1
        positionInSpan -= 1
        index -= 1
        while positionInSpan < 0 {
            index -= Int(spans[span].offset)
            span -= 1
            guard span >= 0 else { return false }
            positionInSpan = Int(spans[span].length) - 1
        }
        return true
    }
}
