import Glibc

/// Why something of the system could not be read.
package enum ExporterError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A file or folder could not be read; `code` is the system's error number.
    case unreadable(path: String, code: Int32)
    /// A file is not written as the kernel writes it.
    case malformed(path: String, reason: String)
    /// The system has not what is asked for: a file system that is not mounted, a module that is not loaded.
    case absent(String)
    /// No connection to the engine came about; `address` is its socket's path, or host and port.
    case unreachable(address: String, reason: String)
    /// The engine's API could not be asked, or answered something else than expected.
    case engine(path: String, reason: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let code):
            "\(path) cannot be read: \(unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)")"
        case .malformed(let path, let reason): "\(path) is not as expected: \(reason)"
        case .absent(let what): "\(what) is not there"
        case .unreachable(let address, let reason): "cannot connect to \(address): \(reason)"
        case .engine(let path, let reason): "the container engine's \(path) failed: \(reason)"
        }
    }

    /// Whether the thing is simply not there, which for many files is no failure.
    var isAbsence: Bool {
        switch self {
        case .absent: true
        case .unreadable(_, let code):
            // ESRCH and ENODEV come from files of a process or group that ended while they were read.
            [ENOENT, ENOTDIR, ENODEV, ESRCH, EOPNOTSUPP, EINVAL, ENXIO, ENODATA].contains(code)
        case .malformed, .unreachable, .engine: false
        }
    }
}
