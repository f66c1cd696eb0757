import ApusBytes
import ApusModel

/// What the family that a series belongs to says of its labels.
///
/// Prometheus 3 writes the bounds of histograms and the quantiles of summaries in one spelling, whatever the target wrote
/// (`le="1"` becomes `le="1.0"`), so that the text format and OpenMetrics give the same series. It does so only below a
/// TYPE line that says histogram or summary.
enum SeriesContext: UInt8 {
    case other
    case histogram
    case summary
}

/// Reads the text of one series, `name{label="value",…}`, into the flat run of a label set.
///
/// Keeps its memory, so that one value serves many series.
struct SeriesText {
    private struct Piece {
        var nameStart: Int
        var nameEnd: Int
        var valueStart: Int
        var valueEnd: Int
        /// Where the label begins in the text, for messages.
        var origin: Int
    }

    /// The run of the series read last.
    private(set) var run = ByteWriter()
    /// Names and values of the labels, unescaped, back to back.
    private var text: [UInt8] = []
    private var pieces: [Piece] = []

    /// Reads a series; `series` is its whole text.
    ///
    /// Offsets in failures count from the beginning of `series`.
    mutating func read(
        _ series: Span<UInt8>,
        format: ExpositionFormat,
        context: SeriesContext
    ) throws(ReadFailure) {
        text.removeAll(keepingCapacity: true)
        pieces.removeAll(keepingCapacity: true)
        var index = 0
        var hasName = false
        guard series.count > 0 else { throw ReadFailure(.expectedMetricName, at: 0) }
        if series[0] != UInt8(ascii: "{") {
            index = Self.nameEnd(series, from: 0, allowsColon: true)
            guard index > 0 else { throw ReadFailure(.expectedMetricName, at: 0) }
            append(Self.metricNameLabel, value: series.extracting(0..<index), origin: 0)
            hasName = true
            if format == .text { index = Self.skipBlanks(series, from: index) }
        }
        if index < series.count {
            guard series[index] == UInt8(ascii: "{") else { throw ReadFailure(.expectedMetricName, at: index) }
            index = try readLabels(series, from: index + 1, format: format, context: context, hasName: &hasName)
            guard index == series.count else { throw ReadFailure(.expectedValue, at: index) }
        }
        guard hasName else { throw ReadFailure(.metricNameMissing, at: series.count) }
        try makeRun()
    }

    /// Reads the labels of an exemplar, `{label="value",…}`, which have no metric name.
    mutating func readExemplarLabels(_ labels: Span<UInt8>) throws(ReadFailure) {
        text.removeAll(keepingCapacity: true)
        pieces.removeAll(keepingCapacity: true)
        guard labels.count > 0, labels[0] == UInt8(ascii: "{") else { throw ReadFailure(.invalidExemplar, at: 0) }
        var hasName = true
        let end = try readLabels(labels, from: 1, format: .openMetrics, context: .other, hasName: &hasName)
        guard end == labels.count else { throw ReadFailure(.invalidExemplar, at: end) }
        try makeRun()
    }

    /// Where the name that begins at `start` ends; `start` when there is none.
    static func nameEnd(_ bytes: Span<UInt8>, from start: Int, allowsColon: Bool) -> Int {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            let letter = (byte | 0x20) &- UInt8(ascii: "a")
            let isDigit = byte &- UInt8(ascii: "0") < 10
            guard
                letter < 26 || byte == UInt8(ascii: "_") || (isDigit && index > start)
                    || (allowsColon && byte == UInt8(ascii: ":"))
            else { break }
            index += 1
        }
        return index
    }

    static func skipBlanks(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count, BodyCursor.isBlank(bytes[index]) { index += 1 }
        return index
    }

    /// Appends quoted text, unescaped, to `output`; `start` is after the opening quote.
    ///
    /// An escape that the formats do not define stays as it is, as Prometheus leaves it.
    ///
    /// - Returns: Where the text ends, after the closing quote; `nil` when it does not.
    static func unescape(_ bytes: Span<UInt8>, from start: Int, to output: inout [UInt8]) -> Int? {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                return index
            case UInt8(ascii: "\\"):
                guard index < bytes.count else { return nil }
                let escaped = bytes[index]
                index += 1
                switch escaped {
                case UInt8(ascii: "n"): output.append(0x0A)
                case UInt8(ascii: "\\"), UInt8(ascii: "\""): output.append(escaped)
                default:
                    output.append(byte)
                    output.append(escaped)
                }
            default:
                output.append(byte)
            }
        }
        return nil
    }

    private static let metricNameLabel = Array(LabelSet.metricName.utf8)

    private mutating func append(_ name: [UInt8], value: Span<UInt8>, origin: Int) {
        let nameStart = text.count
        text.append(contentsOf: name)
        let valueStart = text.count
        unsafe value.withUnsafeBufferPointer { unsafe text.append(contentsOf: $0) }
        pieces.append(
            Piece(
                nameStart: nameStart, nameEnd: valueStart, valueStart: valueStart, valueEnd: text.count, origin: origin)
        )
    }

    /// Reads labels up to and with the closing brace; gives the place after it.
    private mutating func readLabels(
        _ bytes: Span<UInt8>,
        from start: Int,
        format: ExpositionFormat,
        context: SeriesContext,
        hasName: inout Bool
    ) throws(ReadFailure) -> Int {
        let allowsBlanks = format == .text
        var index = start
        var isAfterComma = false
        while true {
            if allowsBlanks { index = Self.skipBlanks(bytes, from: index) }
            guard index < bytes.count else { throw ReadFailure(.expectedLabelName, at: index) }
            if bytes[index] == UInt8(ascii: "}") {
                if isAfterComma && format == .openMetrics { throw ReadFailure(.unexpectedComma, at: index - 1) }
                return index + 1
            }
            let origin = index
            let nameStart = text.count
            let isQuoted = bytes[index] == UInt8(ascii: "\"")
            if isQuoted {
                guard let end = Self.unescape(bytes, from: index + 1, to: &text) else {
                    throw ReadFailure(.unterminatedText, at: index)
                }
                index = end
            } else {
                let end = Self.nameEnd(bytes, from: index, allowsColon: false)
                unsafe bytes.extracting(index..<end).withUnsafeBufferPointer { unsafe text.append(contentsOf: $0) }
                index = end
            }
            guard text.count > nameStart else { throw ReadFailure(.expectedLabelName, at: origin) }
            let nameEnd = text.count
            if allowsBlanks { index = Self.skipBlanks(bytes, from: index) }
            if index < bytes.count, bytes[index] == UInt8(ascii: "=") {
                index += 1
                if allowsBlanks { index = Self.skipBlanks(bytes, from: index) }
                guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                    throw ReadFailure(.expectedLabelValue, at: index)
                }
                guard let end = Self.unescape(bytes, from: index + 1, to: &text) else {
                    throw ReadFailure(.unterminatedText, at: index)
                }
                index = end
                normaliseNumber(nameStart: nameStart, nameEnd: nameEnd, context: context)
                pieces.append(
                    Piece(
                        nameStart: nameStart, nameEnd: nameEnd, valueStart: nameEnd, valueEnd: text.count,
                        origin: origin))
            } else if isQuoted {
                // A quoted text alone is the metric's name.
                if hasName { throw ReadFailure(.metricNameRepeated, at: origin) }
                hasName = true
                let name = Array(text[nameStart...])
                text.removeLast(text.count - nameStart)
                append(Self.metricNameLabel, value: name.span, origin: origin)
            } else {
                throw ReadFailure(.expectedEqual, at: index)
            }
            if allowsBlanks { index = Self.skipBlanks(bytes, from: index) }
            guard index < bytes.count else { throw ReadFailure(.expectedCommaOrBrace, at: index) }
            switch bytes[index] {
            case UInt8(ascii: ","):
                isAfterComma = true
                index += 1
            case UInt8(ascii: "}"): isAfterComma = false
            default: throw ReadFailure(.expectedCommaOrBrace, at: index)
            }
        }
    }

    private mutating func normaliseNumber(nameStart: Int, nameEnd: Int, context: SeriesContext) {
        let isNumber: Bool
        switch context {
        case .other: isNumber = false
        case .histogram: isNumber = text[nameStart..<nameEnd].elementsEqual("le".utf8)
        case .summary: isNumber = text[nameStart..<nameEnd].elementsEqual("quantile".utf8)
        }
        guard isNumber,
            let number = NumberText.parseFloat(text.span.extracting(nameEnd..<text.count))
        else { return }
        text.removeLast(text.count - nameEnd)
        NumberText.append(number, .openMetrics, to: &text)
    }

    /// Sorts the labels, leaves out empty values, and writes the run.
    private mutating func makeRun() throws(ReadFailure) {
        if (text.contains(0) && hasNULInName) || (try? UTF8Span(validating: text.span)) == nil { throw invalidText() }
        let text = text
        pieces.sort { a, b in
            compareBytes(
                text.span.extracting(a.nameStart..<a.nameEnd), text.span.extracting(b.nameStart..<b.nameEnd)) < 0
        }
        run.bytes.removeAll(keepingCapacity: true)
        for index in pieces.indices {
            let piece = pieces[index]
            let name = text.span.extracting(piece.nameStart..<piece.nameEnd)
            if index > 0 {
                let previous = pieces[index - 1]
                if equalBytes(name, text.span.extracting(previous.nameStart..<previous.nameEnd)) {
                    throw ReadFailure(
                        .duplicateLabel(String(copying: name)), at: max(piece.origin, previous.origin))
                }
            }
            guard piece.valueEnd > piece.valueStart else { continue }
            run.appendLengthPrefixed(name)
            run.appendLengthPrefixed(text.span.extracting(piece.valueStart..<piece.valueEnd))
        }
    }

    /// Whether the metric's name or that of a label holds a NUL; values may.
    private var hasNULInName: Bool {
        pieces.contains { piece in
            text[piece.nameStart..<piece.nameEnd].contains(0)
                || (isMetricName(piece) && text[piece.valueStart..<piece.valueEnd].contains(0))
        }
    }

    private func isMetricName(_ piece: Piece) -> Bool {
        text[piece.nameStart..<piece.nameEnd].elementsEqual(Self.metricNameLabel)
    }

    /// Says which label holds what is not UTF-8, or whose name a NUL.
    private func invalidText() -> ReadFailure {
        func isValid(_ start: Int, _ end: Int, allowsNUL: Bool) -> Bool {
            let part = text[start..<end]
            return (allowsNUL || !part.contains(0)) && (try? UTF8Span(validating: part.span)) != nil
        }
        for piece in pieces {
            if !isValid(piece.nameStart, piece.nameEnd, allowsNUL: false) {
                return ReadFailure(.invalidUTF8("label name"), at: piece.origin)
            }
            let isName = isMetricName(piece)
            if !isValid(piece.valueStart, piece.valueEnd, allowsNUL: !isName) {
                let name = String(copying: text.span.extracting(piece.nameStart..<piece.nameEnd))
                return ReadFailure(.invalidUTF8(isName ? "metric name" : "value of label \(name)"), at: piece.origin)
            }
        }
        return ReadFailure(.invalidUTF8("label"), at: 0)
    }
}
