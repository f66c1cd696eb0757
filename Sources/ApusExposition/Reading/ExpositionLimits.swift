import ApusBytes
package import ApusModel

/// Bounds on what one target may expose; 0 means no bound, as in the configuration.
package struct ExpositionLimits: Sendable, Hashable {
    /// The greatest number of samples in a body.
    package var sampleLimit: Int
    /// The greatest number of labels of a series, the metric's name included.
    package var labelLimit: Int
    /// The greatest length of a label name in bytes.
    package var labelNameLengthLimit: Int
    /// The greatest length of a label value in bytes.
    package var labelValueLengthLimit: Int

    /// No bounds.
    package static let none = ExpositionLimits()

    /// Limits with the given bounds.
    package init(
        sampleLimit: Int = 0,
        labelLimit: Int = 0,
        labelNameLengthLimit: Int = 0,
        labelValueLengthLimit: Int = 0
    ) {
        self.sampleLimit = sampleLimit
        self.labelLimit = labelLimit
        self.labelNameLengthLimit = labelNameLengthLimit
        self.labelValueLengthLimit = labelValueLengthLimit
    }

    /// Whether any bound on labels is set.
    package var boundLabels: Bool { labelLimit > 0 || labelNameLengthLimit > 0 || labelValueLengthLimit > 0 }

    /// Throws when a label set exceeds a bound.
    ///
    /// The reader checks what the target exposes; a scrape checks again after relabelling, which is what Prometheus bounds.
    package func check(_ labels: LabelSet) throws(ExpositionLimitError) {
        guard boundLabels else { return }
        let metric = { String((labels.metricName ?? "").prefix(50)) }
        if labelLimit > 0 {
            let count = labels.count
            if count > labelLimit { throw .labels(metric: metric(), count: count, limit: labelLimit) }
        }
        guard labelNameLengthLimit > 0 || labelValueLengthLimit > 0 else { return }
        var cursor = LabelCursor(labels.run.span)
        while cursor.advance() {
            let nameLength = cursor.name.count
            let valueLength = cursor.value.count
            if labelNameLengthLimit > 0, nameLength > labelNameLengthLimit {
                let name = String(String(copying: cursor.name).prefix(50))
                throw .labelNameLength(metric: metric(), name: name, length: nameLength, limit: labelNameLengthLimit)
            }
            if labelValueLengthLimit > 0, valueLength > labelValueLengthLimit {
                let name = String(String(copying: cursor.name).prefix(50))
                let value = String(String(copying: cursor.value).prefix(50))
                throw .labelValueLength(
                    metric: metric(), name: name, value: value, length: valueLength, limit: labelValueLengthLimit)
            }
        }
    }
}

/// Which bound a target exceeded; the texts are Prometheus'.
package enum ExpositionLimitError: Error, Hashable, Sendable, CustomStringConvertible {
    /// More samples than `sample_limit`.
    case samples(limit: Int)
    /// More labels than `label_limit`.
    case labels(metric: String, count: Int, limit: Int)
    /// A label name longer than `label_name_length_limit`.
    case labelNameLength(metric: String, name: String, length: Int, limit: Int)
    /// A label value longer than `label_value_length_limit`.
    case labelValueLength(metric: String, name: String, value: String, length: Int, limit: Int)

    package var description: String {
        switch self {
        case .samples(let limit):
            "sample limit exceeded (limit: \(limit))"
        case .labels(let metric, let count, let limit):
            "label_limit exceeded (metric: \(metric), number of labels: \(count), limit: \(limit))"
        case .labelNameLength(let metric, let name, let length, let limit):
            "label_name_length_limit exceeded (metric: \(metric), label name: \(name), length: \(length), limit: \(limit))"
        case .labelValueLength(let metric, let name, let value, let length, let limit):
            "label_value_length_limit exceeded (metric: \(metric), label name: \(name), "
                + "value: \(QuotedText.quoted(value)), length: \(length), limit: \(limit))"
        }
    }
}
