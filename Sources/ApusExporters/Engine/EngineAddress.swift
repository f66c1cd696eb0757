import Glibc

/// Where a container engine's API is.
package struct EngineAddress: Sendable, Hashable, CustomStringConvertible {
    /// Where engines of the system listen: Docker's socket, and Podman's.
    private static let usualSockets: [String] = ["/var/run/docker.sock", "/run/podman/podman.sock"]
    /// Where engines of a user listen, in the user's folder of sockets.
    private static let socketsOfUsers: [String] = ["docker.sock", "podman/podman.sock"]

    /// What requests begin with: `http+unix://%2Fvar%2Frun%2Fdocker.sock` or `http://host:port`.
    let base: String
    /// The path of the socket, if it is one.
    package let socketPath: String?
    package let description: String

    /// The socket's path, or host and port.
    var place: String { socketPath ?? String(base.dropFirst("http://".count)) }

    /// Reads `unix:///path`, a path, `tcp://host:port` or `http://host:port`; `nil` for anything else.
    package init?(_ text: String) {
        description = text
        if text.hasPrefix("unix://") || text.hasPrefix("/") {
            let path = text.hasPrefix("/") ? text : String(text.dropFirst("unix://".count))
            guard path.hasPrefix("/") else { return nil }
            socketPath = path
            base = "http+unix://" + PercentText.encoded(path)
            return
        }
        socketPath = nil
        for scheme in ["tcp://", "http://"] where text.hasPrefix(scheme) {
            let host = text.dropFirst(scheme.count).prefix { $0 != "/" }
            guard !host.isEmpty else { return nil }
            base = "http://\(host)"
            return
        }
        return nil
    }

    /// The engine of this machine: what `DOCKER_HOST` names, or the first socket that is there, or Docker's.
    ///
    /// `nil` when `DOCKER_HOST` names a way to it that is not known here.
    package static var standard: EngineAddress? {
        if let host = unsafe getenv("DOCKER_HOST") { return EngineAddress(unsafe String(cString: host)) }
        var sockets = usualSockets
        if let folder = unsafe getenv("XDG_RUNTIME_DIR") {
            let folder = unsafe String(cString: folder)
            sockets += socketsOfUsers.map { "\(folder)/\($0)" }
        }
        let present = sockets.first { unsafe access($0, F_OK) == 0 }
        return EngineAddress(present ?? usualSockets[0])
    }
}

/// Percent-encoding of parts of URLs.
enum PercentText {
    /// The text with everything but letters, digits, `-`, `.`, `_` and `~` encoded.
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.append(Character(Unicode.Scalar(byte)))
            default:
                result.append("%")
                result.append(digits[Int(byte >> 4)])
                result.append(digits[Int(byte & 15)])
            }
        }
        return result
    }
}
