/// Where and how the web server listens.
package struct WebSettings: Sendable {
    /// The addresses to listen on (`--web.listen-address`).
    package var addresses = [ListenAddress(host: "0.0.0.0", port: 9090)]
    /// The path that goes before all others, without a slash at its end (`--web.route-prefix`).
    package var routePrefix = ""
    /// How many connections may be open on each address (`--web.max-connections`); more wait in the system's queue.
    package var maxConnections = 512
    /// How long a client may take to send a request, or may do nothing between two, in milliseconds
    /// (`--web.read-timeout`).
    package var readTimeout: Int64 = 300_000
    /// How long a client may take nothing of an answer that waits for it, in milliseconds.
    package var writeTimeout: Int64 = 60_000
    /// How long answers that are being made may take to end after the server was told to stop, in milliseconds.
    package var drainTimeout: Int64 = 10_000
    /// The largest form body, in bytes.
    package var maxFormBytes = 8 << 20
    /// What the bodies of all requests that bring samples may have together at one time, in bytes; further ones are told
    /// to come again.
    package var maxTotalBodyBytes = 256 << 20
    /// The most bytes of text that one request may bring to be imported, decompressed.
    package var maxImportBytes = 16 << 30
    /// What all header fields of a request and its URL may have, in bytes.
    package var maxHeaderBytes = 256 << 10
    /// Whether `/-/reload` and `/-/quit` do something (`--web.enable-lifecycle`).
    package var isLifecycleEnabled = false
    /// The origins whose pages may read the API, as a pattern for the whole origin (`--web.cors.origin`).
    package var corsOrigin: String?

    /// The defaults.
    package init() {}
}

/// A host and port to listen on.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or IP address.
    package var host: String
    /// The port; 0 for any free one.
    package var port: Int

    /// The address `host:port`.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`, `[address]:port` for IPv6, or `:port` for all addresses.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        self.init(host: host.isEmpty ? "0.0.0.0" : String(host), port: Int(port))
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Why the web server cannot serve.
package enum WebServerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another program listens there already.
    case addressInUse(ListenAddress)
    /// The address cannot be listened on.
    case cannotListen(ListenAddress, reason: String)
    /// The pattern of allowed origins is not RE2 syntax.
    case invalidOriginPattern(String)
    /// The server's metrics cannot be registered.
    case metrics(String)

    package var description: String {
        switch self {
        case .addressInUse(let address):
            "cannot listen on \(address): another program does; stop it or choose another --web.listen-address"
        case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
        case .invalidOriginPattern(let reason): "--web.cors.origin: \(reason)"
        case .metrics(let reason): "cannot register the metrics of the web server: \(reason)"
        }
    }
}
