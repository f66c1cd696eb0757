import ApusModel

/// Native histograms as JSON: count, sum and the buckets that hold something.
enum HistogramText {
    /// Appends a histogram as an object.
    static func append(_ histogram: NativeHistogram, to bytes: inout [UInt8]) {
        JSONText.append(literal: "{\"count\":", to: &bytes)
        JSONText.append(sampleValue: histogram.count, to: &bytes)
        JSONText.append(literal: ",\"sum\":", to: &bytes)
        JSONText.append(sampleValue: histogram.sum, to: &bytes)
        var isFirst = true
        histogram.forEachBucket { bucket in
            if isFirst {
                JSONText.append(literal: ",\"buckets\":[[", to: &bytes)
            } else {
                JSONText.append(literal: ",[", to: &bytes)
            }
            isFirst = false
            JSONText.append(integer: Self.boundaries(of: bucket), to: &bytes)
            for number in [bucket.lower, bucket.upper, bucket.population] {
                bytes.append(UInt8(ascii: ","))
                JSONText.append(sampleValue: number, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        }
        JSONText.append(literal: isFirst ? "}" : "]}", to: &bytes)
    }

    /// Which ends of a bucket belong to it, as the peers number it.
    private static func boundaries(of bucket: NativeHistogram.Bucket) -> Int {
        switch (bucket.includesLower, bucket.includesUpper) {
        case (false, true): 0
        case (true, false): 1
        case (false, false): 2
        case (true, true): 3
        }
    }
}
