/// Spans and populations, built bucket by bucket in ascending order of index.
package struct BucketRuns: Sendable {
    /// The runs so far, neighbouring ones merged.
    package private(set) var spans: [NativeHistogram.Span] = []
    /// The populations so far.
    package private(set) var populations: [Double] = []
    /// The index behind the last bucket.
    private var nextIndex = 0

    /// No buckets, with room for `capacity`.
    package init(capacity: Int = 0) {
        populations.reserveCapacity(capacity)
    }

    /// Whether a bucket with this index would be the one added last.
    package func endsAt(_ index: Int) -> Bool { index == nextIndex - 1 && !spans.isEmpty }

    /// Appends a bucket behind all others.
    package mutating func append(_ population: Double, at index: Int) {
        populations.append(population)
        if index == nextIndex, !spans.isEmpty, spans[spans.count - 1].length < .max {
            spans[spans.count - 1].length += 1
        } else {
            spans.append(NativeHistogram.Span(offset: Int32(clamping: index - nextIndex), length: 1))
        }
        nextIndex = index + 1
    }

    /// Adds to the bucket that was appended last.
    package mutating func addToLast(_ population: Double) {
        guard !populations.isEmpty else { return }
        populations[populations.count - 1] += population
    }
}
