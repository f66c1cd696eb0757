import ApusBytes
import ApusModel

/// Labels as remote write 1.0 carries them: field 1 of the series, once for each label, name and value within.
///
/// Source: `prometheus.TimeSeries` and `prometheus.Label`.
enum LabelFields {
    /// What is wrong with the labels of a series; the texts are Prometheus'.
    enum Problem: Error {
        /// A label is no message.
        case undecodable(ProtobufError)
        /// No metric name, an empty label name, or text that is not UTF-8.
        case invalid(String)
        /// Two labels of one name.
        case duplicate(String, name: String)

        var text: String {
            switch self {
            case .undecodable(let error): error.description
            case .invalid(let labels): "invalid metric name or labels, got \(labels)"
            case .duplicate(let labels, let name):
                "invalid labels for series, labels \(labels), duplicated label \(name)"
            }
        }
    }

    /// Where the name and the value of a label lie.
    private typealias Piece = (name: Range<Int>, value: Range<Int>)

    /// The label set of fields; labels may come in any order, one with an empty value is none.
    ///
    /// - Parameter needsMetricName: whether the set must have a metric name, as that of a series must.
    static func labelSet(_ fields: Span<UInt8>, needsMetricName: Bool) throws(Problem) -> LabelSet {
        var pieces: [Piece]
        do throws(ProtobufError) {
            pieces = try Self.pieces(fields)
        } catch {
            throw .undecodable(error)
        }
        pieces.sort { a, b in compareBytes(fields.extracting(a.name), fields.extracting(b.name)) < 0 }
        var run = ByteWriter(capacity: fields.count)
        var hasMetricName = false
        for (index, piece) in pieces.enumerated() {
            let name = fields.extracting(piece.name)
            let value = fields.extracting(piece.value)
            guard name.count > 0, isText(name), isText(value) else { throw .invalid(text(fields)) }
            if index > 0, equalBytes(name, fields.extracting(pieces[index - 1].name)) {
                throw .duplicate(text(fields), name: String(copying: name))
            }
            guard value.count > 0 else { continue }
            if isMetricName(name) { hasMetricName = true }
            run.appendLengthPrefixed(name)
            run.appendLengthPrefixed(value)
        }
        guard hasMetricName || !needsMetricName else { throw .invalid(text(fields)) }
        return LabelSet(uncheckedRun: run.bytes)
    }

    /// The labels for messages: `{name="value", …}` as they were sent, cut off where they are long.
    static func text(_ fields: Span<UInt8>) -> String {
        let largest = 20
        guard let pieces = try? pieces(fields) else { return "{…}" }
        let shown = pieces.prefix(largest).map { piece in
            let name = shortened(fields.extracting(piece.name))
            let value = shortened(fields.extracting(piece.value))
            return "\(LabelName.isLegacyLabelName(name) ? name : QuotedText.quoted(name))=\(QuotedText.quoted(value))"
        }
        return "{\(shown.joined(separator: ", "))\(pieces.count > largest ? ", …" : "")}"
    }

    private static func pieces(_ fields: Span<UInt8>) throws(ProtobufError) -> [Piece] {
        var pieces: [Piece] = []
        var reader = ProtobufReader(fields)
        while let tag = try reader.readTag() {
            pieces.append(try MessageParts.label(fields, in: try reader.readRange(tag)))
        }
        return pieces
    }

    /// Whether bytes are UTF-8.
    static func isText(_ bytes: Span<UInt8>) -> Bool {
        (try? UTF8Span(validating: bytes)) != nil
    }

    /// Whether a label name is that of the metric's name.
    static func isMetricName(_ name: Span<UInt8>) -> Bool {
        name.count == metricName.count && equalBytes(name, metricName.span)
    }

    private static let metricName = Array(LabelSet.metricName.utf8)

    private static func shortened(_ bytes: Span<UInt8>) -> String {
        let largest = 100
        return bytes.count <= largest
            ? String(copying: bytes) : String(copying: bytes.extracting(0..<largest)) + "…"
    }
}
