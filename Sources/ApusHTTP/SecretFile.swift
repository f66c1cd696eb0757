import Glibc

/// Reads files that hold one secret.
enum SecretFile {
    /// Far above every credential; what is larger is not one.
    private static let largestSize = 64 << 10

    /// The content of the file at `path` without surrounding white space; blocks.
    static func read(_ path: String) throws(HTTPFetchError) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError(path) }
        defer { close(descriptor) }
        var content = [UInt8](repeating: 0, count: largestSize + 1)
        var length = 0
        while length < content.count {
            let count = unsafe content.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(descriptor, buffer.baseAddress.map { unsafe $0 + length }, buffer.count - length)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw systemError(path) }
            if count == 0 { break }
            length += count
        }
        guard length <= largestSize else {
            throw .unusableFile(path: path, reason: "a secret of more than \(largestSize) bytes")
        }
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let trimmed = content[..<length].drop(while: isSpace)
        let end = trimmed.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? trimmed.startIndex
        return String(decoding: trimmed[..<end], as: UTF8.self)
    }

    private static func systemError(_ path: String) -> HTTPFetchError {
        let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
        return .unusableFile(path: path, reason: reason)
    }
}
