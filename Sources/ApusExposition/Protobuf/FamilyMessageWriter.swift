import ApusBytes
import ApusModel

/// Writes families as delimited `io.prometheus.client.MetricFamily` messages, from the samples that the text formats have.
///
/// The samples of one histogram or summary come one after the other with the same labels; together they are one metric.
struct FamilyMessageWriter {
    private var output = ByteWriter()
    private var name = ""
    private var help = ""
    private var unit = ""
    private var type: FamilyType?
    private var metrics: [[UInt8]] = []
    /// The labels of the metric whose samples are gathered, as text; `nil` between metrics.
    private var labels: [UInt8]?
    private var current = Metric()
    private var text = SeriesText()

    private struct Metric {
        var value = 0.0
        var count = 0.0
        var sum = 0.0
        var timestamp: Int64?
        var exemplar: Exemplar?
        var parts: [(bound: Double, value: Double, exemplar: Exemplar?)] = []
    }

    /// Begins a family and ends the one before.
    mutating func beginFamily(_ name: String, type: MetricType, help: String, unit: String) {
        endFamily()
        self.name = name
        self.help = help
        self.unit = unit
        self.type = FamilyType(type)
    }

    /// Adds a sample: of a histogram or summary one part of a metric, of other types a whole one.
    mutating func append(
        suffix: StaticString, labels: [UInt8], extraLabel: [UInt8], value: Double, timestamp: Int64?,
        exemplar: Exemplar?
    ) {
        let isComposed = type == .histogram || type == .gaugeHistogram || type == .summary
        if self.labels != labels || !isComposed { endMetric() }
        self.labels = labels
        if let timestamp { current.timestamp = timestamp }
        guard isComposed else {
            current.value = value
            current.exemplar = exemplar
            return
        }
        switch "\(suffix)" {
        case "_sum", "_gsum": current.sum = value
        case "_count", "_gcount": current.count = value
        default:
            let bound = Self.number(in: pairs(of: extraLabel).first?.value ?? "")
            current.parts.append((bound, value, exemplar))
        }
    }

    /// Ends the last family and gives all of them.
    mutating func finish() -> [UInt8] {
        endFamily()
        return output.bytes
    }

    private mutating func endFamily() {
        endMetric()
        guard let type else { return }
        var family = ProtobufWriter()
        family.appendText(1, name)
        if !help.isEmpty { family.appendText(2, help) }
        family.appendUnsigned(3, type.rawValue)
        for metric in metrics { family.appendBytes(4, metric.span) }
        if !unit.isEmpty { family.appendText(5, unit) }
        let bytes = family.bytes
        output.appendLengthPrefixed(bytes.span)
        metrics.removeAll(keepingCapacity: true)
        self.type = nil
    }

    private mutating func endMetric() {
        guard let labels, let type else { return }
        var writer = ProtobufWriter()
        for label in pairs(of: labels) {
            writer.appendMessage(1) { pair in
                pair.appendText(1, label.name)
                pair.appendText(2, label.value)
            }
        }
        let metric = current
        switch type {
        case .gauge: writer.appendMessage(2) { $0.appendDouble(1, metric.value) }
        case .untyped: writer.appendMessage(5) { $0.appendDouble(1, metric.value) }
        case .counter:
            writer.appendMessage(3) { counter in
                counter.appendDouble(1, metric.value)
                if let exemplar = metric.exemplar { counter.appendMessage(2) { Self.write(exemplar, to: &$0) } }
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
            }
        }
        if let timestamp = metric.timestamp { writer.appendSigned(6, timestamp) }
        metrics.append(writer.bytes)
        current = Metric()
        self.labels = nil
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
        writer.appendMessage(3) { time in
            // Nanoseconds count upwards, also before the epoch.
            let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
            time.appendSigned(1, rest < 0 ? seconds - 1 : seconds)
            time.appendSigned(2, (rest < 0 ? rest + 1_000 : rest) * 1_000_000)
        }
    }

    /// The labels of a text without braces.
    private mutating func pairs(of labels: [UInt8]) -> [Label] {
        guard !labels.isEmpty else { return [] }
        let braced = [UInt8(ascii: "{")] + labels + [UInt8(ascii: "}")]
        // Made by `ExpositionText.appendLabel`, so it reads.
        guard (try? text.readExemplarLabels(braced.span)) != nil else { return [] }
        return LabelSet(uncheckedRun: text.run.bytes).labels
    }

    private static func number(in text: String) -> Double {
        let bytes = Array(text.utf8)
        return NumberText.parseFloat(bytes.span) ?? .nan
    }
}
