import ApusModel

/// How requests to a server are made: credentials, TLS, proxy, headers.
package struct HTTPClientConfiguration: Sendable, Hashable {
    /// User name and password, or files that hold them.
    package struct BasicAuthentication: Sendable, Hashable {
        package var username = ""
        package var usernameFile = ""
        package var password: Secret?
        package var passwordFile = ""
    }

    /// Credentials for the `Authorization` header, or a file that holds them.
    package struct Authorization: Sendable, Hashable {
        /// The scheme before the credentials.
        package var type = "Bearer"
        package var credentials: Secret?
        package var credentialsFile = ""
    }

    /// A header that is added to requests; several values become several lines.
    package struct Header: Sendable, Hashable {
        package var name: String
        package var values: [String]
        package var secrets: [Secret]
        package var files: [String]
    }

    package var basicAuthentication: BasicAuthentication?
    package var authorization: Authorization?
    package var oauth2: RetainedSection?
    package var tls = TLSConfiguration()
    package var followsRedirects = true
    package var enablesHTTP2 = true
    package var proxy = ProxyConfiguration()
    /// Sorted by name.
    package var headers: [Header] = []

    /// The defaults: no credentials, redirects followed.
    package init() {}

    /// Takes the fields that stand inline in `reader`'s section.
    init(_ reader: inout FieldReader, context: inout LoadContext) throws(ConfigurationError) {
        let position = reader.position
        let bearerToken = try reader.secret("bearer_token")
        let bearerTokenFile = context.resolve(try reader.text("bearer_token_file") ?? "")
        if let node = reader.value("basic_auth") { basicAuthentication = try .init(node, context: context) }
        let authorizationNode = reader.value("authorization")
        if let authorizationNode { authorization = try .init(authorizationNode, context: context) }
        if let node = reader.value("oauth2") {
            oauth2 = try Self.oauth2(node, context: &context)
            context.warn("oauth2 is not acted on by this version; requests go without a token", at: node.position)
        }
        let hasBearer = bearerToken != nil || !bearerTokenFile.isEmpty
        if bearerToken != nil, !bearerTokenFile.isEmpty {
            throw .invalid(position, "at most one of bearer_token & bearer_token_file must be configured")
        }
        if hasBearer, basicAuthentication != nil || oauth2 != nil {
            throw .invalid(
                position, "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured")
        }
        if let authorizationNode, hasBearer {
            throw .invalid(
                authorizationNode.position, "authorization is not compatible with bearer_token & bearer_token_file")
        }
        if [basicAuthentication != nil, authorization != nil, oauth2 != nil].count(where: { $0 }) > 1 {
            throw .invalid(position, "at most one of basic_auth, oauth2 & authorization must be configured")
        }
        if hasBearer { authorization = Authorization(credentials: bearerToken, credentialsFile: bearerTokenFile) }
        if let node = reader.value("tls_config") { tls = try TLSConfiguration(node, context: context) }
        followsRedirects = try reader.flag("follow_redirects") ?? true
        enablesHTTP2 = try reader.flag("enable_http2") ?? true
        proxy = try ProxyConfiguration(&reader)
        if let node = reader.value("http_headers") { headers = try Self.headers(node, context: context) }
    }

    private static func oauth2(
        _ node: YAMLNode, context: inout LoadContext
    ) throws(ConfigurationError) -> RetainedSection {
        try RetainedSection(node, schema: .oauth2, context: &context)
    }

    private static func headers(_ node: YAMLNode, context: LoadContext) throws(ConfigurationError) -> [Header] {
        var result: [Header] = []
        for field in try node.entries(expected: "config.Headers") {
            let name = field.key.text
            let lowercased = name.lowercased()
            guard !ReservedHeaders.names.contains(lowercased), !scrapeHeaders.contains(lowercased) else {
                throw .invalid(field.keyPosition, "setting header \(QuotedText.quoted(name)) is not allowed")
            }
            guard isToken(name) else {
                throw .invalid(field.keyPosition, "\(QuotedText.quoted(name)) is not a valid header name")
            }
            var reader = try FieldReader(field.value, section: "config.Header")
            let header = Header(
                name: name, values: try reader.texts("values") ?? [],
                secrets: (try reader.texts("secrets") ?? []).map(Secret.init),
                files: (try reader.texts("files") ?? []).map(context.resolve))
            try reader.finish()
            for value in header.values + header.secrets.map({ $0.reveal() }) where !isHeaderValue(value) {
                throw .invalid(
                    field.value.position, "a value of header \(name) has a line break or control character")
            }
            result.append(header)
        }
        return result.sorted { $0.name < $1.name }
    }

    /// Headers that have settings of their own or that scrapes set.
    private static let scrapeHeaders: Set<String> = ["authorization", "x-prometheus-scrape-timeout-seconds"]

    /// Whether a text is a token of RFC 9110, as names of headers must be.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                let letter = byte | 0x20
                return (letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z"))
                    || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }

    private static func isHeaderValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == UInt8(ascii: "\t") || ($0 >= 0x20 && $0 != 0x7F) }
    }
}

extension HTTPClientConfiguration.BasicAuthentication {
    init(_ node: YAMLNode, context: LoadContext) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: "config.BasicAuth")
        username = try reader.text("username") ?? ""
        usernameFile = context.resolve(try reader.text("username_file") ?? "")
        password = try reader.secret("password")
        passwordFile = context.resolve(try reader.text("password_file") ?? "")
        try reader.finish()
        if !username.isEmpty, !usernameFile.isEmpty {
            throw .invalid(node.position, "at most one of basic_auth username & username_file must be configured")
        }
        if password != nil, !passwordFile.isEmpty {
            throw .invalid(node.position, "at most one of basic_auth password & password_file must be configured")
        }
    }
}

extension HTTPClientConfiguration.Authorization {
    init(_ node: YAMLNode, context: LoadContext) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: "config.Authorization")
        let type = (try reader.text("type") ?? "").trimmingSpaces()
        if !type.isEmpty { self.type = type }
        credentials = try reader.secret("credentials")
        credentialsFile = context.resolve(try reader.text("credentials_file") ?? "")
        try reader.finish()
        if type.lowercased() == "basic" {
            throw .invalid(
                node.position, #"authorization type cannot be set to "basic", use "basic_auth" instead"#)
        }
        if credentials != nil, !credentialsFile.isEmpty {
            throw .invalid(
                node.position, "at most one of authorization credentials & credentials_file must be configured")
        }
    }
}

extension String {
    /// The text without white space at both ends.
    func trimmingSpaces() -> String {
        let trimmed = drop(while: \.isWhitespace)
        guard let last = trimmed.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(trimmed[...last])
    }
}
