import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// Gathers one response's body on the event loop: each part is copied once, to the end of one array.
final class ResponseCollector: HTTPClientResponseDelegate {
    typealias Response = FetchResponse

    /// Error pages up to this size are read and forgotten, so that the connection can be used again.
    private static let errorPageAllowance = 64 << 10
    /// What a `Content-Length` may reserve before any byte has come.
    private static let largestReservation = 1 << 20

    private struct State {
        var head: HTTPResponseHead?
        var body: [UInt8] = []
        var discardedCount = 0
    }

    private let state = Mutex(State())
    private let bodyLimit: Int
    /// Whether an answer with another status than success is an answer like others.
    private let takesAnyStatus: Bool

    init(bodyLimit: Int, takesAnyStatus: Bool) {
        self.bodyLimit = bodyLimit
        self.takesAnyStatus = takesAnyStatus
    }

    /// Whether a part of the answer has come, after which the request cannot be sent again unnoticed.
    var hasReceivedHead: Bool {
        state.withLock { $0.head != nil }
    }

    func didReceiveHead(task: HTTPClient.Task<FetchResponse>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        let claim = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
        let isWanted = isWanted(head.status)
        state.withLock { state in
            state.head = head
            if isWanted { state.body.reserveCapacity(min(claim, bodyLimit, Self.largestReservation)) }
        }
        if isWanted && claim > bodyLimit {
            return task.eventLoop.makeFailedFuture(HTTPFetchError.bodyTooLarge(limit: bodyLimit))
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<FetchResponse>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        let failure: HTTPFetchError? = state.withLock { state in
            guard let head = state.head, isWanted(head.status) else {
                state.discardedCount += buffer.readableBytes
                let isTooLong = state.discardedCount > Self.errorPageAllowance
                return isTooLong ? state.head.map { Self.statusError($0.status) } : nil
            }
            guard buffer.readableBytes <= bodyLimit - state.body.count else { return .bodyTooLarge(limit: bodyLimit) }
            unsafe buffer.withUnsafeReadableBytes { unsafe state.body.append(contentsOf: $0) }
            return nil
        }
        if let failure { return task.eventLoop.makeFailedFuture(failure) }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<FetchResponse>) throws -> FetchResponse {
        try state.withLock { state in
            guard let head = state.head else { throw HTTPClientError.remoteConnectionClosed }
            guard isWanted(head.status) else { throw Self.statusError(head.status) }
            let encoding = head.headers.first(name: "Content-Encoding") ?? ""
            defer { state.body = [] }
            return FetchResponse(
                status: Int(head.status.code), contentType: head.headers.first(name: "Content-Type") ?? "",
                isGzipped: encoding.lowercased() == "gzip", body: state.body)
        }
    }

    private func isWanted(_ status: HTTPResponseStatus) -> Bool {
        takesAnyStatus || (200..<300).contains(status.code)
    }

    private static func statusError(_ status: HTTPResponseStatus) -> HTTPFetchError {
        .status(code: Int(status.code), reason: status.reasonPhrase)
    }
}
