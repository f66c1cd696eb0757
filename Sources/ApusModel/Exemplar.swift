/// One observation that stands for many, usually with the identity of a trace.
package struct Exemplar: Hashable, Sendable {
    /// The exemplar's own labels, such as `trace_id`.
    package var labels: LabelSet
    /// The observed value.
    package var value: Double
    /// Milliseconds since the epoch, or `nil` when the target gave none.
    package var timestamp: Int64?

    /// An exemplar with the given parts.
    package init(labels: LabelSet, value: Double, timestamp: Int64?) {
        self.labels = labels
        self.value = value
        self.timestamp = timestamp
    }
}
