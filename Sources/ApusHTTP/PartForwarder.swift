import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Hands out the pieces of one response's body, each when the one before was taken.
final class PartForwarder: HTTPClientResponseDelegate {
    typealias Response = Void

    private let onPart: @Sendable ([UInt8]) async -> Void

    init(onPart: @escaping @Sendable ([UInt8]) async -> Void) {
        self.onPart = onPart
    }

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        guard (200..<300).contains(head.status.code) else {
            let error = HTTPFetchError.status(code: Int(head.status.code), reason: head.status.reasonPhrase)
            return task.eventLoop.makeFailedFuture(error)
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        let bytes = Array(buffer.readableBytesView)
        return task.eventLoop.makeFutureWithTask { [onPart] in await onPart(bytes) }
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws {}
}
