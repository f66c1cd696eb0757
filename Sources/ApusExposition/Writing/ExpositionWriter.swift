import ApusBytes
package import ApusModel

/// Writes metric families as an exposition: begin a family, append its samples, go on with the next, finish.
///
/// Families and samples come out in the order given. Labels are handed over as text that `ExpositionText.appendLabel`
/// made, so that they can be made once and used in every exposition.
package struct ExpositionWriter: Sendable {
    private var bytes: [UInt8] = []
    private let mediaType: ExpositionMediaType
    /// The name of the current family's samples, before a suffix, as it is written.
    private var sampleName: [UInt8] = []
    /// The name of the current family without a suffix, as it is written.
    private var familyName: [UInt8] = []
    private var isNameQuoted = false
    /// Writes in place of this writer where the format is protocol buffers.
    private var messages = FamilyMessageWriter()

    /// A writer of an empty exposition, with room for `capacity` bytes.
    package init(_ mediaType: ExpositionMediaType, capacity: Int = 0) {
        self.mediaType = mediaType
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    /// The escaping of names in what is written.
    package var escaping: NameEscaping { mediaType.escaping }

    /// The format that is written.
    package var format: ExpositionFormat { mediaType.format }

    /// Begins a family: its TYPE, UNIT and HELP lines.
    ///
    /// `name` is that of the classic text: a counter's with its `_total`, an info metric's with its `_info`.
    package mutating func beginFamily(_ name: String, type: MetricType, help: String, unit: String = "") {
        let isLegacy = LabelName.isLegacyMetricName(name)
        let written = ExpositionText.escaped(name, escaping, allowsColon: true)
        if format == .protobuf {
            messages.beginFamily(written, type: type, help: help, unit: unit)
            return
        }
        isNameQuoted = !isLegacy && escaping == .allowUTF8
        var family = written
        var sample = written
        if format == .openMetrics {
            // OpenMetrics names the family without the suffix that its samples must have.
            for (suffixed, suffix) in [(MetricType.counter, "_total"), (.info, "_info")] where type == suffixed {
                if family.hasSuffix(suffix) { family.removeLast(suffix.count) } else { sample += suffix }
            }
        }
        var familyText: [UInt8] = []
        if isNameQuoted {
            ExpositionText.appendQuoted(family, to: &familyText)
        } else {
            familyText.append(contentsOf: family.utf8)
        }
        familyName.removeAll(keepingCapacity: true)
        ExpositionText.appendEscaped(family, to: &familyName)
        sampleName.removeAll(keepingCapacity: true)
        ExpositionText.appendEscaped(sample, to: &sampleName)
        if !help.isEmpty {
            beginMetadata("# HELP ", familyText)
            ExpositionText.appendEscaped(help, escapesQuotes: format == .openMetrics, to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        beginMetadata("# TYPE ", familyText)
        bytes.append(contentsOf: typeName(type).utf8)
        bytes.append(UInt8(ascii: "\n"))
        if format == .openMetrics, !unit.isEmpty {
            beginMetadata("# UNIT ", familyText)
            bytes.append(contentsOf: unit.utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    /// Appends a sample whose value is a float.
    ///
    /// - Parameters:
    ///   - suffix: What follows the family's name, such as `_sum`.
    ///   - labels: The labels as text without braces; may be empty.
    ///   - extraLabel: One more label as text, such as `le="0.5"`; may be empty.
    ///   - timestamp: Milliseconds since the epoch, or `nil` for none.
    package mutating func appendSample(
        suffix: StaticString = "",
        labels: [UInt8],
        extraLabel: [UInt8] = [],
        value: Double,
        timestamp: Int64? = nil,
        exemplar: Exemplar? = nil
    ) {
        if format == .protobuf {
            messages.append(
                suffix: suffix, labels: labels, extraLabel: extraLabel, value: value, timestamp: timestamp,
                exemplar: exemplar)
            return
        }
        appendSeries(suffix: suffix, labels: labels, extraLabel: extraLabel)
        NumberText.append(value, format == .openMetrics ? .openMetrics : .general, to: &bytes)
        endSample(timestamp: timestamp, exemplar: exemplar)
    }

    /// Appends a sample whose value is a whole number, written without point or exponent.
    package mutating func appendSample(
        suffix: StaticString = "",
        labels: [UInt8],
        extraLabel: [UInt8] = [],
        count: UInt64,
        timestamp: Int64? = nil,
        exemplar: Exemplar? = nil
    ) {
        if format == .protobuf {
            messages.append(
                suffix: suffix, labels: labels, extraLabel: extraLabel, value: Double(count), timestamp: timestamp,
                exemplar: exemplar)
            return
        }
        appendSeries(suffix: suffix, labels: labels, extraLabel: extraLabel)
        NumberText.appendDecimal(count, to: &bytes)
        endSample(timestamp: timestamp, exemplar: exemplar)
    }

    /// Says when the metric whose samples were appended last began to count.
    ///
    /// Part of the metric in protocol buffers, a sample of its own in OpenMetrics; the text format has no place for it.
    ///
    /// - Parameter milliseconds: Since the epoch.
    package mutating func appendCreated(labels: [UInt8], at milliseconds: Int64) {
        switch format {
        case .text: break
        case .protobuf: messages.setCreated(milliseconds)
        case .openMetrics:
            let sampleName = sampleName
            self.sampleName = familyName
            appendSeries(suffix: "_created", labels: labels, extraLabel: [])
            self.sampleName = sampleName
            appendSeconds(milliseconds)
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    /// Gives the histogram whose samples are being appended its native form, which only protocol buffers have a place for.
    package mutating func appendNative(labels: [UInt8], _ native: NativeCounts) {
        if format == .protobuf { messages.setNative(native, labels: labels) }
    }

    /// Ends the exposition and gives its bytes.
    package consuming func finish() -> [UInt8] {
        switch format {
        case .text: return bytes
        case .openMetrics:
            append("# EOF\n")
            return bytes
        case .protobuf: return messages.finish()
        }
    }

    private mutating func append(_ literal: StaticString) {
        literal.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }

    private mutating func beginMetadata(_ keyword: StaticString, _ family: [UInt8]) {
        append(keyword)
        bytes.append(contentsOf: family)
        bytes.append(UInt8(ascii: " "))
    }

    private func typeName(_ type: MetricType) -> String {
        guard format == .text else { return type.rawValue }
        return switch type {
        case .counter, .gauge, .histogram, .summary: type.rawValue
        case .gaugeHistogram: MetricType.histogram.rawValue
        case .info, .stateSet: MetricType.gauge.rawValue
        case .unknown: "untyped"
        }
    }

    private mutating func appendSeries(suffix: StaticString, labels: [UInt8], extraLabel: [UInt8]) {
        if isNameQuoted {
            append("{\"")
            bytes.append(contentsOf: sampleName)
            append(suffix)
            append("\"")
        } else {
            bytes.append(contentsOf: sampleName)
            append(suffix)
        }
        if !labels.isEmpty || !extraLabel.isEmpty {
            bytes.append(isNameQuoted ? UInt8(ascii: ",") : UInt8(ascii: "{"))
            bytes.append(contentsOf: labels)
            if !labels.isEmpty && !extraLabel.isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: extraLabel)
            bytes.append(UInt8(ascii: "}"))
        } else if isNameQuoted {
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: " "))
    }

    private mutating func endSample(timestamp: Int64?, exemplar: Exemplar?) {
        if let timestamp { appendTimestamp(timestamp) }
        if let exemplar, format == .openMetrics {
            append(" # {")
            var isFirst = true
            for label in exemplar.labels.labels {
                ExpositionText.appendLabel(
                    label.name, value: label.value, escaping: escaping, isFirst: isFirst, to: &bytes)
                isFirst = false
            }
            append("} ")
            NumberText.append(exemplar.value, .openMetrics, to: &bytes)
            if let time = exemplar.timestamp { appendTimestamp(time) }
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func appendTimestamp(_ timestamp: Int64) {
        bytes.append(UInt8(ascii: " "))
        switch format {
        case .text, .protobuf: NumberText.appendDecimal(timestamp, to: &bytes)
        case .openMetrics: appendSeconds(timestamp)
        }
    }

    /// Appends milliseconds as seconds with exactly three decimals: a float would lose milliseconds far from the epoch.
    private mutating func appendSeconds(_ milliseconds: Int64) {
        let magnitude = milliseconds.magnitude
        if milliseconds < 0 { bytes.append(UInt8(ascii: "-")) }
        NumberText.appendDecimal(magnitude / 1_000, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        let rest = magnitude % 1_000
        if rest < 100 { bytes.append(UInt8(ascii: "0")) }
        if rest < 10 { bytes.append(UInt8(ascii: "0")) }
        NumberText.appendDecimal(rest, to: &bytes)
    }
}
