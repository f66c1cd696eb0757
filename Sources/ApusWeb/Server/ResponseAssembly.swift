import ApusBytes
import HTTPTypes
import HummingbirdCore
import NIOCore

/// Makes the response out of a reply: compression, length, and the body in pieces where it is large.
struct ResponseAssembly: Sendable {
    /// Shorter bodies are sent as they are.
    static let minCompressedBytes = 1_024
    /// What is longer is made and compressed on the cooperative pool rather than on the connection's event loop.
    static let longBytes = 16_384
    /// About how many bytes of a long body are made before they are sent.
    static let pieceBytes = 262_144

    /// Whether only the head is sent.
    let isHead: Bool
    /// Whether the client reads gzip.
    let acceptsGzip: Bool

    /// The response; `whenMade` is called with the size of the body once all of it was handed over or was given up.
    @concurrent func response(_ reply: Reply, whenMade: @escaping @Sendable (Int) -> Void) async -> Response {
        switch reply.body {
        case .bytes(let bytes):
            guard bytes.count > Self.longBytes else { return whole(reply, bytes, whenMade) }
            return await withTaskExecutorPreference(globalConcurrentExecutor) { whole(reply, bytes, whenMade) }
        case .asset(let asset):
            if acceptsGzip, let compressed = asset.compressed {
                return stored(reply, compressed, isCompressed: true, whenMade)
            }
            return stored(reply, asset.bytes, isCompressed: false, whenMade)
        case .pieces(var pieces):
            var first: [UInt8] = []
            guard pieces.append(to: &first, upTo: Self.longBytes) else { return whole(reply, first, whenMade) }
            return streamed(reply, first: first, rest: pieces, whenMade)
        }
    }

    /// A body that was made completely.
    private func whole(_ reply: Reply, _ bytes: [UInt8], _ whenMade: @escaping @Sendable (Int) -> Void) -> Response {
        if acceptsGzip, bytes.count >= Self.minCompressedBytes,
            let compressed = GzipEncoder.compressed(bytes, level: GzipEncoder.liveLevel), compressed.count < bytes.count
        {
            return stored(reply, compressed, isCompressed: true, whenMade)
        }
        return stored(reply, bytes, isCompressed: false, whenMade)
    }

    /// A body that is sent as it is.
    private func stored(
        _ reply: Reply,
        _ bytes: [UInt8],
        isCompressed: Bool,
        _ whenMade: @escaping @Sendable (Int) -> Void
    ) -> Response {
        var fields = reply.fields
        if isCompressed { fields[.contentEncoding] = "gzip" }
        let hasBody = reply.status != .noContent && reply.status != .notModified
        if hasBody { fields[.contentLength] = String(bytes.count) }
        let sendsBody = hasBody && !isHead && !bytes.isEmpty
        whenMade(sendsBody ? bytes.count : 0)
        // In this form the library sends head and body with one call of the system.
        var response = Response(
            status: reply.status, headers: fields,
            body: sendsBody ? ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)) : ResponseBody())
        if !hasBody { response.headers[.contentLength] = nil }
        return response
    }

    /// A body that is made while it is sent.
    private func streamed(
        _ reply: Reply,
        first: [UInt8],
        rest: any BodyPieces,
        _ whenMade: @escaping @Sendable (Int) -> Void
    ) -> Response {
        var fields = reply.fields
        if acceptsGzip { fields[.contentEncoding] = "gzip" }
        let compresses = acceptsGzip
        let sendsBody = !isHead
        return Response(
            status: reply.status, headers: fields,
            body: ResponseBody { writer in
                var sent = 0
                defer { whenMade(sent) }
                if sendsBody {
                    var parts = try LongBody(first: first, rest: rest, compresses: compresses)
                    while true {
                        let part = await withTaskExecutorPreference(globalConcurrentExecutor) { parts.next() }
                        guard let part else { break }
                        sent += part.count
                        try await writer.write(ByteBuffer(bytes: part))
                    }
                }
                try await writer.finish(nil)
            })
    }
}

/// A body that is made in parts, each of which can be sent while the next is made.
private struct LongBody: ~Copyable {
    private var piece: [UInt8]
    private var pieces: any BodyPieces
    private var hasMore = true
    private var isDone = false
    private var encoder: GzipEncoder?

    /// What `rest` makes behind `first`.
    init(first: [UInt8], rest: any BodyPieces, compresses: Bool) throws(OutOfMemory) {
        piece = first
        pieces = rest
        encoder = compresses ? GzipEncoder(level: GzipEncoder.liveLevel) : nil
        if compresses, encoder == nil { throw OutOfMemory() }
    }

    /// The next bytes, at least one; `nil` at the end.
    mutating func next() -> [UInt8]? {
        while !isDone {
            var output: [UInt8] = []
            swap(&output, &piece)
            if encoder != nil {
                let plain = output
                output = []
                encoder?.append(plain.span, isLast: !hasMore, to: &output)
            }
            if hasMore {
                hasMore = pieces.append(to: &piece, upTo: ResponseAssembly.pieceBytes)
            } else {
                isDone = true
            }
            if !output.isEmpty { return output }
        }
        return nil
    }

    /// The connection is closed, as the answer has begun already.
    struct OutOfMemory: Error {}
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
