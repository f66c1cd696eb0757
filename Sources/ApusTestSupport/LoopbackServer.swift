import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A tiny HTTP/1.1 server on 127.0.0.1 that answers each request with a script, byte by byte as the test wants it.
///
/// It knows nothing of HTTP but where a request's head ends, so that tests can send answers that no proper server would.
package final class LoopbackServer: Sendable {
    /// The head of a request.
    package struct Request: Sendable {
        /// The path with the query.
        package let path: String
        /// The header fields, by name in lower case.
        package let headers: [String: String]
    }

    /// One step of an answer.
    package enum Step: Sendable {
        /// Send bytes.
        case send([UInt8])
        /// Send the same bytes several times; ends early when the client goes away.
        case repeatedly([UInt8], times: Int)
        /// Wait, for answers that dribble.
        case pause(milliseconds: Int)
        /// Close the connection.
        case close
    }

    private struct State {
        var isStopped = false
        var connections: Set<Int32> = []
        var connectionCount = 0
        var requests: [Request] = []
    }

    private let listener: Int32
    private let state = Mutex(State())
    private let handler: @Sendable (Request) -> [Step]
    /// The port that the system gave, or the one asked for.
    package let port: Int

    /// A server that answers every request with what `handler` returns.
    ///
    /// - Parameter port: 0 for any free one.
    package init(port: Int = 0, _ handler: @escaping @Sendable (Request) -> [Step]) throws {
        self.handler = handler
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        unsafe setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(listener, generic, length) == 0 && listen(listener, 128) == 0
                    && getsockname(listener, generic, &length) == 0
            }
        }
        guard isListening else {
            Glibc.close(listener)
            throw POSIXError(.EADDRINUSE)
        }
        self.listener = listener
        self.port = Int(UInt16(bigEndian: address.sin_port))
        Thread { [self] in acceptConnections() }.start()
    }

    /// The URL of a path on this server.
    package func url(_ path: String = "/metrics") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// How many connections were made so far.
    package var connectionCount: Int { state.withLock { $0.connectionCount } }

    /// The requests so far.
    package var requests: [Request] { state.withLock { $0.requests } }

    /// Stops listening and closes all connections.
    package func stop() {
        let connections: Set<Int32> = state.withLock { state in
            guard !state.isStopped else { return [] }
            state.isStopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            Glibc.close(listener)
            return state.connections
        }
        for connection in connections { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    /// A complete answer with `Content-Length`.
    package static func answer(
        _ body: some Sequence<UInt8>, status: String = "200 OK", contentType: String? = "text/plain; version=0.0.4",
        headers: [String] = []
    ) -> [Step] {
        let body = Array(body)
        var lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.count)"] + headers
        if let contentType { lines.append("Content-Type: \(contentType)") }
        return [.send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)]
    }

    private func acceptConnections() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            let isWelcome = state.withLock { state in
                guard !state.isStopped else { return false }
                state.connections.insert(connection)
                state.connectionCount += 1
                return true
            }
            guard isWelcome else {
                Glibc.close(connection)
                return
            }
            Thread { [self] in
                serve(connection)
                _ = state.withLock { $0.connections.remove(connection) }
                Glibc.close(connection)
            }.start()
        }
    }

    private func serve(_ connection: Int32) {
        var pending: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while true {
            guard let range = pending.firstRange(of: end) else {
                var chunk = [UInt8](repeating: 0, count: 4_096)
                let count = unsafe recv(connection, &chunk, chunk.count, 0)
                guard count > 0 else { return }
                pending += chunk[..<count]
                continue
            }
            let request = Self.parse(String(decoding: pending[..<range.lowerBound], as: UTF8.self))
            pending.removeSubrange(..<range.upperBound)
            state.withLock { $0.requests.append(request) }
            for step in handler(request) {
                switch step {
                case .send(let bytes):
                    guard Self.sendAll(bytes, to: connection) else { return }
                case .repeatedly(let bytes, let times):
                    for _ in 0..<times {
                        guard Self.sendAll(bytes, to: connection) else { return }
                    }
                case .pause(let milliseconds): Thread.sleep(forTimeInterval: Double(milliseconds) / 1_000)
                case .close: return
                }
            }
        }
    }

    private static func parse(_ head: String) -> Request {
        let lines = head.split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
        return Request(path: words.count > 1 ? String(words[1]) : "", headers: headers)
    }

    private static func sendAll(_ bytes: [UInt8], to connection: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe send(
                    connection, buffer.baseAddress.map { unsafe $0 + sent }, buffer.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
