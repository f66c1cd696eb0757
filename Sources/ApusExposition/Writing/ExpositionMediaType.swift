/// What an exposition is served as: format, version and escaping of names, agreed with the scraper.
package struct ExpositionMediaType: Sendable, Hashable {
    /// The format of the body.
    package var format: ExpositionFormat
    /// The version that the scraper asked for.
    package var version: String
    /// How names outside the classic rule are written.
    package var escaping: NameEscaping

    /// A media type with the given parts.
    package init(format: ExpositionFormat, version: String, escaping: NameEscaping) {
        self.format = format
        self.version = version
        self.escaping = escaping
    }

    /// The classic text format, which every scraper reads.
    package static let classicText = ExpositionMediaType(format: .text, version: "0.0.4", escaping: .underscores)

    /// OpenMetrics 1.0 with UTF-8 names.
    package static let openMetrics = ExpositionMediaType(format: .openMetrics, version: "1.0.0", escaping: .allowUTF8)

    /// The `Content-Type` header of the answer.
    package var contentType: String {
        let parameters = "version=\(version); charset=utf-8; escaping=\(escaping.rawValue)"
        return switch format {
        case .text: "text/plain; \(parameters)"
        case .openMetrics: "application/openmetrics-text; \(parameters)"
        case .protobuf: "\(ProtobufMediaType.parameterised); escaping=\(escaping.rawValue)"
        }
    }

    /// The best of what an `Accept` header asks for and Apus writes; the classic text when nothing matches.
    ///
    /// Of two types with one weight the first wins. Source: Prometheus, "content negotiation".
    package static func negotiated(accept: String?) -> ExpositionMediaType {
        var best = classicText
        var bestWeight = 0.0
        for part in (accept ?? "").split(separator: ",").prefix(64) {
            guard let range = MediaRange(part), range.weight > bestWeight, let offered = offer(for: range) else {
                continue
            }
            best = offered
            bestWeight = range.weight
        }
        return best
    }

    private static func offer(for range: MediaRange) -> ExpositionMediaType? {
        let version = range.parameters["version"]
        let escaping = range.parameters["escaping"].flatMap(NameEscaping.init(rawValue:)) ?? .underscores
        // Without parameters nobody knows what such a type means; every scraper sends them.
        if range.type == ProtobufMediaType.type, range.parameters["proto"] == ProtobufMediaType.message,
            range.parameters["encoding"] == "delimited"
        {
            return ExpositionMediaType(format: .protobuf, version: "", escaping: escaping)
        }
        switch (range.type, version) {
        case ("application/openmetrics-text", nil), ("application/openmetrics-text", "1.0.0"?):
            return ExpositionMediaType(format: .openMetrics, version: "1.0.0", escaping: escaping)
        case ("application/openmetrics-text", "0.0.1"?):
            return ExpositionMediaType(format: .openMetrics, version: "0.0.1", escaping: .underscores)
        case ("text/plain", "1.0.0"?):
            return ExpositionMediaType(format: .text, version: "1.0.0", escaping: escaping)
        case ("text/plain", nil), ("text/plain", "0.0.4"?):
            return ExpositionMediaType(format: .text, version: "0.0.4", escaping: escaping)
        case ("*/*", _), ("text/*", _):
            return classicText
        default:
            return nil
        }
    }
}

/// One entry of an `Accept` header, or a `Content-Type`: type, parameters and weight.
struct MediaRange {
    /// Type and subtype in lower case, such as `text/plain`.
    var type: String
    /// The parameters by name in lower case, without `q`.
    var parameters: [String: String] = [:]
    /// The weight from 0 to 1; 1 when none is written.
    var weight = 1.0

    /// Reads an entry; `nil` when the type is empty or has no subtype.
    init?(_ text: some StringProtocol) {
        let fields = text.split(separator: ";", omittingEmptySubsequences: false)
        guard let first = fields.first else { return nil }
        type = Self.trimmed(first).lowercased()
        guard type.split(separator: "/", omittingEmptySubsequences: false).count == 2, type.utf8.count > 2 else {
            return nil
        }
        for field in fields.dropFirst().prefix(16) {
            let pair = field.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let name = Self.trimmed(pair[0]).lowercased()
            var value = Self.trimmed(pair[1])
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
            if name == "q" {
                weight = Double(value).flatMap { $0 >= 0 && $0 <= 1 ? $0 : nil } ?? 0
            } else {
                parameters[name] = String(value)
            }
        }
    }

    private static func trimmed(_ text: some StringProtocol) -> Substring {
        var rest = Substring(text)
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }
}
