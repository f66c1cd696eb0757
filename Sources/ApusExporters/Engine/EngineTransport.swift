package import ApusHTTP

/// Brings requests to a container engine; tests put their own in its place.
package protocol EngineTransport: Sendable {
    /// The body of an answer of at most `limit` bytes.
    ///
    /// - Parameters:
    ///   - path: path and query.
    ///   - timeout: milliseconds for all of it.
    func get(_ path: String, timeout: Int64, limit: Int) async throws(ExporterError) -> [UInt8]

    /// Hands out a body that does not end, piece by piece; returns when the engine ends it.
    func stream(_ path: String, onPart: @escaping @Sendable ([UInt8]) async -> Void) async throws(ExporterError)
}

/// Speaks HTTP with the engine, over its socket or the network.
package struct HTTPEngineTransport: EngineTransport {
    private let address: EngineAddress
    private let fetcher: HTTPFetcher

    /// A transport to the engine at `address`; the fetcher is shut down by its owner.
    package init(address: EngineAddress, fetcher: HTTPFetcher) {
        self.address = address
        self.fetcher = fetcher
    }

    /// Over a socket the host would be the socket's path, which engines refuse as no host.
    private var headers: [(name: String, value: String)] {
        address.socketPath == nil ? [] : [("Host", "localhost")]
    }

    package func get(_ path: String, timeout: Int64, limit: Int) async throws(ExporterError) -> [UInt8] {
        do {
            let request = try FetchRequest(url: address.base + path, headers: headers)
            return try await fetcher.fetch(request, timeout: timeout, bodyLimit: limit).body
        } catch {
            throw .engine(path: path, reason: error.description)
        }
    }

    package func stream(
        _ path: String, onPart: @escaping @Sendable ([UInt8]) async -> Void
    ) async throws(ExporterError) {
        do {
            let request = try FetchRequest(url: address.base + path, headers: headers)
            try await fetcher.stream(request, onPart: onPart)
        } catch {
            throw .engine(path: path, reason: error.description)
        }
    }
}
