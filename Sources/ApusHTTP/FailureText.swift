import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Turns the network libraries' errors into ours, in the peers' words.
enum FailureText {
    /// What `error`, thrown while `request` was sent or answered, means to the user.
    static func fetchError(_ error: any Error, request: FetchRequest) -> HTTPFetchError {
        let url = request.url
        return switch error {
        case let error as HTTPFetchError: error
        case is CancellationError: .cancelled
        case let error as HTTPClientError:
            switch error {
            case .deadlineExceeded, .connectTimeout, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout,
                .tlsHandshakeTimeout, .httpProxyHandshakeTimeout, .socksHandshakeTimeout:
                .timedOut(url: url)
            case .cancelled: .cancelled
            case .alreadyShutdown: .closed
            default: .connection(url: url, reason: text(of: error))
            }
        case let error as IOError where isSocket(request) && isSocketFailure(error.errnoCode):
            .connection(url: url, reason: "dial unix \(socketPath(of: request)): connect: \(reason(error))")
        case let error as IOError where isConnectFailure(error.errnoCode):
            .connection(
                url: url,
                reason: "dial tcp \(request.prepared.host):\(request.prepared.port): connect: \(reason(error))")
        default: .connection(url: url, reason: reason(error))
        }
    }

    /// Whether the server closed a kept connection while the request was on its way, so that sending it again is right.
    static func isClosedConnection(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError { return error == .remoteConnectionClosed }
        if let error = error as? IOError { return error.errnoCode == ECONNRESET || error.errnoCode == EPIPE }
        if let error = error as? ChannelError { return error == .ioOnClosedChannel || error == .alreadyClosed }
        return false
    }

    private static func isConnectFailure(_ code: CInt) -> Bool {
        code == ECONNREFUSED || code == EHOSTUNREACH || code == ENETUNREACH || code == ETIMEDOUT
    }

    private static func isSocket(_ request: FetchRequest) -> Bool {
        request.prepared.scheme == "http+unix" || request.prepared.scheme == "https+unix"
    }

    /// Whether a socket in the file system could not be connected to: there is none, nobody listens, or it is not for this user.
    private static func isSocketFailure(_ code: CInt) -> Bool {
        isConnectFailure(code) || code == ENOENT || code == ENOTDIR || code == EACCES || code == EPERM
    }

    private static func socketPath(of request: FetchRequest) -> String {
        request.prepared.url.host(percentEncoded: false) ?? ""
    }

    /// The text of one of the HTTP library's own errors.
    static func text(of error: HTTPClientError) -> String {
        switch error {
        case .remoteConnectionClosed: "EOF"
        case .invalidURL: "invalid URL"
        case .emptyHost: "no Host in request URL"
        case .emptyScheme: "unsupported protocol scheme \"\""
        case .redirectLimitReached: "stopped after 10 redirects"
        case .redirectCycleDetected: "stopped at a redirect that leads back to where it came from"
        default: error.shortDescription
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: systemText(error.errnoCode)
        case let error as NIOConnectionError: connectionReason(error)
        case let error as ChannelError:
            switch error {
            case .connectTimeout: "i/o timeout"
            default: String(describing: error)
            }
        case HTTPParserError.invalidEOFState: "unexpected EOF"
        case let error as HTTPParserError: "malformed HTTP response: \(error)"
        case let error as NIOSSLError: tlsReason(error)
        case let error as NIOSSLExtraError: "tls: \(error.description)"
        default: String(describing: error)
        }
    }

    private static func connectionReason(_ error: NIOConnectionError) -> String {
        // All addresses of a name were tried; the last failure stands for them, as in the peers' texts.
        if let failure = error.connectionErrors.last {
            let address = failure.target.ipAddress.map { $0.contains(":") ? "[\($0)]" : $0 } ?? error.host
            return "dial tcp \(address):\(error.port): connect: \(reason(failure.error))"
        }
        if error.dnsAError != nil || error.dnsAAAAError != nil { return "dial tcp: lookup \(error.host): no such host" }
        return "dial tcp \(error.host):\(error.port): no address could be connected to"
    }

    private static func tlsReason(_ error: NIOSSLError) -> String {
        switch error {
        case .handshakeFailed(let cause): "tls: failed to verify certificate or to agree: \(cause)"
        case .uncleanShutdown: "unexpected EOF"
        default: "tls: \(error)"
        }
    }

    /// The system's words for an error number, with a small first letter as Go's.
    private static func systemText(_ code: CInt) -> String {
        let text = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
