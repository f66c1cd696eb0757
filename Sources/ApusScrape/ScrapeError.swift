package import ApusExposition
package import ApusHTTP
package import ApusModel

/// Why a scrape stored none of what the target exposes.
package enum ScrapeError: Error, Sendable, CustomStringConvertible {
    /// No body came.
    case fetch(HTTPFetchError)
    /// The body's format is not known.
    case contentType(ExpositionFormatError)
    /// The body is not valid; says line and column.
    case exposition(ExpositionError)
    /// The target exposes more than its job allows.
    case limit(ExpositionLimitError)
    /// A native histogram has more buckets than its job allows, however coarse it is made.
    case histogramBucketLimit
    /// Metric relabelling left a series without a name.
    case missingMetricName
    /// A name that the job's validation scheme does not allow.
    case invalidName(series: String)
    /// The store refused the samples.
    case store(AppendError)
    /// The job has more targets than its `target_limit`.
    case targetLimit(count: Int, limit: Int)
    /// The server is ending.
    case cancelled

    package var description: String {
        switch self {
        case .fetch(let error): error.description
        case .contentType(let error): error.description
        case .exposition(let error): error.description
        case .limit(let error): error.description
        case .histogramBucketLimit: "histogram bucket limit exceeded"
        case .missingMetricName: "missing metric name (__name__ label)"
        case .invalidName(let series): "invalid metric name or label names: \(series)"
        case .store(let error): "the samples could not be stored: \(error.description)"
        case .targetLimit(let count, let limit):
            "target_limit exceeded (number of targets: \(count), limit: \(limit))"
        case .cancelled: "context canceled"
        }
    }
}
