import HummingbirdCore
import Logging
import NIOCore

/// HTTP connections, each of which is served on its own event loop.
struct LoopBoundConnections: ServerChildChannel {
    let connections: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        connections.setup(channel: channel, logger: logger)
    }

    @concurrent func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            await connections.handle(value: value, logger: logger)
        }
    }
}
