import ApusBytes
import HTTPTypes
import HummingbirdCore
import NIOCore

/// Makes the response out of a reply: compression, length, and the body in pieces where it is large.
struct ResponseAssembly: Sendable {
    /// Shorter bodies are sent as they are.
    static let minCompressedBytes = 1_024
    /// About how many bytes of a large body are made before they are sent.
    static let pieceBytes = 65_536

    /// Whether only the head is sent.
    let isHead: Bool
    /// Whether the client reads gzip.
    let acceptsGzip: Bool

    /// The response; `whenSent` is called with the size of the body once it was sent or given up.
    func response(_ reply: Reply, whenSent: @escaping @Sendable (Int) -> Void) -> Response {
        switch reply.body {
        case .bytes(let bytes):
            return whole(reply, bytes, whenSent)
        case .asset(let asset):
            if acceptsGzip, let compressed = asset.compressed {
                return stored(reply, compressed, isCompressed: true, whenSent)
            }
            return stored(reply, asset.bytes, isCompressed: false, whenSent)
        case .pieces(var pieces):
            var first: [UInt8] = []
            guard pieces.append(to: &first, upTo: Self.pieceBytes) else { return whole(reply, first, whenSent) }
            return streamed(reply, first: first, rest: pieces, whenSent)
        }
    }

    /// A body that was made completely.
    private func whole(_ reply: Reply, _ bytes: [UInt8], _ whenSent: @escaping @Sendable (Int) -> Void) -> Response {
        if acceptsGzip, bytes.count >= Self.minCompressedBytes,
            let compressed = GzipEncoder.compressed(bytes, level: GzipEncoder.liveLevel), compressed.count < bytes.count
        {
            return stored(reply, compressed, isCompressed: true, whenSent)
        }
        return stored(reply, bytes, isCompressed: false, whenSent)
    }

    /// A body that is sent as it is.
    private func stored(
        _ reply: Reply,
        _ bytes: [UInt8],
        isCompressed: Bool,
        _ whenSent: @escaping @Sendable (Int) -> Void
    ) -> Response {
        var fields = reply.fields
        if isCompressed { fields[.contentEncoding] = "gzip" }
        let hasBody = reply.status != .noContent && reply.status != .notModified
        if hasBody { fields[.contentLength] = String(bytes.count) }
        let sent = isHead || !hasBody ? [] : bytes
        var response = Response(
            status: reply.status, headers: fields,
            body: ResponseBody(contentLength: sent.count) { writer in
                defer { whenSent(sent.count) }
                if !sent.isEmpty { try await writer.write(ByteBuffer(bytes: sent)) }
                try await writer.finish(nil)
            })
        if !hasBody { response.headers[.contentLength] = nil }
        return response
    }

    /// A body that is made while it is sent.
    private func streamed(
        _ reply: Reply,
        first: [UInt8],
        rest: any BodyPieces,
        _ whenSent: @escaping @Sendable (Int) -> Void
    ) -> Response {
        var fields = reply.fields
        if acceptsGzip { fields[.contentEncoding] = "gzip" }
        let compresses = acceptsGzip
        let sendsBody = !isHead
        return Response(
            status: reply.status, headers: fields,
            body: ResponseBody { writer in
                var sent = 0
                defer { whenSent(sent) }
                var encoder = compresses ? GzipEncoder(level: GzipEncoder.liveLevel) : nil
                if compresses, encoder == nil { throw OutOfMemory() }
                var pieces = rest
                var piece = first
                var hasMore = true
                while sendsBody {
                    var output: [UInt8] = []
                    if encoder != nil {
                        encoder?.append(piece.span, isLast: !hasMore, to: &output)
                    } else {
                        swap(&output, &piece)
                    }
                    if !output.isEmpty {
                        sent += output.count
                        try await writer.write(ByteBuffer(bytes: output))
                    }
                    guard hasMore else { break }
                    piece.removeAll(keepingCapacity: true)
                    hasMore = pieces.append(to: &piece, upTo: Self.pieceBytes)
                }
                try await writer.finish(nil)
            })
    }

    /// The connection is closed, as the answer has begun already.
    private struct OutOfMemory: Error {}
}

/// What a client says it can decode.
enum AcceptedEncoding {
    /// Whether gzip is among it.
    static func includesGzip(_ fields: HTTPFields) -> Bool {
        for header in fields[values: .acceptEncoding] {
            for part in header.split(separator: ",") {
                let pieces = part.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
                guard let name = pieces.first, name == "gzip" || name == "*" else { continue }
                return !pieces.dropFirst().contains {
                    $0 == "q=0" || $0.hasPrefix("q=0.0") && Double($0.dropFirst(2)) == 0
                }
            }
        }
        return false
    }
}
