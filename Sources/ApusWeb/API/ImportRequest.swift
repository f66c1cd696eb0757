import ApusInterchange
import ApusModel
import HTTPTypes

/// What a request to import asks for.
struct ImportRequest: Sendable {
    /// The form of the text.
    let format: Backfill.Format
    /// Samples of other times are left out.
    let range: ClosedRange<Int64>
    /// Whether the body is compressed.
    let isCompressed: Bool

    /// Reads header fields and parameters: `format` counts before `Content-Type`; what neither names is OpenMetrics.
    init(_ fields: HTTPFields, _ parameters: FormParameters) throws(APIError) {
        switch fields[.contentEncoding]?.lowercased() ?? "identity" {
        case "identity": isCompressed = false
        case "gzip", "x-gzip": isCompressed = true
        case let other:
            throw APIError(.badData, "Content-Encoding \(other) is not known: send gzip or plain text", status: 415)
        }
        let type = fields[.contentType].map { $0.prefix { $0 != ";" && $0 != " " }.lowercased() }
        switch parameters["format"] ?? (type == "text/csv" ? "csv" : "openmetrics") {
        case "openmetrics": format = .openMetrics
        case "csv": format = .csv(try Self.layout(parameters))
        case let other:
            throw .invalid(parameter: "format", "\(QuotedText.quoted(other)) is neither openmetrics nor csv")
        }
        let start = try Self.time("start", parameters) ?? .min
        let end = try Self.time("end", parameters) ?? .max
        guard start <= end else { throw .invalid(parameter: "end", "end timestamp must not be before start time") }
        range = start...end
    }

    private static func time(_ name: String, _ parameters: FormParameters) throws(APIError) -> Int64? {
        guard let text = parameters[name] else { return nil }
        do {
            return try ParameterText.time(text)
        } catch {
            throw .invalid(parameter: name, "invalid time value for '\(name)': \(error)")
        }
    }

    private static func layout(_ parameters: FormParameters) throws(APIError) -> CSVImport.Layout {
        var layout = CSVImport.Layout()
        if let column = parameters["time_column"] { layout.timeColumn = column }
        if let text = parameters["time_unit"] {
            guard let unit = CSVImport.Layout.TimeUnit(rawValue: text) else {
                throw .invalid(parameter: "time_unit", "\(QuotedText.quoted(text)) is neither s nor ms")
            }
            layout.timeUnit = unit
        }
        let columns = parameters.all("value_column").filter { !$0.isEmpty }
        if !columns.isEmpty { layout.valueColumns = columns }
        for text in parameters.all("label") {
            guard let label = CSVImport.Layout.label(text) else {
                throw .invalid(parameter: "label", "\(QuotedText.quoted(text)) is not name=value")
            }
            layout.labels.append(label)
        }
        if let text = parameters["separator"] {
            guard let separator = CSVImport.Layout.separator(text) else {
                throw .invalid(
                    parameter: "separator", "must be one character, or 'tab', and not a quote or the end of a line")
            }
            layout.separator = separator
        }
        return layout
    }
}
