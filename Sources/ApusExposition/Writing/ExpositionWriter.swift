import ApusBytes
package import ApusModel

/// Writes metric families as an exposition: begin a family, append its samples, go on with the next, finish.
///
/// Families and samples come out in the order given. Labels are handed over as text that `ExpositionText.appendLabel`
/// made, so that they can be made once and used in every exposition.
package struct ExpositionWriter: Sendable {
    private var bytes: [UInt8] = []
    private let mediaType: ExpositionMediaType
    /// The name of the current family's samples, before a suffix.
    private var sampleName = WrittenName()
    /// The name of the current family, without the suffix that OpenMetrics gives its samples.
    private var familyName = WrittenName()
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
        let isAsItIs = escaping == .allowUTF8 || (isLegacy && escaping != .dots)
        let written = isAsItIs ? name : ExpositionText.escaped(name, escaping, allowsColon: true)
        if format == .protobuf {
            messages.beginFamily(written, type: type, help: help, unit: unit)
            return
        }
        let isQuoted = !isLegacy && escaping == .allowUTF8
        familyName.set(written, isQuoted: isQuoted)
        sampleName.set(written, isQuoted: isQuoted)
        if format == .openMetrics {
            // OpenMetrics names the family without the suffix that its samples must have.
            switch type {
            case .counter: setSuffix("_total")
            case .info: setSuffix("_info")
            default: break
            }
        }
        if !help.isEmpty {
            beginMetadata("# HELP ")
            ExpositionText.appendEscaped(help, escapesQuotes: format == .openMetrics, to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        beginMetadata("# TYPE ")
        bytes.append(contentsOf: typeName(type).utf8)
        bytes.append(UInt8(ascii: "\n"))
        if format == .openMetrics, !unit.isEmpty {
            beginMetadata("# UNIT ")
            bytes.append(contentsOf: unit.utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    /// Takes a suffix off the family's name, or gives it to that of its samples.
    private mutating func setSuffix(_ suffix: StaticString) {
        if !familyName.removeSuffix(suffix) { sampleName.append(suffix) }
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
        labels: Span<UInt8>,
        extraLabel: Span<UInt8> = Span(),
        value: Double,
        timestamp: Int64? = nil
    ) {
        if case .protobuf = format {
            messages.append(suffix: suffix, labels: labels, extraLabel: extraLabel, value: value, timestamp: timestamp)
            return
        }
        var text = takeText()
        text.append(addingCapacity: sampleName.room(suffix: suffix, labels: labels, extraLabel: extraLabel)) { output in
            sampleName.appendSeries(suffix: suffix, labels: labels, extraLabel: extraLabel, to: &output)
        }
        var style = NumberText.FloatStyle.general
        if case .openMetrics = format { style = .openMetrics }
        NumberText.append(value, style, to: &text)
        if timestamp == nil { text.append(UInt8(ascii: "\n")) }
        putBack(&text)
        if let timestamp { endLine(at: timestamp) }
    }

    /// Appends a sample whose value is a whole number, written without point or exponent.
    package mutating func appendSample(
        suffix: StaticString = "",
        labels: Span<UInt8>,
        extraLabel: Span<UInt8> = Span(),
        count: UInt64,
        timestamp: Int64? = nil
    ) {
        if case .protobuf = format {
            messages.append(
                suffix: suffix, labels: labels, extraLabel: extraLabel, value: Double(count), timestamp: timestamp)
            return
        }
        var text = takeText()
        let room = sampleName.room(suffix: suffix, labels: labels, extraLabel: extraLabel)
        // All in one: looking at the capacity for each piece took longer than copying it.
        text.append(addingCapacity: room + NumberText.longestDecimal + 1) { output in
            sampleName.appendSeries(suffix: suffix, labels: labels, extraLabel: extraLabel, to: &output)
            NumberText.appendDecimal(count, to: &output)
            if timestamp == nil { output.append(UInt8(ascii: "\n")) }
        }
        putBack(&text)
        if let timestamp { endLine(at: timestamp) }
    }

    /// Gives the sample that was appended last an exemplar, where the format has a place for it.
    package mutating func appendExemplar(_ exemplar: Exemplar) {
        switch format {
        case .text: break
        case .protobuf: messages.setExemplar(exemplar)
        case .openMetrics:
            // The line had ended.
            bytes.removeLast()
            append(" # {")
            var isFirst = true
            for label in exemplar.labels.labels {
                ExpositionText.appendLabel(
                    label.name, value: label.value, escaping: escaping, isFirst: isFirst, to: &bytes)
                isFirst = false
            }
            append("} ")
            NumberText.append(exemplar.value, .openMetrics, to: &bytes)
            if let time = exemplar.timestamp {
                bytes.append(UInt8(ascii: " "))
                appendSeconds(time)
            }
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    /// Says when the metric whose samples were appended last began to count.
    ///
    /// Part of the metric in protocol buffers, a sample of its own in OpenMetrics; the text format has no place for it.
    ///
    /// - Parameter milliseconds: Since the epoch.
    package mutating func appendCreated(labels: Span<UInt8>, at milliseconds: Int64) {
        switch format {
        case .text: break
        case .protobuf: messages.setCreated(milliseconds)
        case .openMetrics:
            var text = takeText()
            text.append(addingCapacity: familyName.room(suffix: "_created", labels: labels, extraLabel: Span())) {
                familyName.appendSeries(suffix: "_created", labels: labels, extraLabel: Span(), to: &$0)
            }
            putBack(&text)
            appendSeconds(milliseconds)
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    /// Gives the histogram whose samples are being appended its native form, which only protocol buffers have a place for.
    package mutating func appendNative(labels: Span<UInt8>, _ native: NativeCounts) {
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

    private mutating func beginMetadata(_ keyword: StaticString) {
        append(keyword)
        familyName.append(to: &bytes)
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

    /// Takes the text out, so that appending to it leaves the names as they are, which would be retained each time.
    @inline(__always)
    private mutating func takeText() -> [UInt8] {
        var text: [UInt8] = []
        swap(&text, &bytes)
        return text
    }

    @inline(__always)
    private mutating func putBack(_ text: inout [UInt8]) { swap(&text, &bytes) }

    /// Ends a line with a time in milliseconds.
    private mutating func endLine(at timestamp: Int64) {
        bytes.append(UInt8(ascii: " "))
        if case .openMetrics = format {
            appendSeconds(timestamp)
        } else {
            NumberText.appendDecimal(timestamp, to: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
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
