/// How a client connects and who it says it is: the `http_config` of one scrape configuration or receiver.
package struct HTTPClientOptions: Hashable, Sendable {
    /// Whether redirects are followed (at most ten); otherwise a redirect is a status like another.
    package var followsRedirects = true
    /// Whether HTTP/2 is spoken where the server offers it over TLS.
    package var allowsHTTP2 = true
    /// The `Authorization` header.
    package var authorization: HTTPAuthorization?
    /// Headers for every request, beside those of the request itself; several values of one name become several lines.
    package var extraHeaders: [ExtraHeader] = []
    /// How servers are verified, and this client by them.
    package var tls = TLSOptions()
    /// The proxy's URL (`http://[user:password@]host:port`), or `nil` to connect directly.
    package var proxyURL: String?
    /// How long an unused connection is kept, in milliseconds; longer than the scrape interval, so that it is used again.
    package var idleTimeout: Int64 = 300_000
    /// Connections to one host at one time, beyond which requests wait; each takes a file handle.
    package var maximumConnections = 8

    /// The defaults: redirects followed, no authorization, the system's certificate authorities.
    package init() {}
}

/// Who the client says it is, in the `Authorization` header.
///
/// Files are read for each request, so that a rotated secret is used at once.
package enum HTTPAuthorization: Hashable, Sendable {
    /// HTTP basic authentication.
    case basic(username: HTTPSecret, password: HTTPSecret)
    /// A scheme such as `Bearer`, and its credentials.
    case credentials(type: String, HTTPSecret)
}

/// A header whose value may be secret.
package struct ExtraHeader: Hashable, Sendable {
    /// The header's name.
    package var name: String
    /// The header's value.
    package var value: HTTPSecret

    /// A header with the given parts.
    package init(name: String, value: HTTPSecret) {
        self.name = name
        self.value = value
    }
}

/// A secret, given directly or by the file that holds it.
package enum HTTPSecret: Hashable, Sendable {
    /// The secret itself.
    case literal(String)
    /// The path of a file whose content, without surrounding white space, is the secret.
    case file(String)
}

/// How TLS connections are made.
package struct TLSOptions: Hashable, Sendable {
    /// PEM text of the certificate authorities to trust instead of the system's.
    package var authorities: TLSMaterial?
    /// PEM text of the client's certificate chain.
    package var certificate: TLSMaterial?
    /// PEM text of the client's private key.
    package var key: TLSMaterial?
    /// The name expected in the server's certificate, when it is not the host's.
    package var serverName: String?
    /// Whether the server's certificate is not verified at all.
    package var skipsVerification = false
    /// The lowest version to speak.
    package var minimumVersion: TLSVersion?
    /// The highest version to speak.
    package var maximumVersion: TLSVersion?

    /// The defaults: the system's authorities, no client certificate, TLS 1.2 and up.
    package init() {}
}

/// PEM text, given directly or by the file that holds it.
package enum TLSMaterial: Hashable, Sendable {
    /// The PEM text itself.
    case text(String)
    /// The path of a PEM file.
    case file(String)
}

/// A version of TLS.
package enum TLSVersion: String, Hashable, Sendable {
    /// TLS 1.0.
    case tls10 = "TLS10"
    /// TLS 1.1.
    case tls11 = "TLS11"
    /// TLS 1.2.
    case tls12 = "TLS12"
    /// TLS 1.3.
    case tls13 = "TLS13"
}
