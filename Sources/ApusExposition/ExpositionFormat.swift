/// A format in which a target exposes its metrics.
package enum ExpositionFormat: Sendable, Hashable, CaseIterable {
    /// The Prometheus text format, version 0.0.4 (and 1.0.0, which only adds quoted UTF-8 names).
    case text
    /// OpenMetrics text, version 1.0.0 (and 0.0.1).
    case openMetrics
    /// Protocol buffers: `io.prometheus.client.MetricFamily` messages, each behind its length.
    ///
    /// The only format with native histograms.
    case protobuf

    /// The format that a `Content-Type` names; `nil` for any other type, and for what is no media type.
    ///
    /// Parameters of texts are not looked at: targets in the field leave the version out or invent one. Those of protocol
    /// buffers say which message it is.
    package init?(contentType: String) {
        let range = MediaRange(contentType)
        switch range?.type {
        case "text/plain": self = .text
        case "application/openmetrics-text": self = .openMetrics
        case ProtobufMediaType.type where range.map(ProtobufMediaType.isReadable) == true: self = .protobuf
        default: return nil
        }
    }

    /// The format of an answer with the given `Content-Type`, or of the fallback when the type is missing or unknown.
    ///
    /// - Throws: `ExpositionFormatError` in the peers' words when there is no fallback.
    package static func answered(
        contentType: String?,
        fallback: ExpositionFormat?
    ) throws(ExpositionFormatError) -> ExpositionFormat {
        let given = contentType ?? ""
        if let format = ExpositionFormat(contentType: given) { return format }
        if let fallback { return fallback }
        throw given.isEmpty ? .blank : .unsupported(given)
    }
}

/// Why the format of an answer is not known.
package enum ExpositionFormatError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The target sent no `Content-Type`.
    case blank
    /// The target sent a `Content-Type` that is not read.
    case unsupported(String)

    package var description: String {
        switch self {
        case .blank:
            "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target"
        case .unsupported(let contentType):
            "received unsupported Content-Type \"\(contentType)\" and no fallback_scrape_protocol specified for target"
        }
    }
}

/// How names that the classic rule does not allow are written.
package enum NameEscaping: String, Sendable, Hashable {
    /// As they are, in quotes.
    case allowUTF8 = "allow-utf-8"
    /// With `_` for every character that the classic rule does not allow.
    case underscores
    /// With `_dot_` for a dot and `__` for an underscore and for every other character that is not allowed.
    case dots
    /// With the number of each character that is not allowed in hexadecimal, after the prefix `U__`; reversible.
    case values
}

/// A protocol of the `scrape_protocols` setting, spelled as in the configuration.
package enum ScrapeProtocol: String, Sendable, Hashable, CaseIterable {
    /// Protocol buffers, the only format with native histograms.
    case protobuf = "PrometheusProto"
    /// OpenMetrics text 1.0.0.
    case openMetrics100 = "OpenMetricsText1.0.0"
    /// OpenMetrics text 0.0.1.
    case openMetrics001 = "OpenMetricsText0.0.1"
    /// Prometheus text with quoted UTF-8 names.
    case text100 = "PrometheusText1.0.0"
    /// The classic Prometheus text.
    case text004 = "PrometheusText0.0.4"

    /// The order in which Prometheus asks when nothing is configured.
    package static let defaults: [ScrapeProtocol] = [.openMetrics100, .openMetrics001, .text100, .text004]

    /// The format of the answer.
    package var format: ExpositionFormat {
        switch self {
        case .protobuf: .protobuf
        case .openMetrics100, .openMetrics001: .openMetrics
        case .text100, .text004: .text
        }
    }

    /// The `Accept` header that asks for these protocols, the first with the greatest weight, as Prometheus sends it.
    package static func acceptHeader(
        for protocols: [ScrapeProtocol] = defaults,
        escaping: NameEscaping = .allowUTF8
    ) -> String {
        // Source: Prometheus' acceptHeader: the weights fall in steps of a tenth from one above the number of protocols.
        var weight = allCases.count + 1
        var parts: [String] = []
        for wanted in protocols where weight > 1 {
            let type: String
            switch wanted {
            case .protobuf: type = ProtobufMediaType.parameterised
            case .openMetrics100: type = "application/openmetrics-text;version=1.0.0;escaping=\(escaping.rawValue)"
            case .openMetrics001: type = "application/openmetrics-text;version=0.0.1"
            case .text100: type = "text/plain;version=1.0.0;escaping=\(escaping.rawValue)"
            case .text004: type = "text/plain;version=0.0.4"
            }
            parts.append("\(type);q=0.\(weight)")
            weight -= 1
        }
        parts.append("*/*;q=0.\(weight)")
        return parts.joined(separator: ",")
    }
}

/// The media type of protocol buffers.
enum ProtobufMediaType {
    static let type = "application/vnd.google.protobuf"
    static let message = "io.prometheus.client.MetricFamily"
    static let parameterised = "\(type);proto=\(message);encoding=delimited"

    /// Whether a type is that of delimited families, which it is when it says nothing else.
    static func isReadable(_ range: MediaRange) -> Bool {
        range.parameters["proto", default: message] == message
            && range.parameters["encoding", default: "delimited"] == "delimited"
    }
}
