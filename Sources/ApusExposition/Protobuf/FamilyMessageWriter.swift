import ApusBytes
import ApusModel

/// Writes families as delimited `io.prometheus.client.MetricFamily` messages, from the samples that the text formats have.
///
/// The samples of one histogram or summary come one after the other with the same labels; together they are one metric.
struct FamilyMessageWriter {
    private var output = ByteWriter()
    /// The family that is being written.
    private var family = ProtobufWriter()
    private var unit = ""
    private var type: FamilyType?
    /// The labels of the metric whose samples are gathered, as text.
    private var labels = ByteWriter()
    /// Whether samples of a metric are gathered.
    private var isInMetric = false
    private var current = Metric()

    private struct Metric {
        var value = 0.0
        var count = 0.0
        var sum = 0.0
        var timestamp: Int64?
        var exemplar: Exemplar?
        var parts: [(bound: Double, value: Double, exemplar: Exemplar?)] = []
        /// Milliseconds since the epoch.
        var created: Int64?
        var native: NativeCounts?
    }

    /// Begins a family and ends the one before.
    mutating func beginFamily(_ name: String, type: MetricType, help: String, unit: String) {
        endFamily()
        let number = FamilyType(type)
        family = ProtobufWriter()
        family.appendText(1, name)
        if !help.isEmpty { family.appendText(2, help) }
        family.appendUnsigned(3, number.rawValue)
        self.unit = unit
        self.type = number
    }

    /// Adds a sample: of a histogram or summary one part of a metric, of other types a whole one.
    mutating func append(
        suffix: StaticString, labels: Span<UInt8>, extraLabel: Span<UInt8>, value: Double, timestamp: Int64?
    ) {
        let isComposed = type == .histogram || type == .gaugeHistogram || type == .summary
        if isComposed { goOn(with: labels) } else { begin(labels) }
        if let timestamp { current.timestamp = timestamp }
        guard isComposed else {
            if !extraLabel.isEmpty {
                if self.labels.count > 0 { self.labels.append(UInt8(ascii: ",")) }
                self.labels.append(extraLabel)
            }
            current.value = value
            return
        }
        switch Part(suffix) {
        case .sum: current.sum = value
        case .count: current.count = value
        case .bucket: current.parts.append((Self.number(in: extraLabel), value, nil))
        }
    }

    /// Gives the sample that was added last an exemplar.
    mutating func setExemplar(_ exemplar: Exemplar) {
        guard isInMetric else { return }
        if current.parts.isEmpty {
            current.exemplar = exemplar
        } else {
            current.parts[current.parts.count - 1].exemplar = exemplar
        }
    }

    /// Says when the metric whose samples were appended last began to count, in milliseconds since the epoch.
    mutating func setCreated(_ milliseconds: Int64) {
        if isInMetric { current.created = milliseconds }
    }

    /// Gives the histogram whose samples are being appended its native form.
    mutating func setNative(_ native: NativeCounts, labels: Span<UInt8>) {
        goOn(with: labels)
        current.native = native
    }

    /// Begins a metric, unless the one that is gathered has these labels.
    private mutating func goOn(with labels: Span<UInt8>) {
        if !isInMetric || !equalBytes(self.labels.bytes.span, labels) { begin(labels) }
    }

    private mutating func begin(_ labels: Span<UInt8>) {
        endMetric()
        isInMetric = true
        self.labels.bytes.removeAll(keepingCapacity: true)
        self.labels.append(labels)
    }

    /// What a sample of a histogram or summary is, which its suffix says.
    private enum Part {
        case bucket
        case sum
        case count

        init(_ suffix: StaticString) {
            // The letter after the underscore, and after the g of a gauge histogram.
            let letter = suffix.withUTF8Buffer { text in
                let index = unsafe text.count > 2 && text[1] == UInt8(ascii: "g") ? 2 : 1
                return unsafe index < text.count ? text[index] : 0
            }
            self = letter == UInt8(ascii: "s") ? .sum : letter == UInt8(ascii: "c") ? .count : .bucket
        }
    }

    /// Ends the last family and gives all of them.
    mutating func finish() -> [UInt8] {
        endFamily()
        return output.bytes
    }

    private mutating func endFamily() {
        endMetric()
        guard type != nil else { return }
        if !unit.isEmpty { family.appendText(5, unit) }
        let bytes = family.bytes
        output.appendLengthPrefixed(bytes.span)
        type = nil
    }

    private mutating func endMetric() {
        guard isInMetric, let type else { return }
        isInMetric = false
        let metric = current
        let labels = labels.bytes
        family.appendMessage(4) { Self.write(metric, labels.span, type, to: &$0) }
        current = Metric()
    }

    private static func write(
        _ metric: Metric, _ labels: Span<UInt8>, _ type: FamilyType, to writer: inout ProtobufWriter
    ) {
        LabelText.write(labels, to: &writer)
        switch type {
        case .gauge: writer.appendMessage(2) { $0.appendDouble(1, metric.value) }
        case .untyped: writer.appendMessage(5) { $0.appendDouble(1, metric.value) }
        case .counter:
            writer.appendMessage(3) { counter in
                counter.appendDouble(1, metric.value)
                if let exemplar = metric.exemplar { counter.appendMessage(2) { Self.write(exemplar, to: &$0) } }
                if let created = metric.created { counter.appendMessage(3) { Self.write(time: created, to: &$0) } }
            }
        case .summary:
            writer.appendMessage(4) { summary in
                summary.appendUnsigned(1, UInt64(exactly: metric.count) ?? 0)
                summary.appendDouble(2, metric.sum)
                for part in metric.parts {
                    summary.appendMessage(3) { quantile in
                        quantile.appendDouble(1, part.bound)
                        quantile.appendDouble(2, part.value)
                    }
                }
                if let created = metric.created { summary.appendMessage(4) { Self.write(time: created, to: &$0) } }
            }
        case .histogram, .gaugeHistogram:
            writer.appendMessage(7) { histogram in
                Self.writeCount(metric.count, 1, orFloat: 4, to: &histogram)
                histogram.appendDouble(2, metric.sum)
                for part in metric.parts {
                    histogram.appendMessage(3) { bucket in
                        Self.writeCount(part.value, 1, orFloat: 4, to: &bucket)
                        bucket.appendDouble(2, part.bound)
                        if let exemplar = part.exemplar { bucket.appendMessage(3) { Self.write(exemplar, to: &$0) } }
                    }
                }
                if let native = metric.native { Self.write(native, to: &histogram) }
                if let created = metric.created {
                    histogram.appendMessage(15) { Self.write(time: created, to: &$0) }
                }
                for exemplar in metric.native?.exemplars ?? [] {
                    histogram.appendMessage(16) { Self.write(exemplar, to: &$0) }
                }
            }
        }
        if let timestamp = metric.timestamp { writer.appendSigned(6, timestamp) }
    }

    /// Writes a number of observations, which is whole but in a gauge histogram of something else.
    private static func writeCount(
        _ count: Double, _ field: Int, orFloat floatField: Int, to writer: inout ProtobufWriter
    ) {
        if let whole = UInt64(exactly: count) {
            writer.appendUnsigned(field, whole)
        } else {
            writer.appendDouble(floatField, count)
        }
    }

    private static func write(_ exemplar: Exemplar, to writer: inout ProtobufWriter) {
        for label in exemplar.labels.labels {
            writer.appendMessage(1) { pair in
                pair.appendText(1, label.name)
                pair.appendText(2, label.value)
            }
        }
        writer.appendDouble(2, exemplar.value)
        guard let milliseconds = exemplar.timestamp else { return }
        writer.appendMessage(3) { write(time: milliseconds, to: &$0) }
    }

    /// Writes a `google.protobuf.Timestamp`, whose nanoseconds count upwards, also before the epoch.
    private static func write(time milliseconds: Int64, to writer: inout ProtobufWriter) {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
        writer.appendSigned(1, rest < 0 ? seconds - 1 : seconds)
        writer.appendSigned(2, (rest < 0 ? rest + 1_000 : rest) * 1_000_000)
    }

    private static func write(_ native: NativeCounts, to writer: inout ProtobufWriter) {
        writer.appendZigZag(5, Int64(native.schema))
        writer.appendDouble(6, native.zeroThreshold)
        writer.appendUnsigned(7, native.zeroCount)
        write(NativeCounts.runs(native.negative), span: 9, delta: 10, to: &writer)
        write(NativeCounts.runs(native.positive), span: 12, delta: 13, to: &writer)
        // A run without buckets marks as native what would not be seen to be.
        if native.needsMark { writer.appendMessage(12) { $0.appendZigZag(1, 0) } }
    }

    private static func write(
        _ runs: (spans: [NativeHistogram.Span], deltas: [Int64]), span: Int, delta: Int,
        to writer: inout ProtobufWriter
    ) {
        for run in runs.spans {
            writer.appendMessage(span) { message in
                message.appendZigZag(1, Int64(run.offset))
                message.appendUnsigned(2, UInt64(run.length))
            }
        }
        if !runs.deltas.isEmpty { writer.appendZigZags(delta, runs.deltas) }
    }

    /// The number in a label such as `le="0.5"`; not a number in any other.
    private static func number(in label: Span<UInt8>) -> Double {
        var start = 0
        while start < label.count, label[start] != UInt8(ascii: "\"") { start += 1 }
        guard label.count > start + 1 else { return .nan }
        return NumberText.parseFloat(label.extracting((start + 1)..<(label.count - 1))) ?? .nan
    }
}
