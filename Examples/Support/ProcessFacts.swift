import Glibc

/// Facts of this process that stand in for those of the runtimes that the textbook's services had.
///
/// The dashboard of the chapter shows Go's goroutines, the heap of a Java machine and Node's sockets. A Swift process has none
/// of the first two, but it has threads and memory: the services expose these under the names that the dashboard asks for, and
/// say so in the help text. What cannot be read is NaN.
package enum ProcessFacts {
    /// The number of threads.
    package static var threads: Double { status("Threads:") }

    /// The memory of the stack of the first thread, in bytes.
    package static var stackBytes: Double { status("VmStk:") * 1_024 }

    /// The memory that is the process' own and not a file's, in bytes.
    package static var anonymousBytes: Double { status("RssAnon:") * 1_024 }

    /// The number of open sockets.
    package static var sockets: Double {
        guard let folder = unsafe opendir("/proc/self/fd") else { return .nan }
        defer { unsafe closedir(folder) }
        let mark = "socket:".utf8.map { CChar($0) }
        var target = [CChar](repeating: 0, count: mark.count)
        var count = 0
        while let entry = unsafe readdir(folder) {
            // What a descriptor stands for is the target of its link; of the target only the beginning is of interest.
            let length = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
                guard let name = unsafe name.assumingMemoryBound(to: CChar.self).baseAddress else { return -1 }
                return unsafe readlinkat(dirfd(folder), name, &target, mark.count)
            }
            if length == mark.count, target == mark { count += 1 }
        }
        return Double(count)
    }

    /// The number in the line of /proc/self/status that begins with the name.
    private static func status(_ name: String) -> Double {
        guard let file = unsafe fopen("/proc/self/status", "re") else { return .nan }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while unsafe fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix(name) else { continue }
            let digits = text.drop { !$0.isNumber }.prefix { $0.isNumber }
            return Double(digits) ?? .nan
        }
        return .nan
    }
}
