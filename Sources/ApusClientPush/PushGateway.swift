public import ApusClient
public import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Pushes the metrics of jobs that end before they could be scraped to a Pushgateway.
///
/// ```swift
/// let gateway = try PushGateway("http://pushgateway:9091", job: "nightly_backup", grouping: ["instance": "db-1"])
/// lastSuccess.setToCurrentTime()
/// try await gateway.push(registry)
/// ```
///
/// Metrics of services that keep running are scraped instead: what is pushed stays until it is deleted.
public struct PushGateway: Sendable {
    private let client: HTTPClient
    private let url: String
    private let authorization: String?
    private let timeout: Duration

    /// The greatest part of a refusal's text that is kept.
    private static let maximumReason = 4_096

    /// A gateway and a group in it.
    ///
    /// - Parameters:
    ///   - url: Where the gateway is, such as `http://pushgateway:9091`.
    ///   - job: The name of the job; not empty.
    ///   - grouping: Further labels of the group.
    ///   - authorization: How the gateway knows who pushes; `nil` where it does not ask.
    ///   - timeout: How long a push may take.
    ///   - client: The HTTP client; the one that the process shares by default.
    /// - Throws: `PushError` when the URL or a label is not valid.
    public init(
        _ url: String,
        job: String,
        grouping: MetricLabels = [:],
        authorization: PushAuthorization? = nil,
        timeout: Duration = .seconds(10),
        client: HTTPClient = .shared
    ) throws(PushError) {
        self.url = try PushGroup(job: job, grouping: grouping.pairs).url(at: url)
        self.authorization = authorization?.header
        self.timeout = timeout
        self.client = client
    }

    /// Replaces all metrics of the group with those of the source.
    ///
    /// - Throws: `PushError` when the gateway cannot be reached or refuses them.
    public func push(_ source: some ExpositionSource) async throws(PushError) {
        try await send(.PUT, source.expose(accept: nil, only: []))
    }

    /// Replaces those metrics of the group that have the names of the source's, and leaves the others.
    ///
    /// ```swift
    /// try await gateway.add(registry)
    /// ```
    ///
    /// - Throws: `PushError` when the gateway cannot be reached or refuses them.
    public func add(_ source: some ExpositionSource) async throws(PushError) {
        try await send(.POST, source.expose(accept: nil, only: []))
    }

    /// Deletes the group.
    ///
    /// ```swift
    /// try await gateway.delete()
    /// ```
    ///
    /// - Throws: `PushError` when the gateway cannot be reached or refuses it.
    public func delete() async throws(PushError) {
        try await send(.DELETE, nil)
    }

    private func send(_ method: HTTPMethod, _ exposition: Exposition?) async throws(PushError) {
        if let failure = exposition?.failures.first { throw .notCollected(failure) }
        var request = HTTPClientRequest(url: url)
        request.method = method
        if let exposition {
            request.headers.add(name: "Content-Type", value: exposition.contentType)
            request.body = .bytes(exposition.body)
        }
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        let (seconds, attoseconds) = timeout.components
        let amount = TimeAmount.seconds(seconds) + .nanoseconds(attoseconds / 1_000_000_000)
        let status: Int
        var reason: String
        do {
            let response = try await client.execute(request, timeout: amount)
            status = Int(response.status.code)
            reason = ""
            for try await part in response.body where reason.utf8.count < Self.maximumReason {
                reason += String(buffer: part).prefix(Self.maximumReason)
            }
        } catch {
            throw .unreachable(url: url, reason: "\(error)")
        }
        guard (200..<300).contains(status) else {
            while reason.last?.isWhitespace == true { reason.removeLast() }
            throw .refused(status: status, reason: reason)
        }
    }
}

/// Why metrics were not pushed.
///
/// ```swift
/// do throws(PushError) {
///     try await gateway.push(registry)
/// } catch .refused(let status, let reason) {
///     print("refused with \(status): \(reason)")
/// } catch {
///     print(error)
/// }
/// ```
public enum PushError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The URL is not one of HTTP or HTTPS, or has a query or fragment.
    case invalidURL(String)
    /// A label's name is not allowed in a group, occurs twice, or the job has no name.
    case invalidLabel(String)
    /// A collector failed, so that the group would lose its metrics.
    case notCollected(String)
    /// The gateway did not answer in time, or not at all.
    case unreachable(url: String, reason: String)
    /// The gateway answered with another status than success.
    case refused(status: Int, reason: String)

    /// What is wrong, in one line.
    public var description: String {
        switch self {
        case .invalidURL(let url): "\"\(url)\" is not the address of a Pushgateway, such as http://host:9091"
        case .invalidLabel(let name): "label \"\(name)\" cannot name a group: empty, not allowed or given twice"
        case .notCollected(let reason): "not pushed because metrics are missing: \(reason)"
        case .unreachable(let url, let reason): "cannot push to \(url): \(reason)"
        case .refused(let status, let reason): "the Pushgateway refused the metrics with status \(status): \(reason)"
        }
    }
}
