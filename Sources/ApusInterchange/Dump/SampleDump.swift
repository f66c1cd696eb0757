import ApusBytes
import ApusExposition
package import ApusModel

/// Writes samples as text, series by series.
package struct SampleDump: Sendable {
    /// The forms.
    package enum Format: String, Sendable, CaseIterable {
        /// OpenMetrics with timestamps, which `import openmetrics` and promtool read; without staleness markers and native
        /// histograms, which it cannot express.
        case openMetrics = "openmetrics"
        /// A JSON object a line: the labels and up to some thousand samples of a series, everything included.
        case jsonLines = "json"
    }

    /// What was written.
    package struct Summary: Sendable, Equatable {
        /// The series with at least one sample in the range.
        package var series = 0
        /// The samples written.
        package var samples = 0
        /// The staleness markers that were left out.
        package var staleMarkers = 0
        /// The native histograms that were left out.
        package var histograms = 0
    }

    /// So many samples make one line of JSON.
    private static let samplesPerLine = 4_096
    private static let pieceLength = 1 << 16

    private let format: Format
    private var buffer: [UInt8] = []
    private var summary = Summary()

    /// Writes the series of `store` that any of the selectors selects, or all, in the order of their labels.
    ///
    /// - Parameter write: takes the text piece by piece.
    package static func run(
        _ store: any Queryable, range: ClosedRange<Int64>, selectors: [[Matcher]], format: Format,
        to write: ([UInt8]) throws(InterchangeError) -> Void
    ) throws(InterchangeError) -> Summary {
        var dump = SampleDump(format: format)
        try SelectedSeries.forEach(of: store, range: range, selectors: selectors) {
            _, labels, columns throws(InterchangeError) in
            dump.append(labels, columns)
            if dump.buffer.count >= pieceLength { try write(dump.take()) }
        }
        if format == .openMetrics { dump.buffer.append(contentsOf: "# EOF\n".utf8) }
        try write(dump.take())
        return dump.summary
    }

    private init(format: Format) {
        self.format = format
    }

    private mutating func take() -> [UInt8] {
        defer { buffer.removeAll(keepingCapacity: true) }
        return buffer
    }

    private mutating func append(_ labels: LabelSet, _ columns: borrowing SampleColumns) {
        summary.series += 1
        switch format {
        case .openMetrics: appendText(labels, columns)
        case .jsonLines: appendLines(labels, columns)
        }
    }

    // MARK: OpenMetrics

    private mutating func appendText(_ labels: LabelSet, _ columns: borrowing SampleColumns) {
        let name = Self.seriesText(labels)
        var histogram = 0
        for position in 0..<columns.count {
            if histogram < columns.histograms.count, columns.histograms[histogram].position == position {
                histogram += 1
                summary.histograms += 1
                continue
            }
            guard !SpecialValue.isStaleMarker(columns.values[position]) else {
                summary.staleMarkers += 1
                continue
            }
            summary.samples += 1
            buffer.append(contentsOf: name)
            NumberText.append(columns.values[position], .openMetrics, to: &buffer)
            buffer.append(UInt8(ascii: " "))
            appendSeconds(columns.timestamps[position])
            buffer.append(UInt8(ascii: "\n"))
        }
    }

    /// The series as it stands before every value, with the space behind it.
    private static func seriesText(_ labels: LabelSet) -> [UInt8] {
        var text: [UInt8] = []
        let name = labels.metricName ?? ""
        let isPlain = LabelName.isLegacyMetricName(name)
        if isPlain { text.append(contentsOf: name.utf8) }
        let others = labels.labels.filter { $0.name != LabelSet.metricName }
        if !others.isEmpty || !isPlain {
            text.append(UInt8(ascii: "{"))
            var isFirst = true
            if !isPlain, !name.isEmpty {
                ExpositionText.appendQuoted(name, to: &text)
                isFirst = false
            }
            for label in others {
                ExpositionText.appendLabel(
                    label.name, value: label.value, escaping: .allowUTF8, isFirst: isFirst, to: &text)
                isFirst = false
            }
            text.append(UInt8(ascii: "}"))
        }
        text.append(UInt8(ascii: " "))
        return text
    }

    private mutating func appendSeconds(_ time: Int64) {
        if time < 0 { buffer.append(UInt8(ascii: "-")) }
        NumberText.appendDecimal(time.magnitude / 1_000, to: &buffer)
        let digits = String(time.magnitude % 1_000)
        buffer.append(contentsOf: ("." + String(repeating: "0", count: 3 - digits.count) + digits).utf8)
    }

    // MARK: JSON

    private mutating func appendLines(_ labels: LabelSet, _ columns: borrowing SampleColumns) {
        var metric: [UInt8] = Array("{\"metric\":{".utf8)
        for (number, label) in labels.labels.enumerated() {
            if number > 0 { metric.append(UInt8(ascii: ",")) }
            JSONString.append(label.name, to: &metric)
            metric.append(UInt8(ascii: ":"))
            JSONString.append(label.value, to: &metric)
        }
        metric.append(contentsOf: "},\"samples\":[".utf8)
        var histogram = 0
        var position = 0
        while position < columns.count {
            let end = min(columns.count, position + Self.samplesPerLine)
            buffer.append(contentsOf: metric)
            for index in position..<end {
                if index > position { buffer.append(UInt8(ascii: ",")) }
                buffer.append(UInt8(ascii: "["))
                NumberText.appendDecimal(columns.timestamps[index], to: &buffer)
                buffer.append(UInt8(ascii: ","))
                if histogram < columns.histograms.count, columns.histograms[histogram].position == index {
                    append(columns.histograms[histogram].histogram)
                    histogram += 1
                } else {
                    append(columns.values[index])
                }
                buffer.append(UInt8(ascii: "]"))
            }
            summary.samples += end - position
            buffer.append(contentsOf: "]}\n".utf8)
            position = end
        }
    }

    /// A float in quotes, for JSON has neither infinities nor NaN; the staleness marker has a word of its own.
    private mutating func append(_ value: Double) {
        buffer.append(UInt8(ascii: "\""))
        if SpecialValue.isStaleMarker(value) {
            buffer.append(contentsOf: "stale".utf8)
        } else {
            NumberText.append(value, .json, to: &buffer)
        }
        buffer.append(UInt8(ascii: "\""))
    }

    private mutating func append(_ histogram: NativeHistogram) {
        buffer.append(contentsOf: "{\"schema\":\(histogram.schema),\"count\":".utf8)
        append(histogram.count)
        buffer.append(contentsOf: ",\"sum\":".utf8)
        append(histogram.sum)
        buffer.append(contentsOf: ",\"zero_threshold\":".utf8)
        append(histogram.zeroThreshold)
        buffer.append(contentsOf: ",\"zero_count\":".utf8)
        append(histogram.zeroCount)
        append("positive", histogram.positiveSpans, histogram.positiveBuckets)
        append("negative", histogram.negativeSpans, histogram.negativeBuckets)
        if histogram.isCustom {
            buffer.append(contentsOf: ",\"custom_bounds\":".utf8)
            append(histogram.customBounds)
        }
        buffer.append(contentsOf: ",\"counter_reset_hint\":\"\(histogram.counterResetHint)\"}".utf8)
    }

    private mutating func append(_ side: String, _ spans: [NativeHistogram.Span], _ buckets: [Double]) {
        guard !spans.isEmpty else { return }
        let text = spans.map { "[\($0.offset),\($0.length)]" }.joined(separator: ",")
        buffer.append(contentsOf: ",\"\(side)_spans\":[\(text)],\"\(side)_buckets\":".utf8)
        append(buckets)
    }

    private mutating func append(_ values: [Double]) {
        buffer.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            append(value)
        }
        buffer.append(UInt8(ascii: "]"))
    }
}
