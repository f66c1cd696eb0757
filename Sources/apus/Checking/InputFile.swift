import Glibc

/// Why a file cannot be read.
struct InputFileError: Error, CustomStringConvertible {
    let description: String
}

/// Reads whole files.
enum InputFile {
    /// A larger one is no file of expressions.
    private static let maxBytes = 256 << 20

    /// The content of the file at `path`, or of the standard input for `-`; blocks.
    static func read(_ path: String) throws(InputFileError) -> [UInt8] {
        let isStandardInput = path == "-"
        let descriptor = isStandardInput ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { if !isStandardInput { close(descriptor) } }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            if count == 0 { return content }
            content += buffer[..<count]
            guard content.count <= maxBytes else {
                throw InputFileError(description: "\(path) has more than \(maxBytes) bytes")
            }
        }
    }

    private static func failure(_ path: String) -> InputFileError {
        let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
        return InputFileError(description: "cannot read \(path): \(reason)")
    }
}
