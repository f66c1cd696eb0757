import ApusModel
import Glibc

/// Native histograms as JSON: count, sum and the buckets that hold something.
enum HistogramText {
    /// Which ends of a bucket belong to it, as the peers number it.
    private enum Boundaries: Int {
        case openLeft = 0
        case openRight = 1
        case closed = 3
    }

    /// Appends a histogram as an object.
    static func append(_ histogram: NativeHistogram, to bytes: inout [UInt8]) {
        JSONText.append(literal: "{\"count\":", to: &bytes)
        JSONText.append(sampleValue: histogram.count, to: &bytes)
        JSONText.append(literal: ",\"sum\":", to: &bytes)
        JSONText.append(sampleValue: histogram.sum, to: &bytes)
        var isFirst = true
        forEachBucket(of: histogram) { boundaries, lower, upper, population in
            if isFirst {
                JSONText.append(literal: ",\"buckets\":[[", to: &bytes)
            } else {
                JSONText.append(literal: ",[", to: &bytes)
            }
            isFirst = false
            JSONText.append(integer: boundaries.rawValue, to: &bytes)
            for number in [lower, upper, population] {
                bytes.append(UInt8(ascii: ","))
                JSONText.append(sampleValue: number, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        }
        JSONText.append(literal: isFirst ? "}" : "]}", to: &bytes)
    }

    /// Calls `body` for each bucket that holds something, in ascending order of bounds.
    private static func forEachBucket(
        of histogram: NativeHistogram,
        _ body: (_ boundaries: Boundaries, _ lower: Double, _ upper: Double, _ population: Double) -> Void
    ) {
        if histogram.schema == NativeHistogram.customBoundsSchema {
            let bounds = histogram.customBounds
            for (index, population) in buckets(histogram.positiveSpans, histogram.positiveBuckets)
            where population != 0 && index >= 0 && index <= bounds.count {
                let lower = index == 0 ? -Double.infinity : bounds[index - 1]
                let upper = index == bounds.count ? Double.infinity : bounds[index]
                body(index == 0 ? .closed : .openLeft, lower, upper, population)
            }
            return
        }
        for (index, population) in buckets(histogram.negativeSpans, histogram.negativeBuckets).reversed()
        where population != 0 {
            let (lower, upper) = (bound(index - 1, histogram.schema), bound(index, histogram.schema))
            body(.openRight, -upper, -lower, population)
        }
        if histogram.zeroCount != 0 {
            body(.closed, -histogram.zeroThreshold, histogram.zeroThreshold, histogram.zeroCount)
        }
        for (index, population) in buckets(histogram.positiveSpans, histogram.positiveBuckets) where population != 0 {
            body(.openLeft, bound(index - 1, histogram.schema), bound(index, histogram.schema), population)
        }
    }

    /// The indexes and populations of the buckets in spans; spans that claim more than there is end early.
    private static func buckets(_ spans: [NativeHistogram.Span], _ populations: [Double]) -> [(index: Int, Double)] {
        var result: [(index: Int, Double)] = []
        result.reserveCapacity(populations.count)
        var index = 0
        for span in spans {
            index += Int(span.offset)
            for _ in 0..<min(Int(span.length), populations.count - result.count) {
                result.append((index, populations[result.count]))
                index += 1
            }
        }
        return result
    }

    /// The upper bound of the exponential bucket at `index`.
    private static func bound(_ index: Int, _ schema: Int32) -> Double {
        let exponent = Glibc.ldexp(Double(index), -schema)
        // The bucket that would end at 2^1024 ends at the largest float.
        return exponent == 1_024 ? Double.greatestFiniteMagnitude : exp2(exponent)
    }
}
