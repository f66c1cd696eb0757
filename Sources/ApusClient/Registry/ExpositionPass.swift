import ApusExposition
import ApusModel

/// One exposition that is being written, family by family.
struct ExpositionPass {
    var writer: ExpositionWriter
    /// Whether OpenMetrics text gets a `_created` sample per series; protocol buffers always carry the time.
    let writesCreated: Bool
    /// The labels written of the current family, where several sources may bring the same; `nil` where only one can.
    var seen: Set<[UInt8]>?
    /// Whether a series was left out because another with its labels was there.
    var hasDuplicates = false
    /// What could not be written, and why.
    var failures: [String] = []
    private var hasBegun = false

    init(_ mediaType: ExpositionMediaType, capacity: Int, writesCreated: Bool) {
        writer = ExpositionWriter(mediaType, capacity: capacity)
        self.writesCreated = writesCreated
    }

    /// Goes on to the next family, which `sourceCount` sources bring.
    mutating func next(sourceCount: Int) {
        hasBegun = false
        hasDuplicates = false
        seen = sourceCount > 1 ? [] : nil
    }

    /// Begins the family, unless another source has.
    mutating func begin(_ descriptor: MetricDescriptor) {
        guard !hasBegun else { return }
        hasBegun = true
        writer.beginFamily(
            descriptor.name, type: descriptor.type, help: descriptor.help, unit: descriptor.unit)
    }

    /// Whether a series with these labels may be written.
    mutating func admits(_ labels: RenderedLabels) -> Bool {
        guard seen != nil else { return true }
        let isNew = seen?.insert(labels.sortKey).inserted ?? true
        if !isNew { hasDuplicates = true }
        return isNew
    }

    /// Writes when a series began to count, where the format has a place for it.
    mutating func writeCreated(_ milliseconds: Int64, labels: [UInt8]) {
        if writesCreated || writer.format == .protobuf { writer.appendCreated(labels: labels, at: milliseconds) }
    }

    mutating func write(_ counter: Counter, _ labels: RenderedLabels) {
        let text = labels.text(writer.escaping)
        if let whole = counter.wholeValue {
            writer.appendSample(labels: text, count: whole, exemplar: counter.exemplar)
        } else {
            writer.appendSample(labels: text, value: counter.value, exemplar: counter.exemplar)
        }
        writeCreated(counter.created, labels: text)
    }

    mutating func writeValue(_ value: Double, _ labels: RenderedLabels) {
        writer.appendSample(labels: labels.text(writer.escaping), value: value)
    }

    mutating func write(_ histogram: Histogram, _ labels: RenderedLabels) {
        let text = labels.text(writer.escaping)
        let layout = histogram.layout
        if let reading = histogram.nativeReading {
            writer.appendNative(labels: text, reading.native)
            // Protocol buffers have no need for the one bucket of a histogram that has no classic ones.
            let isWritten = layout.isClassic || writer.format != .protobuf
            write(
                buckets: isWritten ? reading.counts.buckets : [], of: layout, count: reading.counts.count,
                sum: reading.counts.sum, exemplars: histogram.bucketExemplars, text)
        } else {
            let snapshot = histogram.snapshot
            write(
                buckets: snapshot.bucketCounts, of: layout, count: snapshot.count, sum: snapshot.sum,
                exemplars: histogram.bucketExemplars, text)
        }
        writeCreated(histogram.created, labels: text)
    }

    /// Writes a histogram from the counts of each bucket alone.
    mutating func write(
        buckets: [UInt64], of layout: HistogramLayout, count: UInt64, sum: Double, exemplars: [Exemplar?] = [],
        _ labels: [UInt8], timestamp: Int64? = nil
    ) {
        let bounds = layout.labels(for: writer.format)
        var cumulative: UInt64 = 0
        for (index, bucket) in buckets.enumerated() where index < bounds.count {
            cumulative &+= bucket
            writer.appendSample(
                suffix: "_bucket", labels: labels, extraLabel: bounds[index], count: cumulative,
                timestamp: timestamp, exemplar: index < exemplars.count ? exemplars[index] : nil)
        }
        // OpenMetrics allows no sum that may go down or is not a number, and no count without it.
        if writer.format == .openMetrics, !(sum >= 0) || (layout.upperBounds.first ?? 0) < 0 { return }
        writer.appendSample(suffix: "_sum", labels: labels, value: sum, timestamp: timestamp)
        writer.appendSample(suffix: "_count", labels: labels, count: count, timestamp: timestamp)
    }

    mutating func write(_ summary: Summary, _ labels: RenderedLabels) {
        let text = labels.text(writer.escaping)
        let reading = summary.reading
        let labels = summary.layout.labels(for: writer.format)
        write(
            quantiles: zip(labels, reading.quantiles).map { ($0, $1) }, sum: reading.sum, count: reading.count, text)
        writeCreated(summary.created, labels: text)
    }

    /// Writes a summary; `quantiles` are labels as text with their values.
    mutating func write(
        quantiles: [(label: [UInt8], value: Double)], sum: Double, count: UInt64, _ labels: [UInt8],
        timestamp: Int64? = nil
    ) {
        // OpenMetrics allows no negative quantile, and no sum that may go down or is not a number.
        let isStrict = writer.format == .openMetrics
        for (label, value) in quantiles where !(isStrict && value < 0) {
            writer.appendSample(labels: labels, extraLabel: label, value: value, timestamp: timestamp)
        }
        if !isStrict || sum >= 0 {
            writer.appendSample(suffix: "_sum", labels: labels, value: sum, timestamp: timestamp)
        }
        writer.appendSample(suffix: "_count", labels: labels, count: count, timestamp: timestamp)
    }

    /// Writes one sample for each state, whose name stands in a label that is called as the family.
    mutating func write(states: [String], on: Set<String>, of name: String, _ labels: RenderedLabels) {
        let text = labels.text(writer.escaping)
        for state in states {
            var label: [UInt8] = []
            ExpositionText.appendLabel(name, value: state, escaping: writer.escaping, isFirst: true, to: &label)
            writer.appendSample(labels: text, extraLabel: label, count: on.contains(state) ? 1 : 0)
        }
    }
}
