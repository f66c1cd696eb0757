import ApusBytes
import ApusModel

/// One line of a text that the reader has taken.
struct BodyLine {
    /// What a line says.
    enum Content {
        case metadata(MetadataText, help: Range<Int>?)
        case sample(BodySample)
    }

    /// Where the line begins in the body.
    var start: Int
    var content: Content
}

/// A sample with its labels as they are written.
struct BodySample {
    var name: String
    /// Without the name, sorted.
    var labels: [Label]
    var value: Double
    /// As it is written; `nil` without one.
    var timestamp: String?
    var exemplar: [Label]?
    var exemplarValue: Double?

    /// The value of a label, `nil` where it is absent.
    func label(_ name: String) -> String? { labels.first { $0.name == name }?.value }

    /// The labels but one.
    func labels(without name: String) -> [Label] { labels.filter { $0.name != name } }
}

/// Reads the lines of a body one by one, for a check that runs once and need not be fast.
struct BodyLines: ~Escapable {
    private var cursor: BodyCursor
    private let format: ExpositionFormat
    private var series = SeriesText()

    @_lifetime(copy body)
    init(_ body: Span<UInt8>, format: ExpositionFormat) {
        cursor = BodyCursor(body)
        self.format = format
    }

    /// The next line that is no comment; `nil` at the end.
    mutating func next() throws(ReadFailure) -> BodyLine? {
        while !cursor.isAtEnd {
            let end = cursor.lineEnd()
            var start = cursor.offset
            cursor.offset = end + 1
            while format == .text, start < end, BodyCursor.isBlank(cursor.bytes[start]) { start += 1 }
            guard start < end else { continue }
            if cursor.bytes[start] != UInt8(ascii: "#") {
                return BodyLine(start: start, content: .sample(try sample(from: start, to: end)))
            }
            let line = cursor.bytes.extracting(start..<end)
            let metadata: MetadataText
            do throws(ReadFailure) {
                metadata = try MetadataText(line, format: format)
            } catch {
                throw ReadFailure(error.problem, at: start + error.offset)
            }
            switch metadata.content {
            case .comment, .eof: continue
            case .help(let range):
                let inBody = (start + range.lowerBound)..<(start + range.upperBound)
                try checkHelp(inBody)
                return BodyLine(start: start, content: .metadata(metadata, help: inBody))
            case .type, .unit:
                return BodyLine(start: start, content: .metadata(metadata, help: nil))
            }
        }
        return nil
    }

    private mutating func sample(from start: Int, to lineEnd: Int) throws(ReadFailure) -> BodySample {
        let body = cursor.bytes
        guard let end = cursor.seriesEnd(from: start, lineEnd: lineEnd, allowsBlanks: format == .text) else {
            throw ReadFailure(.expectedLabelName, at: start)
        }
        if format == .text { try checkEscapes(from: start, to: end, quotes: true) }
        try series.read(body.extracting(start..<end), format: format, context: .other)
        var labels = LabelSet(uncheckedRun: series.run.bytes).labels
        let name = labels.first { $0.name == LabelSet.metricName }?.value ?? ""
        labels.removeAll { $0.name == LabelSet.metricName }
        var sample = BodySample(name: name, labels: labels, value: 0, timestamp: nil)
        var index = end
        let value = token(&index, lineEnd)
        sample.value = NumberText.parseFloat(body.extracting(value)) ?? .nan
        let next = token(&index, lineEnd)
        if !next.isEmpty, body[next.lowerBound] != UInt8(ascii: "#") {
            sample.timestamp = String(copying: body.extracting(next))
            index = next.upperBound
        } else {
            index = next.lowerBound
        }
        while index < lineEnd, body[index] != UInt8(ascii: "{") { index += 1 }
        if index < lineEnd, let exemplarEnd = cursor.seriesEnd(from: index, lineEnd: lineEnd, allowsBlanks: false) {
            try series.readExemplarLabels(body.extracting(index..<exemplarEnd))
            sample.exemplar = LabelSet(uncheckedRun: series.run.bytes).labels
            index = exemplarEnd
            sample.exemplarValue = NumberText.parseFloat(body.extracting(token(&index, lineEnd)))
        }
        return sample
    }

    private func token(_ index: inout Int, _ end: Int) -> Range<Int> {
        while index < end, BodyCursor.isBlank(cursor.bytes[index]) { index += 1 }
        let start = index
        while index < end, !BodyCursor.isBlank(cursor.bytes[index]) { index += 1 }
        return start..<index
    }

    /// Refuses escapes that the text format does not have; in OpenMetrics, where any may stand, one of the line's end.
    private func checkHelp(_ text: Range<Int>) throws(ReadFailure) {
        guard format == .openMetrics else {
            return try checkEscapes(from: text.lowerBound, to: text.upperBound, quotes: false)
        }
        if text.upperBound > text.lowerBound, cursor.bytes[text.upperBound - 1] == 0x0D {
            throw ReadFailure(.carriageReturn, at: text.upperBound - 1)
        }
        var slashes = 0
        while slashes < text.count, cursor.bytes[text.upperBound - 1 - slashes] == UInt8(ascii: "\\") { slashes += 1 }
        guard slashes % 2 == 0 else {
            throw ReadFailure(
                .violation("a backslash at the end of a help text escapes nothing"), at: text.upperBound - 1)
        }
    }

    /// Refuses escapes that the text format does not have.
    private func checkEscapes(from start: Int, to end: Int, quotes: Bool) throws(ReadFailure) {
        var index = start
        while index < end {
            guard cursor.bytes[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            let escaped = index + 1 < end ? cursor.bytes[index + 1] : 0
            guard
                escaped == UInt8(ascii: "\\") || escaped == UInt8(ascii: "n")
                    || (quotes && escaped == UInt8(ascii: "\""))
            else { throw ReadFailure(.violation("invalid escape sequence"), at: index) }
            index += 2
        }
    }
}
