import NIOCore
import Synchronization

/// Notices that a client has gone away, so that its query does not run on for nobody.
///
/// Like the peers', it takes a client that closes its sending side for one that is gone.
final class ConnectionWatch: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = NIOAny

    private struct State {
        var isClosed = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { close() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        close()
        context.fireChannelInactive()
    }

    /// Runs `operation`, whose task is cancelled when the client behind `channel` goes away.
    static func cancellingOnClose<Value: Sendable, Failure: Error>(
        of channel: (any Channel)?,
        _ operation: @escaping @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        guard let channel, let watch = try? await channel.pipeline.handler(type: ConnectionWatch.self).get() else {
            return try await operation()
        }
        let task = Task(executorPreference: EventLoopExecutor(channel.eventLoop)) {
            () async -> Result<Value, Failure> in
            do throws(Failure) {
                return .success(try await operation())
            } catch {
                return .failure(error)
            }
        }
        watch.setAction { task.cancel() }
        defer { watch.setAction(nil) }
        return try await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }.get()
    }

    private func setAction(_ action: (@Sendable () -> Void)?) {
        let isClosed = state.withLock { state in
            state.action = action
            return state.isClosed
        }
        if isClosed { action?() }
    }

    private func close() {
        let action = state.withLock { state in
            state.isClosed = true
            return state.action
        }
        action?()
    }
}
