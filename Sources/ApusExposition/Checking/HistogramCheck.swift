import ApusModel

/// Checks that the samples of each histogram of a family add up.
///
/// Source: OpenMetrics 1.0, "Histogram" and "GaugeHistogram".
struct HistogramCheck {
    private var group: [Label]?
    private var timestamp: ExactTime?
    private var bound: Double?
    private var population = 0.0
    private var count: Double?
    private var hasSum = false
    private var isGauge = false
    private var hasNegativeBound = false
    private var hasNegativeSum = false

    /// Takes the next sample of the family.
    ///
    /// - Returns: What is wrong, or `nil`.
    mutating func add(
        _ suffix: String, group: [Label], bound: Double?, value: Double, timestamp: ExactTime?
    ) -> String? {
        if self.group != group || self.timestamp != timestamp {
            if let problem = finish() { return problem }
            self = HistogramCheck()
            self.group = group
            self.timestamp = timestamp
        }
        switch suffix {
        case "_bucket":
            guard let bound else { return "a bucket has no bound" }
            if let previous = self.bound, bound <= previous { return "the bounds of the buckets do not ascend" }
            if value < population { return "a bucket has less than the one before" }
            if bound < 0 { hasNegativeBound = true }
            self.bound = bound
            population = value
        case "_count", "_gcount": count = value
        case "_sum": hasSum = true
        case "_gsum":
            hasSum = true
            isGauge = true
            hasNegativeSum = value < 0
        default: break
        }
        return nil
    }

    /// Checks the histogram read last.
    ///
    /// - Returns: What is wrong, or `nil`.
    mutating func finish() -> String? {
        guard group != nil else { return nil }
        if bound != .infinity { return "the bucket with le=\"+Inf\" is missing" }
        if let count, count != population { return "the count is not that of the last bucket" }
        if hasSum, count == nil { return "there is a sum but no count" }
        if !hasSum, count != nil { return "there is a count but no sum" }
        if hasNegativeBound, hasSum, !isGauge { return "there is a sum beside a bucket for values below zero" }
        if !hasNegativeBound, hasNegativeSum { return "the sum is below zero but no bucket is" }
        return nil
    }
}
