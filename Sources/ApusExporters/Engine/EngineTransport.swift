import ApusBytes
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
    /// Letters of an engine's own words.
    private static let longestReason = 300

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
        let response: FetchResponse
        do {
            let request = try FetchRequest(url: address.base + path, headers: headers)
            response = try await fetcher.fetch(request, timeout: timeout, bodyLimit: limit, takesAnyStatus: true)
        } catch {
            throw failure(error, path)
        }
        guard (200..<300).contains(response.status) else {
            let words = Self.words(of: response)
            throw .engine(path: path, reason: "HTTP status \(response.status)\(words.isEmpty ? "" : ": \(words)")")
        }
        return response.body
    }

    /// Why an engine refuses: its message, as in `{"message": "no such container"}`, or a first line of plain text, as where a
    /// connection should have been encrypted.
    private static func words(of response: FetchResponse) -> String {
        let message = (try? JSONReader.read(response.body))?["message"]?.text
        let isPlain = response.contentType.isEmpty || response.contentType.hasPrefix("text/plain")
        let line = isPlain ? response.body.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") } : []
        return String((message ?? String(decoding: line, as: UTF8.self)).prefix(longestReason))
    }

    package func stream(
        _ path: String, onPart: @escaping @Sendable ([UInt8]) async -> Void
    ) async throws(ExporterError) {
        do {
            let request = try FetchRequest(url: address.base + path, headers: headers)
            try await fetcher.stream(request, onPart: onPart)
        } catch {
            throw failure(error, path)
        }
    }

    /// What a failed exchange means to who runs the engine.
    private func failure(_ error: HTTPFetchError, _ path: String) -> ExporterError {
        switch error {
        case .connection(_, let reason) where reason.hasPrefix("dial "):
            // As in "dial unix /run/docker.sock: connect: connection refused" and "dial tcp: lookup host: no such host".
            let cause = ["connect: ", "dial tcp: "].lazy.compactMap { reason.firstRange(of: $0) }.first
            return .unreachable(
                address: address.place, reason: cause.map { String(reason[$0.upperBound...]) } ?? reason)
        case .connection(_, let reason) where reason.hasSuffix("EOF"):
            return .engine(path: path, reason: "the connection was closed before the answer was whole")
        case .connection(_, let reason): return .engine(path: path, reason: reason)
        case .timedOut: return .engine(path: path, reason: "no answer came in time")
        default: return .engine(path: path, reason: error.description)
        }
    }
}
