import Glibc
import NIOCore
import NIOPosix

/// Lets a service look after itself: an image from scratch holds no other program that could.
///
/// `/service health`, run in the container of the service, ends with 0 when the service answers.
package enum HealthCheck {
    /// Checks and ends the process when the program was started for that; returns otherwise.
    ///
    /// - Parameter path: What the service must answer with status 200.
    package static func runIfAsked(path: String = "/metrics") async {
        guard CommandLine.arguments.dropFirst().first == "health" else { return }
        do {
            let status = try await statusLine(of: path)
            print(status)
            exit(status.hasPrefix("HTTP/1.1 200 ") ? 0 : 1)
        } catch {
            print("no answer: \(error)")
            exit(1)
        }
    }

    /// The first line of the answer.
    ///
    /// Asked without an HTTP client, which most of the services do not need otherwise; the engine ends a check that takes too long.
    private static func statusLine(of path: String) async throws -> String {
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: ServiceSettings.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await connection.executeThenClose { answer, request in
            let text = "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            try await request.write(ByteBuffer(string: text))
            var received = ""
            for try await bytes in answer where !received.contains("\r\n") {
                received += String(buffer: bytes)
            }
            return received.split(separator: "\r\n").first.map(String.init) ?? ""
        }
    }
}
