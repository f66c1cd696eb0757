import Glibc
import Synchronization

/// Why the query log cannot be written.
package enum QueryLogError: Error, Sendable, CustomStringConvertible {
    /// The file cannot be opened; the text is the system's reason.
    case unwritable(path: String, reason: String)

    package var description: String {
        switch self {
        case .unwritable(let path, let reason): "query log \(path) cannot be opened for writing: \(reason)"
        }
    }
}

/// The log of all queries as JSON lines in the form of Prometheus' query log (`query_log_file` of the configuration).
///
/// Lines are written on a thread of the log's own; a bounded number of them wait, further ones are dropped and counted.
package final class QueryLog: Sendable {
    /// This many lines wait at most; they hold a few megabytes when queries are long.
    private static let maxPending = 2_048

    private let writer = WorkerThreads(limit: 1)
    private let file = Mutex<File?>(nil)
    private let hasFile = Atomic<Bool>(false)
    private let pending = Atomic<Int>(0)
    private let failures = Atomic<Int>(0)

    private final class File: Sendable {
        let descriptor: Int32

        init(_ path: String) throws(QueryLogError) {
            descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
            if descriptor < 0 { throw .unwritable(path: path, reason: unsafe String(cString: strerror(errno))) }
        }

        deinit {
            if descriptor >= 0 { close(descriptor) }
        }

        func write(_ line: [UInt8]) -> Bool {
            unsafe line.withUnsafeBytes { bytes in
                // One call a line, so that lines stay whole whoever else appends.
                while true {
                    let count = unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
                    if count < 0, errno == EINTR { continue }
                    return count == bytes.count
                }
            }
        }
    }

    /// A log that writes nothing until it is opened.
    package init() {}

    /// Whether lines are written.
    package var isEnabled: Bool { hasFile.load(ordering: .relaxed) }

    /// Lines that could not be written, or came when too many waited.
    package var failureCount: Int { failures.load(ordering: .relaxed) }

    /// Writes to the file at `path` from now on, opened anew even if it is the same one; `nil` ends the log.
    ///
    /// - Throws: when the file cannot be opened; the log then goes on as it was.
    package func open(path: String?) throws(QueryLogError) {
        let opened: File?
        if let path, !path.isEmpty { opened = try File(path) } else { opened = nil }
        file.withLock { $0 = opened }
        hasFile.store(opened != nil, ordering: .relaxed)
    }

    /// Appends a line soon.
    func record(_ makeLine: @escaping @Sendable () -> [UInt8]) {
        guard isEnabled else { return }
        guard pending.wrappingAdd(1, ordering: .relaxed).newValue <= Self.maxPending else {
            pending.wrappingSubtract(1, ordering: .relaxed)
            failures.wrappingAdd(1, ordering: .relaxed)
            return
        }
        writer.submit { [self] in
            let file = file.withLock { $0 }
            if let file, !file.write(makeLine()) { failures.wrappingAdd(1, ordering: .relaxed) }
            pending.wrappingSubtract(1, ordering: .relaxed)
        }
    }
}
