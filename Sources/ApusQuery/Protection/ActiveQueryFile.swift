import ApusModel
import Glibc
import Synchronization

/// The file that names the queries being evaluated, so that after a crash it is known which ones they were.
///
/// `queries.active` in the data folder is a text of lines of 1,024 bytes, one per query that may run at a time: blank when
/// free, else the time in RFC 3339, a space and the query, cut to fit, then spaces. The file is mapped: starting and ending
/// a query cost a copy of memory, where two calls of the system would cost a tenth of a small query. Nothing is
/// synchronised, because a crash of the process, not of the machine, is meant.
///
/// Unchecked: the mapping never changes its place, and a line is written only by the one who holds its slot.
@safe package final class ActiveQueryFile: @unchecked Sendable {
    private static let lineLength = 1_024

    /// The queries that were being evaluated when the file was last written: those of a process that did not end orderly.
    package let leftovers: [String]
    private let lines: UnsafeMutableRawBufferPointer
    private let freeSlots: Mutex<[Int]>

    /// Opens `queries.active` in a folder for `capacity` queries, reads what is left in it and blanks it.
    ///
    /// - Throws: when the file cannot be opened or read.
    package init(folder: String, capacity: Int) throws(ActiveQueryFileError) {
        let path = folder + "/queries.active"
        let slots = max(1, capacity)
        let size = slots * Self.lineLength
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw ActiveQueryFileError(path: path) }
        defer { close(descriptor) }
        leftovers = Self.texts(in: descriptor)
        // Blocks are set aside, for writing to a mapped file on a full disk would end the process.
        guard ftruncate(descriptor, 0) == 0 else { throw ActiveQueryFileError(path: path) }
        let status = posix_fallocate(descriptor, 0, off_t(size))
        guard status == 0 else { throw ActiveQueryFileError(path: path, code: status) }
        guard let start = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            unsafe start != MAP_FAILED
        else { throw ActiveQueryFileError(path: path) }
        unsafe lines = UnsafeMutableRawBufferPointer(start: start, count: size)
        freeSlots = Mutex(Array((0..<slots).reversed()))
        for slot in 0..<slots { write([], slot) }
    }

    deinit {
        unsafe munmap(lines.baseAddress, lines.count)
    }

    /// Notes a query as running.
    ///
    /// - Returns: its line, for `end`; `nil` when no line is free.
    func begin(_ query: String, at time: Int64) -> Int? {
        guard let slot = freeSlots.withLock({ $0.popLast() }) else { return nil }
        var line = Array("\(TimestampText.rfc3339(time)) ".utf8)
        line += query.utf8.prefix(Self.lineLength - 1 - line.count).map { $0 < 0x20 ? UInt8(ascii: " ") : $0 }
        write(line, slot)
        return slot
    }

    /// Notes that the query of a line has ended.
    func end(_ slot: Int) {
        write([], slot)
        freeSlots.withLock { $0.append(slot) }
    }

    private func write(_ text: [UInt8], _ slot: Int) {
        let start = slot * Self.lineLength
        let end = start + Self.lineLength - 1
        let used = min(text.count, end - start)
        for offset in 0..<used { unsafe lines[start + offset] = text[offset] }
        for position in (start + used)..<end { unsafe lines[position] = UInt8(ascii: " ") }
        unsafe lines[end] = UInt8(ascii: "\n")
    }

    private static func texts(in descriptor: Int32) -> [String] {
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

    /// The error with a code of the system, by default that of the last call.
    init(path: String, code: CInt = errno) {
        self.path = path
        reason = unsafe String(cString: strerror(code))
    }

    package var description: String { "the file of active queries \(path) cannot be used: \(reason)" }
}
