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
        var count = 0
        while let entry = unsafe readdir(folder) {
            var information = stat()
            // Of the name in the entry only the number is of interest.
            let descriptor = unsafe withUnsafeBytes(of: entry.pointee.d_name) { name in
                unsafe atoi(name.assumingMemoryBound(to: CChar.self).baseAddress)
            }
            if unsafe fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFSOCK { count += 1 }
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
