import ApusModel

/// Why a fetch brought no usable body.
///
/// The texts follow the peers', because people search for them and alert texts quote them.
package enum HTTPFetchError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The URL cannot be requested.
    case invalidURL(String, reason: String)
    /// No connection came about, or it broke: `Get "URL": REASON`.
    case connection(url: String, reason: String)
    /// The time for the whole exchange passed before it ended.
    case timedOut(url: String)
    /// The server answered with a status other than success.
    case status(code: Int, reason: String)
    /// The body, as sent or after decompression, exceeds `limit` bytes.
    case bodyTooLarge(limit: Int)
    /// The body is not what its `Content-Encoding` says.
    case damagedBody(String)
    /// A file with a certificate, key or credential cannot be used.
    case unusableFile(path: String, reason: String)
    /// The caller gave up.
    case cancelled
    /// The client was shut down.
    case closed

    package var description: String {
        switch self {
        case .invalidURL(let url, let reason): "parse \(QuotedText.quoted(url)): \(reason)"
        case .connection(let url, let reason): "Get \(QuotedText.quoted(url)): \(reason)"
        case .timedOut(let url): "Get \(QuotedText.quoted(url)): context deadline exceeded"
        case .status(let code, let reason):
            "server returned HTTP status \(code)\(reason.isEmpty ? "" : " ")\(reason)"
        case .bodyTooLarge(let limit):
            "body size limit exceeded: the body has more than \(limit) bytes; raise body_size_limit or expose less"
        case .damagedBody(let reason): reason
        case .unusableFile(let path, let reason): "unable to use \(path): \(reason)"
        case .cancelled: "context canceled"
        case .closed: "the HTTP client is closed"
        }
    }
}
