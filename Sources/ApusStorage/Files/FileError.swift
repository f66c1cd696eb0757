import Glibc

/// A call to the operating system that failed.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried, such as `open` or `write`.
    package let operation: String
    /// The file or folder.
    package let path: String
    /// The system's error number.
    package let code: Int32

    /// The failure of `operation` on `path`; takes the thread's current error number.
    package init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var description: String {
        var buffer = [CChar](repeating: 0, count: 256)
        let text = unsafe buffer.withUnsafeMutableBufferPointer { text -> String in
            guard let start = text.baseAddress, unsafe strerror_r(code, start, text.count) == 0 else {
                return "error \(code)"
            }
            return unsafe String(cString: start)
        }
        return "\(operation) \(path): \(text)"
    }
}
