import ApusBytes
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
    mutating func admits(_ labels: Span<UInt8>) -> Bool {
        guard seen != nil else { return true }
        var text = ByteWriter(capacity: labels.count)
        text.append(labels)
        let isNew = seen?.insert(text.bytes).inserted ?? true
        if !isNew { hasDuplicates = true }
        return isNew
    }

    /// Writes when a series began to count, where the format has a place for it.
    mutating func writeCreated(_ milliseconds: Int64, labels: Span<UInt8>) {
        if writesCreated || writer.format == .protobuf { writer.appendCreated(labels: labels, at: milliseconds) }
    }

    mutating func write(_ counter: Counter, _ labels: Span<UInt8>) {
        if let whole = counter.wholeValue {
            writer.appendSample(labels: labels, count: whole)
        } else {
            writer.appendSample(labels: labels, value: counter.value)
        }
        if counter.hasExemplar, let exemplar = counter.exemplar { writer.appendExemplar(exemplar) }
        writeCreated(counter.created, labels: labels)
    }

    mutating func writeValue(_ value: Double, _ labels: Span<UInt8>) {
        writer.appendSample(labels: labels, value: value)
    }

    mutating func write(_ histogram: Histogram, _ labels: Span<UInt8>) {
        let layout = histogram.layout
        if let reading = histogram.nativeReading {
            writer.appendNative(labels: labels, reading.native)
            // Protocol buffers have no need for the one bucket of a histogram that has no classic ones.
            let isWritten = layout.isClassic || writer.format != .protobuf
            write(
                buckets: isWritten ? reading.counts.buckets : [], of: layout, count: reading.counts.count,
                sum: reading.counts.sum, exemplars: histogram.bucketExemplars, labels)
        } else {
            let snapshot = histogram.snapshot
            write(
                buckets: snapshot.bucketCounts, of: layout, count: snapshot.count, sum: snapshot.sum,
                exemplars: histogram.bucketExemplars, labels)
        }
        writeCreated(histogram.created, labels: labels)
    }

    /// Writes a histogram from the counts of each bucket alone.
    mutating func write(
        buckets: [UInt64], of layout: HistogramLayout, count: UInt64, sum: Double, exemplars: [Exemplar?] = [],
        _ labels: Span<UInt8>, timestamp: Int64? = nil
    ) {
        let bounds = layout.labels(for: writer.format)
        var cumulative: UInt64 = 0
        for (index, bucket) in buckets.enumerated() where index < bounds.count {
            cumulative &+= bucket
            let bound = bounds[index]
            writer.appendSample(
                suffix: "_bucket", labels: labels, extraLabel: bound.span, count: cumulative, timestamp: timestamp)
            if index < exemplars.count, let exemplar = exemplars[index] { writer.appendExemplar(exemplar) }
        }
        // OpenMetrics allows no sum that may go down or is not a number, and no count without it.
        if writer.format == .openMetrics, !(sum >= 0) || (layout.upperBounds.first ?? 0) < 0 { return }
        writer.appendSample(suffix: "_sum", labels: labels, value: sum, timestamp: timestamp)
        writer.appendSample(suffix: "_count", labels: labels, count: count, timestamp: timestamp)
    }

    mutating func write(_ summary: Summary, _ labels: Span<UInt8>) {
        let reading = summary.reading
        let quantiles = summary.layout.labels(for: writer.format)
        write(
            quantiles: zip(quantiles, reading.quantiles).map { ($0, $1) }, sum: reading.sum, count: reading.count,
            labels)
        writeCreated(summary.created, labels: labels)
    }

    /// Writes a summary; `quantiles` are labels as text with their values.
    mutating func write(
        quantiles: [(label: [UInt8], value: Double)], sum: Double, count: UInt64, _ labels: Span<UInt8>,
        timestamp: Int64? = nil
    ) {
        // OpenMetrics allows no negative quantile, and no sum that may go down or is not a number.
        let isStrict = writer.format == .openMetrics
        for (label, value) in quantiles where !(isStrict && value < 0) {
            writer.appendSample(labels: labels, extraLabel: label.span, value: value, timestamp: timestamp)
        }
        if !isStrict || sum >= 0 {
            writer.appendSample(suffix: "_sum", labels: labels, value: sum, timestamp: timestamp)
        }
        writer.appendSample(suffix: "_count", labels: labels, count: count, timestamp: timestamp)
    }

    /// Writes one sample for each state, whose name stands in a label that is called as the family.
    mutating func write(states: [String], on: Set<String>, of name: String, _ labels: Span<UInt8>) {
        for state in states {
            var label: [UInt8] = []
            ExpositionText.appendLabel(name, value: state, escaping: writer.escaping, isFirst: true, to: &label)
            writer.appendSample(labels: labels, extraLabel: label.span, count: on.contains(state) ? 1 : 0)
        }
    }
}
