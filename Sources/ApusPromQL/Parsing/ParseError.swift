import ApusModel

/// Why a text is not a PromQL expression, and where.
///
/// The words are those of Prometheus where it has some, because clients and tests look for them.
package struct ParseError: Error, Hashable, Sendable {
    /// What is wrong, without the position.
    package let message: String
    /// The part of the text that is wrong.
    package let range: SourceRange
    /// The line in which it begins, from 1.
    package let line: Int
    /// The byte in that line at which it begins, from 1.
    package let column: Int

    /// An error in `text`, at `range` of it.
    init(_ message: String, at range: SourceRange, in text: [UInt8]) {
        self.message = message
        self.range = range
        (line, column) = range.lineAndColumn(in: text)
    }
}

extension ParseError: CustomStringConvertible {
    /// `1:5: parse error: …`, as Prometheus writes it.
    package var description: String { "\(line):\(column): parse error: \(message)" }
}

extension SourceRange {
    /// The line and column, both from 1 and the column in bytes, at which the run begins in `text`.
    package func lineAndColumn(in text: [UInt8]) -> (line: Int, column: Int) {
        var line = 1
        var lineStart = 0
        for index in 0..<min(start, text.count) where text[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        return (line, start - lineStart + 1)
    }
}
