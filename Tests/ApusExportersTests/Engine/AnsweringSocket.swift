import ApusTestSupport
import Foundation
import Glibc

/// A socket in the file system that answers each request with the same bytes and closes the connection.
final class AnsweringSocket: Sendable {
    /// What somebody finds at the socket.
    enum Behaviour {
        /// The socket's file is there, and nobody listens.
        case silence
        /// Each connection is closed when a request has come, without an answer.
        case closing
        /// Each request gets these bytes.
        case answer(String)
    }

    private let folder: TemporaryFolder
    private let socket: Int32
    /// The path of the socket.
    let path: String

    init(_ behaviour: Behaviour) throws {
        folder = try TemporaryFolder()
        path = folder.path + "/engine.sock"
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else { throw SocketFailure(code: errno) }
        let answer: String?
        switch behaviour {
        case .silence: return
        case .closing: answer = nil
        case .answer(let text): answer = text
        }
        guard listen(socket, 16) == 0 else { throw SocketFailure(code: errno) }
        Thread.detachNewThread { [socket] in
            // Ends when the socket is shut down.
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else { return }
                var request = [UInt8](repeating: 0, count: 4_096)
                _ = read(connection, &request, request.count)
                if let answer {
                    let bytes = Array(answer.utf8)
                    _ = write(connection, bytes, bytes.count)
                }
                close(connection)
            }
        }
    }

    deinit {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    struct SocketFailure: Error {
        let code: Int32
    }
}
