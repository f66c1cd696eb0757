import ApusBytes
import ApusModel

/// Writes protocol buffer bodies for tests, field by field as `metrics.proto` numbers them.
struct FamilyBuilder {
    private(set) var body: [UInt8] = []

    /// Adds a family; `type` as `MetricType` numbers it.
    mutating func add(
        _ name: String, type: UInt64, help: String = "", unit: String = "",
        metrics: [(inout ProtobufWriter) -> Void]
    ) {
        var family = ProtobufWriter()
        family.appendText(1, name)
        if !help.isEmpty { family.appendText(2, help) }
        if type > 0 { family.appendUnsigned(3, type) }
        for metric in metrics { family.appendMessage(4, metric) }
        if !unit.isEmpty { family.appendText(5, unit) }
        let bytes = family.bytes
        var output = ByteWriter()
        output.appendLengthPrefixed(bytes.span)
        body += output.bytes
    }

    static func labels(_ labels: [(String, String)], _ writer: inout ProtobufWriter) {
        for label in labels {
            writer.appendMessage(1) { pair in
                pair.appendText(1, label.0)
                pair.appendText(2, label.1)
            }
        }
    }

    static func exemplar(
        _ field: Int, _ trace: String, _ value: Double, seconds: Int64?, _ writer: inout ProtobufWriter
    ) {
        writer.appendMessage(field) { exemplar in
            labels([("trace_id", trace)], &exemplar)
            exemplar.appendDouble(2, value)
            if let seconds {
                exemplar.appendMessage(3) { time in
                    time.appendSigned(1, seconds)
                    time.appendSigned(2, 5_000_000)
                }
            }
        }
    }
}
