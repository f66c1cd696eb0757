import ApusModel

/// How a TLS connection is made.
package struct TLSConfiguration: Sendable, Hashable {
    /// A version of the protocol.
    package enum Version: String, Sendable, CaseIterable {
        case tls10 = "TLS10"
        case tls11 = "TLS11"
        case tls12 = "TLS12"
        case tls13 = "TLS13"
    }

    /// Certificates that sign the server's, in PEM.
    package var authorities = ""
    package var authoritiesFile = ""
    /// Our certificate, in PEM.
    package var certificate = ""
    package var certificateFile = ""
    /// Our private key, in PEM.
    package var key: Secret?
    package var keyFile = ""
    /// The name that the server's certificate must have; empty for the one in the address.
    package var serverName = ""
    /// Whether the server's certificate is not checked.
    package var skipsVerification = false
    package var minVersion: Version?
    package var maxVersion: Version?

    /// The defaults: the system's authorities, no certificate of ours.
    package init() {}

    init(_ node: YAMLNode, context: LoadContext) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: "config.TLSConfig")
        authorities = try reader.text("ca") ?? ""
        authoritiesFile = context.resolve(try reader.text("ca_file") ?? "")
        certificate = try reader.text("cert") ?? ""
        certificateFile = context.resolve(try reader.text("cert_file") ?? "")
        key = try reader.secret("key")
        keyFile = context.resolve(try reader.text("key_file") ?? "")
        serverName = try reader.text("server_name") ?? ""
        skipsVerification = try reader.flag("insecure_skip_verify") ?? false
        minVersion = try Self.version(reader.value("min_version"))
        maxVersion = try Self.version(reader.value("max_version"))
        try reader.finish()
        if let minVersion, let maxVersion, minVersion.rawValue > maxVersion.rawValue {
            throw .invalid(node.position, "tls_config.max_version must be greater than or equal to min_version")
        }
        try check(at: node.position)
    }

    private func check(at position: SourcePosition) throws(ConfigurationError) {
        if !authorities.isEmpty, !authoritiesFile.isEmpty {
            throw .invalid(position, "at most one of ca and ca_file must be configured")
        }
        if !certificate.isEmpty, !certificateFile.isEmpty {
            throw .invalid(position, "at most one of cert and cert_file must be configured")
        }
        if key != nil, !keyFile.isEmpty {
            throw .invalid(position, "at most one of key and key_file must be configured")
        }
        let hasCertificate = !certificate.isEmpty || !certificateFile.isEmpty
        let hasKey = key != nil || !keyFile.isEmpty
        if hasCertificate, !hasKey {
            throw .invalid(
                position, "exactly one of key or key_file must be configured when a client certificate is configured")
        }
        if hasKey, !hasCertificate {
            throw .invalid(
                position, "exactly one of cert or cert_file must be configured when a client key is configured")
        }
    }

    private static func version(_ node: YAMLNode?) throws(ConfigurationError) -> Version? {
        guard let node else { return nil }
        let text = try node.text()
        guard let version = Version(rawValue: text) else {
            throw .invalid(node.position, "unknown TLS version: \(text); use TLS10, TLS11, TLS12 or TLS13")
        }
        return version
    }
}

/// Through which proxy requests go.
package struct ProxyConfiguration: Sendable, Hashable {
    /// The proxy's address, empty for none; it may hold a password and is not to be shown.
    package var url = ""
    /// Hosts that are reached directly, separated by commas.
    package var bypass = ""
    /// Whether `HTTP_PROXY` and its kin decide.
    package var followsEnvironment = false
    /// Headers for the proxy's CONNECT, sorted by name.
    package var connectHeaders: [ConnectHeader] = []

    /// A header for the proxy.
    package struct ConnectHeader: Sendable, Hashable {
        package var name: String
        package var values: [Secret]
    }

    /// No proxy.
    package init() {}

    init(_ reader: inout FieldReader) throws(ConfigurationError) {
        let node = reader.value("proxy_url")
        url = try reader.text("proxy_url") ?? ""
        bypass = try reader.text("no_proxy") ?? ""
        followsEnvironment = try reader.flag("proxy_from_environment") ?? false
        if let headers = reader.value("proxy_connect_header") {
            for field in try headers.entries(expected: "config.ProxyHeader") {
                let values = try field.value.texts().map(Secret.init)
                connectHeaders.append(ConnectHeader(name: field.key.text, values: values))
            }
            connectHeaders.sort { $0.name < $1.name }
        }
        let position = node?.position ?? reader.position
        if !url.isEmpty { try URLText.check(url, at: position) }
        if !connectHeaders.isEmpty, !followsEnvironment, url.isEmpty {
            throw .invalid(
                position,
                "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured")
        }
        if followsEnvironment, !url.isEmpty {
            throw .invalid(position, "if proxy_from_environment is configured, proxy_url must not be configured")
        }
        if followsEnvironment, !bypass.isEmpty {
            throw .invalid(position, "if proxy_from_environment is configured, no_proxy must not be configured")
        }
        if url.isEmpty, !bypass.isEmpty {
            throw .invalid(position, "if no_proxy is configured, proxy_url must also be configured")
        }
    }
}

/// Addresses of servers in the configuration.
enum URLText {
    /// Checks that a text can be an address: no control characters or spaces, a valid scheme when there is one.
    static func check(_ text: String, at position: SourcePosition) throws(ConfigurationError) {
        if text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
            throw .invalid(position, "parse \(QuotedText.quoted(text)): invalid character in URL")
        }
        if text.hasPrefix(":") {
            throw .invalid(position, "parse \(QuotedText.quoted(text)): missing protocol scheme")
        }
    }

    /// The address with a password in it replaced.
    static func withoutPassword(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let rest = text[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
            return text
        }
        return String(text[..<colon]) + ":xxxxx" + String(text[at...])
    }
}
