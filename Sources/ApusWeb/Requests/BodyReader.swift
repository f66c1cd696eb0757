import HTTPTypes
import HummingbirdCore
import NIOCore

/// Reads the body of one request, within limits.
///
/// Its functions, and those that pass it on, are `@concurrent` because those of the HTTP library below are: between the
/// two kinds it could not be handed over.
struct BodyReader {
    /// How reading a body ended.
    enum Outcome: Equatable {
        case complete([UInt8])
        case tooLarge
        case failed
    }

    private var iterator: RequestBody.AsyncIterator
    private let declaredLength: Int?
    private let expectsContinue: Bool
    /// Whether nothing of the body is left, so that the connection can be used for another request.
    private(set) var isAtEnd: Bool

    /// A reader for the body of `request`.
    init(_ request: Request) {
        iterator = request.body.makeAsyncIterator()
        let isChunked = request.headers[.transferEncoding] != nil
        declaredLength = isChunked ? nil : request.headers[.contentLength].map { Int($0) ?? .max } ?? 0
        isAtEnd = declaredLength == 0
        expectsContinue = request.headers[.expect]?.lowercased() == "100-continue"
    }

    /// How long the body may become, in bytes: what it says, if that is not more than `limit`, else `limit`.
    func expectedLength(limit: Int) -> Int {
        declaredLength.map { min($0, limit) } ?? limit
    }

    /// Whether the client waits for a word before it sends a body that may be taken.
    func isAwaited(maxBytes: Int) -> Bool {
        expectsContinue && !isAtEnd && declaredLength.map { $0 <= maxBytes } ?? true
    }

    /// The whole body, if it has at most `limit` bytes.
    @concurrent mutating func read(limit: Int) async -> Outcome {
        if let declaredLength, declaredLength > limit { return .tooLarge }
        var bytes: [UInt8] = []
        while !isAtEnd {
            guard let part = await next() else { return isAtEnd ? .complete(bytes) : .failed }
            guard bytes.count + part.readableBytes <= limit else { return .tooLarge }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return .complete(bytes)
    }

    /// The next part of the body, of about so many bytes unless it is the last; `nil` when the connection ended before.
    @concurrent mutating func readPart(ofAbout length: Int) async -> [UInt8]? {
        var bytes: [UInt8] = []
        while !isAtEnd, bytes.count < length {
            guard let part = await next() else { return isAtEnd ? bytes : nil }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return bytes
    }

    /// Takes what is left of the body, up to `limit` bytes, so that the client reads the answer before it is cut off.
    @concurrent mutating func discard(limit: Int) async {
        var taken = 0
        while !isAtEnd, taken < limit, let part = await next() { taken += part.readableBytes }
    }

    @concurrent private mutating func next() async -> ByteBuffer? {
        do {
            guard let part = try await iterator.next() else {
                isAtEnd = true
                return nil
            }
            return part
        } catch {
            return nil
        }
    }
}
