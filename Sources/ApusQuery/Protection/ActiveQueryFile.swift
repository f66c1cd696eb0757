import ApusModel
import Glibc
import Synchronization

/// The file that names the queries being evaluated, so that after a crash it is known which ones they were.
///
/// `queries.active` in the data folder is a text of lines of 1,024 bytes, one per query that may run at a time: blank when
/// free, else the time in RFC 3339, a space and the query, cut to fit, then spaces. Starting and ending a query each cost
/// one write to the page cache; nothing is synchronised, because a crash of the process, not of the machine, is meant.
package final class ActiveQueryFile: Sendable {
    private static let lineLength = 1_024

    /// The queries that were being evaluated when the file was last written: those of a process that did not end orderly.
    package let leftovers: [String]
    private let descriptor: Int32
    private let freeSlots: Mutex<[Int]>

    /// Opens `queries.active` in a folder for `capacity` queries, reads what is left in it and blanks it.
    ///
    /// - Throws: when the file cannot be opened or read.
    package init(folder: String, capacity: Int) throws(ActiveQueryFileError) {
        let path = folder + "/queries.active"
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        freeSlots = Mutex(Array((0..<max(1, capacity)).reversed()))
        guard descriptor >= 0 else {
            leftovers = []
            throw ActiveQueryFileError(path: path, reason: unsafe String(cString: strerror(errno)))
        }
        leftovers = Self.lines(descriptor)
        var blank = [UInt8](repeating: UInt8(ascii: " "), count: Self.lineLength)
        blank[Self.lineLength - 1] = UInt8(ascii: "\n")
        guard ftruncate(descriptor, 0) == 0 else {
            throw ActiveQueryFileError(path: path, reason: unsafe String(cString: strerror(errno)))
        }
        for slot in 0..<max(1, capacity) { Self.write(blank, slot, descriptor) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Notes a query as running.
    ///
    /// - Returns: its line, for `end`; `nil` when no line is free.
    func begin(_ query: String, at time: Int64) -> Int? {
        guard let slot = freeSlots.withLock({ $0.popLast() }) else { return nil }
        var line = Array("\(TimestampText.rfc3339(time)) ".utf8)
        line += query.utf8.prefix(Self.lineLength - 1 - line.count).map { $0 < 0x20 ? UInt8(ascii: " ") : $0 }
        Self.write(Self.padded(line), slot, descriptor)
        return slot
    }

    /// Notes that the query of a line has ended.
    func end(_ slot: Int) {
        Self.write(Self.padded([]), slot, descriptor)
        freeSlots.withLock { $0.append(slot) }
    }

    private static func padded(_ text: [UInt8]) -> [UInt8] {
        text + [UInt8](repeating: UInt8(ascii: " "), count: max(0, lineLength - 1 - text.count)) + [UInt8(ascii: "\n")]
    }

    /// A failure is let go: the file helps after a crash, a query must not fail for it.
    private static func write(_ line: [UInt8], _ slot: Int, _ descriptor: Int32) {
        unsafe line.withUnsafeBytes { bytes in
            _ = unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(slot * lineLength))
        }
    }

    private static func lines(_ descriptor: Int32) -> [String] {
        // No file of ours is longer than this; of another one the rest does not matter.
        var bytes = [UInt8](repeating: 0, count: 1_024 * lineLength)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        return bytes.prefix(max(0, count)).split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let last = line.lastIndex(where: { $0 != UInt8(ascii: " ") && $0 != 0 }) else { return nil }
            return String(decoding: line[...last], as: UTF8.self)
        }
    }
}

/// Why the file of active queries cannot be used.
package struct ActiveQueryFileError: Error, Sendable, CustomStringConvertible {
    /// The file.
    package let path: String
    /// The system's reason.
    package let reason: String

    package var description: String { "the file of active queries \(path) cannot be used: \(reason)" }
}
