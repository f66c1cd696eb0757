package import ApusModel

extension NativeHistogram {
    /// The arithmetic mean of the observations; NaN without any.
    package var average: Double { sum / count }

    /// The estimated variance of the observations, as `histogram_stdvar` gives it.
    ///
    /// Each bucket counts with one value: the geometric mean of its bounds, 0 for the zero bucket, with custom bounds the
    /// arithmetic mean.
    package var variance: Double {
        let mean = average
        var squares = CompensatedSum()
        var walk = BucketWalk(self)
        while let bucket = walk.next() {
            if bucket.population == 0 { continue }
            let distance = representative(of: bucket) - mean
            squares.add(bucket.population * distance * distance)
        }
        return (squares.sum + squares.compensation) / count
    }

    /// The estimated standard deviation of the observations, as `histogram_stddev` gives it.
    package var standardDeviation: Double { variance.squareRoot() }

    private func representative(of bucket: Bucket) -> Double {
        if isCustom { return (bucket.upper + bucket.lower) / 2 }
        if bucket.lower <= 0, bucket.upper >= 0 { return 0 }
        let mean = (bucket.upper * bucket.lower).squareRoot()
        return bucket.upper < 0 ? -mean : mean
    }
}
