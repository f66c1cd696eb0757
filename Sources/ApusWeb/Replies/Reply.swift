import HTTPTypes

/// What a handler answers, before it becomes an HTTP response.
struct Reply: Sendable {
    /// The body of an answer.
    enum Body: Sendable {
        /// Bytes that are ready to be sent.
        case bytes([UInt8])
        /// A body that is made while it is sent.
        case pieces(any BodyPieces)
        /// Stored bytes with their compressed form, where that is smaller.
        case asset(AssetTable.Asset)
    }

    var status: HTTPResponse.Status
    var fields = HTTPFields()
    var body: Body

    /// Plain text, as the peers answer outside the API.
    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Reply {
        Reply(
            status: status, fields: [.contentType: "text/plain; charset=utf-8"], body: .bytes(Array(text.utf8)))
    }

    /// Data in the API's envelope.
    static func success(_ data: any BodyPieces, warnings: [String] = [], infos: [String] = []) -> Reply {
        Reply(
            status: .ok, fields: [.contentType: "application/json"],
            body: .pieces(Envelope(data, warnings: warnings, infos: infos)))
    }

    /// Short data in the API's envelope.
    static func success(_ append: @escaping @Sendable (inout [UInt8]) -> Void) -> Reply {
        success(WholePiece(append))
    }

    /// A failure in the API's envelope.
    static func failure(_ error: APIError) -> Reply {
        Reply(
            status: HTTPResponse.Status(apiCode: error.status), fields: [.contentType: "application/json"],
            body: .bytes(Envelope.body(of: error)))
    }

    /// No body at all.
    static let noContent = Reply(status: .noContent, body: .bytes([]))

    /// The answer to a path that does not exist, in the peers' words.
    static let notFound = text("404 page not found\n", status: .notFound)

    /// The answer to a method that a path does not take, in the peers' words.
    static func methodNotAllowed(allowed: [HTTPRequest.Method]) -> Reply {
        var reply = text("Method Not Allowed\n", status: .methodNotAllowed)
        reply.fields[.allow] = allowed.map(\.rawValue).sorted().joined(separator: ", ")
        return reply
    }

    /// Sends the client elsewhere.
    static func redirect(to location: String) -> Reply {
        var reply = text("Found\n", status: .found)
        reply.fields[.location] = location
        return reply
    }
}

extension HTTPResponse.Status {
    /// The status with the given code, and for codes outside the standard the reason that proxies write.
    init(apiCode code: Int) {
        self = code == 499 ? HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request") : .init(code: code)
    }
}
