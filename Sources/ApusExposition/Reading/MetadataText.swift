import ApusModel

/// Reads `# HELP`, `# TYPE`, `# UNIT` and `# EOF` lines.
struct MetadataText {
    /// What a `#` line says.
    enum Content {
        /// The family's type.
        case type(MetricType)
        /// The family's help, still escaped.
        case help(Range<Int>)
        /// The family's unit.
        case unit(Range<Int>)
        case comment
        case eof
    }

    var content: Content
    /// The family's name, unescaped; empty for comments and the end.
    var family: [UInt8] = []

    /// Reads a line that begins with `#`, without its newline.
    ///
    /// Offsets in failures count from the beginning of the line.
    init(_ line: Span<UInt8>, format: ExpositionFormat) throws(ReadFailure) {
        content = .comment
        let hasBlank = line.count > 1 && BodyCursor.isBlank(line[1])
        guard hasBlank || format == .openMetrics else { return }
        var index = format == .text ? SeriesText.skipBlanks(line, from: 1) : min(2, line.count)
        let wordStart = index
        while index < line.count, !BodyCursor.isBlank(line[index]) { index += 1 }
        let word = line.extracting(wordStart..<index)
        let kind: LineKind
        switch String(copying: word.count <= 8 ? word : word.extracting(0..<0)) {
        case "HELP": kind = .help
        case "TYPE": kind = .type
        case "UNIT" where format == .openMetrics: kind = .unit
        case "EOF" where format == .openMetrics && index == line.count && hasBlank:
            content = .eof
            return
        default:
            if format == .openMetrics { throw ReadFailure(.invalidComment, at: 0) }
            return
        }
        guard hasBlank else { throw ReadFailure(.invalidComment, at: 1) }
        index = Self.skipSeparator(line, from: index, format: format)
        // In the text format a keyword alone is a comment.
        if format == .text, index == line.count { return }
        try readName(line, &index)
        guard index == line.count || Self.isSeparator(line[index], format) else {
            throw ReadFailure(.expectedMetadataName, at: index)
        }
        if index == line.count, format == .openMetrics { throw ReadFailure(.invalidComment, at: index) }
        index = Self.skipSeparator(line, from: index, format: format)
        try readContent(kind, line, from: index, format: format)
    }

    private mutating func readName(_ line: Span<UInt8>, _ index: inout Int) throws(ReadFailure) {
        let start = index
        if index < line.count, line[index] == UInt8(ascii: "\"") {
            guard let end = SeriesText.unescape(line, from: index + 1, to: &family) else {
                throw ReadFailure(.unterminatedText, at: index)
            }
            index = end
        } else {
            index = SeriesText.nameEnd(line, from: index, allowsColon: true)
            for position in start..<index { family.append(line[position]) }
        }
        guard !family.isEmpty else { throw ReadFailure(.expectedMetadataName, at: start) }
        guard !family.contains(0), (try? UTF8Span(validating: family.span)) != nil else {
            throw ReadFailure(.invalidUTF8("metric name"), at: start)
        }
    }

    private mutating func readContent(
        _ kind: LineKind,
        _ line: Span<UInt8>,
        from start: Int,
        format: ExpositionFormat
    ) throws(ReadFailure) {
        var end = line.count
        switch kind {
        case .help:
            guard (try? UTF8Span(validating: line.extracting(start..<end))) != nil else {
                throw ReadFailure(.invalidUTF8("help text"), at: start)
            }
            content = .help(start..<end)
        case .unit:
            let unit = line.extracting(start..<end)
            let text = String(copying: unit)
            let name = String(decoding: family, as: UTF8.self)
            if !text.isEmpty, !name.hasSuffix("_" + text) {
                throw ReadFailure(.unitNotSuffix(unit: text, metric: name), at: start)
            }
            content = .unit(start..<end)
        case .type, .series:
            if format == .text { while end > start, BodyCursor.isBlank(line[end - 1]) { end -= 1 } }
            if end > start, line[end - 1] == 0x0D { throw ReadFailure(.carriageReturn, at: end - 1) }
            let text = String(copying: line.extracting(start..<min(end, start + 64)))
            guard let type = Self.type(text, format: format) else {
                throw ReadFailure(.invalidMetricType(text), at: start)
            }
            content = .type(type)
        }
    }

    /// Whether a byte separates words; in OpenMetrics only the blank does.
    private static func isSeparator(_ byte: UInt8, _ format: ExpositionFormat) -> Bool {
        format == .text ? BodyCursor.isBlank(byte) : byte == 0x20
    }

    private static func skipSeparator(_ line: Span<UInt8>, from index: Int, format: ExpositionFormat) -> Int {
        format == .text ? SeriesText.skipBlanks(line, from: index) : min(index + 1, line.count)
    }

    private static func type(_ text: String, format: ExpositionFormat) -> MetricType? {
        switch (text, format) {
        case ("untyped", .text): .unknown
        case ("gaugehistogram", .text), ("info", .text), ("stateset", .text), ("unknown", .text): nil
        default: MetricType(rawValue: text)
        }
    }

    /// Unescapes a help text: `\\`, `\n` and in OpenMetrics `\"`.
    static func unescapedHelp(_ text: Span<UInt8>, format: ExpositionFormat) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            index += 1
            guard byte == UInt8(ascii: "\\"), index < text.count else {
                bytes.append(byte)
                continue
            }
            let escaped = text[index]
            index += 1
            switch escaped {
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "\\"): bytes.append(escaped)
            case UInt8(ascii: "\"") where format == .openMetrics: bytes.append(escaped)
            default:
                bytes.append(byte)
                bytes.append(escaped)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension SeriesContext {
    /// The context that a TYPE line sets.
    init(_ type: MetricType) {
        switch type {
        case .histogram, .gaugeHistogram: self = .histogram
        case .summary: self = .summary
        default: self = .other
        }
    }
}
