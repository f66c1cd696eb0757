import ApusModel

/// Why a body is not a valid exposition, and where.
package struct ExpositionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line, from 1; 0 in protocol buffers, which have no lines.
    package let line: Int
    /// The byte in the line, or in the body, from 1.
    package let column: Int
    /// What is wrong there.
    package let problem: Problem
    /// The line's text up to the place and a little beyond, at most 80 bytes; empty for protocol buffers.
    package let excerpt: String

    /// What can be wrong; the texts follow Prometheus' where it has one.
    package enum Problem: Hashable, Sendable {
        /// A line that begins with neither a metric name, a brace nor `#`.
        case expectedMetricName
        /// A series without a metric name.
        case metricNameMissing
        /// A series with two metric names.
        case metricNameRepeated
        /// Something else where a label name or the closing brace should be.
        case expectedLabelName
        /// No `=` after a label name.
        case expectedEqual
        /// No quoted value after `=`.
        case expectedLabelValue
        /// A quoted text that the line ends before it does.
        case unterminatedText
        /// Something else between labels than a comma.
        case expectedCommaOrBrace
        /// A comma after which OpenMetrics wants a label.
        case unexpectedComma
        /// Text that is not UTF-8, or a name that holds a NUL; the payload says which part.
        case invalidUTF8(String)
        /// A label name that occurs twice in one series.
        case duplicateLabel(String)
        /// No value after the series.
        case expectedValue
        /// A value that is no number; the payload is its text.
        case invalidValue(String)
        /// A timestamp that is no number or beyond the range of time; the payload is its text.
        case invalidTimestamp(String)
        /// Something after the end of a sample.
        case expectedNextEntry
        /// A line that ends with CR LF.
        case carriageReturn
        /// A metadata line without a valid metric name.
        case expectedMetadataName
        /// A TYPE line with an unknown type; the payload is its text.
        case invalidMetricType(String)
        /// A UNIT line whose unit the metric's name does not end with.
        case unitNotSuffix(unit: String, metric: String)
        /// A `#` line that OpenMetrics does not know.
        case invalidComment
        /// An empty line in OpenMetrics.
        case blankLine
        /// An exemplar that is not `# {labels} value [timestamp]`.
        case invalidExemplar
        /// OpenMetrics text that does not end with `# EOF`.
        case missingEOF
        /// Text after `# EOF`.
        case dataAfterEOF
        /// Bytes that are no message; protocol buffers only.
        case invalidMessage(String)
        /// A native histogram that contradicts itself, and its series.
        case invalidHistogram(String)
        /// More than a configured bound.
        case limit(ExpositionLimitError)
        /// Lines that are well-formed but contradict the specification or each other; strict checks only.
        case violation(String)
        /// More distinct text than a reader can hold (4 GB).
        case bodyTooLarge
    }

    package var description: String {
        if case .limit(let error) = problem { return error.description }
        if line == 0 { return "byte \(column): \(problem.text)" }
        return "line \(line), column \(column): \(problem.text) while parsing: \(QuotedText.quoted(excerpt))"
    }

    init(_ failure: ReadFailure, in body: Span<UInt8>, format: ExpositionFormat) {
        let offset = max(0, min(failure.offset, body.count))
        if format == .protobuf {
            line = 0
            column = offset + 1
            problem = failure.problem
            excerpt = ""
            return
        }
        var line = 1
        var lineStart = 0
        var cursor = BodyCursor(body)
        while true {
            let lineEnd = cursor.lineEnd()
            guard lineEnd < offset else { break }
            line += 1
            lineStart = lineEnd + 1
            cursor.offset = lineStart
        }
        self.line = line
        column = offset - lineStart + 1
        problem = failure.problem
        var end = offset
        while end < body.count, end < offset + 20, body[end] != UInt8(ascii: "\n") { end += 1 }
        excerpt = String(copying: body.extracting(max(lineStart, end - 80)..<end))
    }
}

extension ExpositionError.Problem {
    fileprivate var text: String {
        switch self {
        case .expectedMetricName: "expected a metric name, a brace or #"
        case .metricNameMissing: "metric name not set"
        case .metricNameRepeated: "metric name already set"
        case .expectedLabelName: "expected label name or right brace"
        case .expectedEqual: "expected equal"
        case .expectedLabelValue: "expected label value"
        case .unterminatedText: "quoted text does not end on its line"
        case .expectedCommaOrBrace: "expected comma or closing brace"
        case .unexpectedComma: "unexpected comma"
        case .invalidUTF8(let part): "invalid UTF-8 or NUL in \(part)"
        case .duplicateLabel(let name): "label name \(QuotedText.quoted(name)) is not unique: invalid sample"
        case .expectedValue: "expected value after metric"
        case .invalidValue(let text): "expected a number as value, got \(QuotedText.quoted(text))"
        case .invalidTimestamp(let text): "expected timestamp or new record, got \(QuotedText.quoted(text))"
        case .expectedNextEntry: "expected next entry after timestamp"
        case .carriageReturn: "line ends with CR LF, the format wants LF alone"
        case .expectedMetadataName: "expected metric name after HELP, TYPE or UNIT"
        case .invalidMetricType(let text): "invalid metric type \(QuotedText.quoted(text))"
        case .unitNotSuffix(let unit, let metric):
            "unit \(QuotedText.quoted(unit)) not a suffix of metric \(QuotedText.quoted(metric))"
        case .invalidComment: "expected HELP, TYPE, UNIT or EOF after #"
        case .blankLine: "unexpected blank line"
        case .invalidExemplar: "expected an exemplar: # {labels} value [timestamp]"
        case .missingEOF: "data does not end with # EOF"
        case .dataAfterEOF: "unexpected data after # EOF"
        case .invalidMessage(let text): text
        case .invalidHistogram(let text): text
        case .violation(let text): text
        case .limit(let error): error.description
        case .bodyTooLarge: "body has more than 4 GB of series names"
        }
    }
}

/// A problem and the byte of the body where it was met.
struct ReadFailure: Error {
    var problem: ExpositionError.Problem
    var offset: Int

    init(_ problem: ExpositionError.Problem, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }
}
