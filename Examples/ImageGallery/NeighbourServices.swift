import AsyncHTTPClient
import FoundationEssentials
import Logging
import NIOCore
import NIOHTTP1

/// The two services that the gallery asks.
///
/// The gallery shows what it can: a neighbour that does not answer is logged and does not fail the page.
struct NeighbourServices: Sendable {
    private static let timeout = TimeAmount.seconds(5)

    private let imageURL: String
    private let accessURL: String
    private let client: HTTPClient

    init(imageURL: String, accessURL: String) {
        self.imageURL = imageURL
        self.accessURL = accessURL
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.idleTimeout = .seconds(1)
        // The page is shown without a neighbour rather than late.
        configuration.connectionPool.retryConnectionEstablishment = false
        // A name with several addresses is a service with several replicas: each should get its share.
        configuration.dnsResolver = .randomized
        client = HTTPClient(configuration: configuration)
    }

    /// Closes the connections; nothing can be asked after that.
    func close() async throws {
        try await client.shutdown()
    }

    /// What the image service says; `nil` when it does not answer.
    func imageOfTheDay(logger: Logger) async -> ImageOfTheDay? {
        do {
            let response = try await client.execute(HTTPClientRequest(url: imageURL), timeout: Self.timeout)
            guard response.status == .ok else { throw UnexpectedStatus(code: response.status.code) }
            let body = try await response.body.collect(upTo: 1 << 20)
            return try JSONDecoder().decode(ImageOfTheDay.self, from: Data(body.readableBytesView))
        } catch {
            logger.warning("no picture", metadata: ["url": "\(imageURL)", "error": "\(error)"])
            return nil
        }
    }

    /// Tells the access log of a client.
    func report(client address: String, logger: Logger) async {
        do {
            var request = HTTPClientRequest(url: accessURL)
            request.method = .POST
            // A connection that is kept would send everything to one replica.
            request.headers = ["Content-Type": "application/json", "Connection": "close"]
            request.body = .bytes(try JSONEncoder().encode(["clientIp": address]))
            let response = try await client.execute(request, timeout: Self.timeout)
            guard response.status == .created else { throw UnexpectedStatus(code: response.status.code) }
        } catch {
            logger.warning("no access logged", metadata: ["url": "\(accessURL)", "error": "\(error)"])
        }
    }
}

/// A neighbour answered with another status than agreed.
private struct UnexpectedStatus: Error {
    var code: UInt
}
