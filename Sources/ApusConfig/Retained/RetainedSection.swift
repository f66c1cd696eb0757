import ApusBytes
import ApusModel

/// A section that was read and checked against its schema, and is kept to be shown; it holds no secrets.
package struct RetainedSection: Sendable, Hashable {
    /// The entries as they are shown.
    let shown: [ShownValue.Field]

    /// Reads a section.
    init(_ node: YAMLNode, schema: SectionSchema, context: inout LoadContext) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: schema.name)
        var shown = ShownFields()
        if schema.hasHTTPClient {
            let client = try HTTPClientConfiguration(&reader, context: &context)
            shown.add(client.shown)
        }
        var nodes: [String: YAMLNode] = [:]
        for field in schema.fields {
            guard let value = reader.value(field.name) else { continue }
            nodes[field.name] = value
            shown.add(field.name, try Self.read(value, form: field.form, field: field.name, context: &context))
        }
        if schema.hasDiscovery {
            let discovery = try DiscoveryConfiguration.readAll(&reader, context: &context)
            if shown.fields.allSatisfy({ $0.name != "relabel_configs" }) {
                try DiscoveryConfiguration.checkFixedAddresses(discovery, at: node.position)
            }
            shown.add(DiscoveryConfiguration.shown(discovery))
        }
        try reader.finish()
        for rule in schema.rules { try rule.check(nodes, at: node.position) }
        self.shown = shown.fields
    }

    /// The text of a field; `nil` when it is absent or no text.
    func text(_ name: String) -> String? {
        guard case .text(let text) = shown.first(where: { $0.name == name })?.value else { return nil }
        return text
    }

    private static func read(
        _ node: YAMLNode, form: SectionSchema.Form, field: String, context: inout LoadContext
    ) throws(ConfigurationError) -> ShownValue {
        switch form {
        case .text: return .text(try node.text())
        case .secret:
            return try node.text().isEmpty ? .text("") : .secret
        case .flag: return .flag(try node.flag())
        case .integer, .count:
            let text = try node.plainText(expected: "int")
            guard Int(text) != nil else { throw .wrongType(node.position, found: node.typeName, expected: "int") }
            return .plain(text)
        case .number: return .plain(NumberText.string(try node.number(), .plain))
        case .duration: return .plain(DurationText.string(try node.duration()))
        case .size: return .plain(SizeText.string(try node.size()))
        case .texts: return .texts(try node.texts())
        case .textMap:
            var shown = ShownFields()
            for entry in try node.textMap() { shown.add(entry.key.key.text, .text(entry.value)) }
            return shown.value
        case .address:
            let text = try node.text()
            try URLText.check(text, at: node.position)
            return .text(URLText.withoutPassword(text))
        case .choice(let words, let message):
            let text = try node.text()
            guard words.contains(text) else {
                let shown = message.split(separator: "{}", omittingEmptySubsequences: false).joined(separator: text)
                throw .invalid(node.position, shown)
            }
            return .text(text)
        case .section(let schema): return .mapping(try RetainedSection(node, schema: schema, context: &context).shown)
        case .sections(let schema, let nullMessage):
            var values: [ShownValue] = []
            for element in try node.elements(expected: "[]*\(schema.name)") {
                guard !element.isNull else { throw .invalid(element.position, nullMessage) }
                values.append(.mapping(try RetainedSection(element, schema: schema, context: &context).shown))
            }
            return .list(values)
        case .rules(let nullMessage):
            let rules = try RelabelRule.readList(node, nullMessage: nullMessage, scheme: context.nameValidation)
            return .list(rules.map(\.shown))
        }
    }
}

extension SectionSchema.Rule {
    fileprivate func check(_ nodes: [String: YAMLNode], at position: SourcePosition) throws(ConfigurationError) {
        switch self {
        case .required(let field, let message):
            guard try Self.text(nodes[field])?.isEmpty == false else { throw .invalid(position, message) }
        case .requiredList(let field, let message):
            guard let node = nodes[field], try !node.elements(expected: "[]string").isEmpty else {
                throw .invalid(position, message)
            }
        case .atMostOne(let fields, let message):
            guard try Self.count(fields, in: nodes) <= 1 else { throw .invalid(position, message) }
        case .exactlyOne(let fields, let message):
            guard try Self.count(fields, in: nodes) == 1 else { throw .invalid(position, message) }
        case .positive(let field, let message):
            guard let node = nodes[field] else { return }
            guard let number = Int(try node.plainText(expected: "int")), number > 0 else {
                throw .invalid(node.position, message)
            }
        case .ordered(let low, let high, let message):
            guard let lowNode = nodes[low], let highNode = nodes[high] else { return }
            guard try Self.magnitude(lowNode) <= Self.magnitude(highNode) else {
                throw .invalid(lowNode.position, message)
            }
        case .httpAddress(let field):
            guard let node = nodes[field], let text = try Self.text(node), !text.isEmpty else {
                throw .invalid(position, "URL is missing")
            }
            guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else {
                throw .invalid(node.position, "URL scheme must be 'http' or 'https'")
            }
            guard let first = text.dropFirst(scheme.count).first, first != "/", first != "?" else {
                throw .invalid(node.position, "host is missing in URL")
            }
        case .freeHeaders(let field, let authorizationMessage):
            for entry in try nodes[field]?.textMap() ?? [] {
                let name = entry.key.key.text
                if name.lowercased() == "authorization" { throw .invalid(entry.key.keyPosition, authorizationMessage) }
                if ReservedHeaders.names.contains(name.lowercased()) {
                    throw .invalid(entry.key.keyPosition, "\(name) is a reserved header. It must not be changed")
                }
            }
        case .distinctTexts(let field):
            var seen: Set<String> = []
            for element in try nodes[field]?.elements(expected: "[]string") ?? [] {
                let text = try element.text().trimmingSpaces()
                guard !text.isEmpty, seen.insert(text).inserted else {
                    throw .invalid(
                        element.position,
                        "invalid '\(field)': \(QuotedText.quoted(text)) is empty or there twice"
                    )
                }
            }
        }
    }

    private static func text(_ node: YAMLNode?) throws(ConfigurationError) -> String? {
        guard let node else { return nil }
        return try node.text()
    }

    private static func count(_ fields: [String], in nodes: [String: YAMLNode]) throws(ConfigurationError) -> Int {
        var result = 0
        for field in fields {
            guard let node = nodes[field] else { continue }
            if case .scalar(let scalar) = node.content, scalar.text.isEmpty { continue }
            result += 1
        }
        return result
    }

    /// A duration or number as something that can be compared.
    private static func magnitude(_ node: YAMLNode) throws(ConfigurationError) -> Int64 {
        let text = try node.text()
        if let number = Int64(text) { return number }
        return try node.duration()
    }
}

/// Headers that requests have by themselves.
enum ReservedHeaders {
    static let names: Set<String> = [
        "host", "content-encoding", "content-length", "content-type", "user-agent", "connection", "keep-alive",
        "proxy-authenticate", "proxy-authorization", "www-authenticate", "accept-encoding",
        "x-prometheus-remote-write-version", "x-prometheus-remote-read-version", "x-amz-date", "x-amz-security-token",
        "x-amz-content-sha256",
    ]
}
