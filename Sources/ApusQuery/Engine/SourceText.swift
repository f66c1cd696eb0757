import ApusPromQL

/// A query's text with the places of its lines.
struct SourceText: Sendable {
    private let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// `line:column`, both from one.
    func place(of position: Int) -> String {
        let place = SourceRange(start: max(0, position), end: max(0, position)).lineAndColumn(in: bytes)
        return "\(place.line):\(place.column)"
    }

    /// The text of a run.
    func text(_ range: SourceRange) -> String {
        String(decoding: run(range), as: UTF8.self)
    }

    /// The text of a run, cut when it is long.
    func shortText(_ range: SourceRange, limit: Int = 160) -> String {
        let text = text(range)
        return text.count <= limit ? text : text.prefix(limit) + "…"
    }

    /// Whether two runs hold the same bytes.
    func isSame(_ a: SourceRange, _ b: SourceRange) -> Bool { run(a) == run(b) }

    private func run(_ range: SourceRange) -> ArraySlice<UInt8> {
        let start = min(max(0, range.start), bytes.count)
        return bytes[start..<min(max(start, range.end), bytes.count)]
    }
}
