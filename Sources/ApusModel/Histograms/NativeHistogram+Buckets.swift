extension NativeHistogram {
    /// A bucket with its bounds.
    package struct Bucket: Equatable, Sendable {
        /// The lower bound.
        package var lower: Double
        /// The upper bound.
        package var upper: Double
        /// The number of observations.
        package var population: Double
        /// Whether the lower bound belongs to the bucket.
        package var includesLower: Bool
        /// Whether the upper bound belongs to the bucket.
        package var includesUpper: Bool
        /// The index in the schema; 0 for the zero bucket.
        package var index: Int32

        /// A bucket from `lower` to `upper`.
        package init(
            lower: Double, upper: Double, population: Double, includesLower: Bool = false, includesUpper: Bool = true,
            index: Int32 = 0
        ) {
            self.lower = lower
            self.upper = upper
            self.population = population
            self.includesLower = includesLower
            self.includesUpper = includesUpper
            self.index = index
        }
    }

    /// Whether the bounds are `customBounds`.
    package var isCustom: Bool { schema == NativeHistogram.customBoundsSchema }

    /// Whether the bounds are powers of a base given by the schema.
    package var isExponential: Bool { NativeHistogram.exponentialSchemas.contains(schema) }

    /// Calls `body` for each bucket that holds something, ascending: negative, zero, positive.
    ///
    /// As the JSON form and the estimates of Prometheus see them: a bucket that reaches into the zero bucket is cut at its
    /// border, and the zero bucket counts only with a population above zero.
    package func forEachBucket(_ body: (Bucket) -> Void) {
        var walk = BucketWalk(self)
        while let bucket = walk.next() {
            if bucket.population != 0 { body(bucket) }
        }
    }

    /// The zero bucket.
    package var zeroBucket: Bucket {
        Bucket(lower: -zeroThreshold, upper: zeroThreshold, population: zeroCount, includesLower: true)
    }

    /// The bucket for positive values (or of custom bounds) at `index`.
    package func positiveBucket(at index: Int, population: Double) -> Bucket {
        let lower = bound(index - 1)
        let upper = bound(index)
        return Bucket(
            lower: lower, upper: upper, population: population, includesLower: isCustom ? index == 0 : lower < 0,
            includesUpper: isCustom || upper > 0, index: Int32(clamping: index))
    }

    /// The bucket for negative values at `index`.
    package func negativeBucket(at index: Int, population: Double) -> Bucket {
        let lower = -bound(index)
        let upper = -bound(index - 1)
        return Bucket(
            lower: lower, upper: upper, population: population, includesLower: lower < 0, includesUpper: upper > 0,
            index: Int32(clamping: index))
    }

    /// The upper bound of the bucket at `index`; custom bounds end in −Inf and +Inf.
    package func bound(_ index: Int) -> Double {
        if isCustom {
            if index < 0 { return -.infinity }
            return index < customBounds.count ? customBounds[index] : .infinity
        }
        return NativeHistogram.exponentialBound(index, schema: schema)
    }

    /// A cursor over the buckets for positive values.
    package var positiveCursor: BucketCursor { BucketCursor(positiveSpans, populationCount: positiveBuckets.count) }

    /// A cursor over the buckets for negative values, from the zero bucket downwards.
    package var negativeCursor: BucketCursor { BucketCursor(negativeSpans, populationCount: negativeBuckets.count) }
}

/// Walks all buckets of a histogram by their bounds, ascending or descending, empty ones included.
///
/// Buckets that reach into the zero bucket are cut at its border; the zero bucket is there if its population is above
/// zero.
package struct BucketWalk: Sendable {
    private enum Stage { case first, zero, last, end }

    private let histogram: NativeHistogram
    private let isDescending: Bool
    private var negative: BucketCursor
    private var positive: BucketCursor
    private var stage = Stage.first

    /// A walk over `histogram`.
    package init(_ histogram: NativeHistogram, isDescending: Bool = false) {
        self.histogram = histogram
        self.isDescending = isDescending
        negative = histogram.negativeCursor
        positive = histogram.positiveCursor
        if isDescending { positive.seekEnd() } else { negative.seekEnd() }
    }

    /// The next bucket.
    package mutating func next() -> NativeHistogram.Bucket? {
        if stage == .first {
            if let bucket = isDescending ? nextPositive() : nextNegative() { return bucket }
            stage = .zero
        }
        if stage == .zero {
            stage = .last
            if histogram.zeroCount > 0 { return histogram.zeroBucket }
        }
        if stage == .last {
            if let bucket = isDescending ? nextNegative() : nextPositive() { return bucket }
            stage = .end
        }
        return nil
    }

    private mutating func nextPositive() -> NativeHistogram.Bucket? {
        guard isDescending ? positive.retreat() : positive.advance() else { return nil }
        return cut(
            histogram.positiveBucket(
                at: positive.index, population: histogram.positiveBuckets[positive.position]))
    }

    private mutating func nextNegative() -> NativeHistogram.Bucket? {
        guard isDescending ? negative.advance() : negative.retreat() else { return nil }
        return cut(
            histogram.negativeBucket(
                at: negative.index, population: histogram.negativeBuckets[negative.position]))
    }

    private func cut(_ bucket: NativeHistogram.Bucket) -> NativeHistogram.Bucket {
        var bucket = bucket
        let threshold = histogram.zeroThreshold
        if bucket.lower > 0, bucket.lower < threshold {
            bucket.lower = threshold
        } else if bucket.upper < 0, bucket.upper > -threshold {
            bucket.upper = -threshold
        }
        return bucket
    }
}
