import ApusBytes

/// The names of metric families among those of metrics.
package enum MetricFamilyName {
    private static let histogram = ["_bucket", "_count", "_sum", "_created"].map { Array($0.utf8) }
    private static let gaugeHistogram = ["_bucket", "_gcount", "_gsum", "_count", "_sum"].map { Array($0.utf8) }
    private static let summary = ["_count", "_sum", "_created"].map { Array($0.utf8) }

    /// How many bytes of a metric's name are its family's: all but the suffix that says what of the family the metric is.
    ///
    /// Counters are families of their own name, as in the text format of Prometheus.
    package static func length(in metric: Span<UInt8>, type: MetricType) -> Int {
        let suffixes: [[UInt8]]
        switch type {
        case .histogram: suffixes = histogram
        case .gaugeHistogram: suffixes = gaugeHistogram
        case .summary: suffixes = summary
        case .counter, .gauge, .info, .stateSet, .unknown: return metric.count
        }
        for suffix in suffixes where metric.count > suffix.count {
            let start = metric.count - suffix.count
            if equalBytes(metric.extracting(start..<metric.count), suffix.span) { return start }
        }
        return metric.count
    }

    /// The name of the family that a metric is of.
    package static func family(of metric: String, type: MetricType) -> String {
        let bytes = Array(metric.utf8)
        return String(decoding: bytes[..<length(in: bytes.span, type: type)], as: UTF8.self)
    }
}
