import ApusStorage
import Glibc

/// What the benchmark reads of the system.
enum BenchMeasurement {
    static func size(of path: String) throws(FileError) -> Int {
        guard Folder.isFolder(path) else { return Folder.length(of: path) }
        var sum = 0
        for name in try Folder.names(in: path) { sum += try size(of: "\(path)/\(name)") }
        return sum
    }

    static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// The bytes of resident memory that no file backs; 0 where the system does not say.
    static func anonymousMemory() -> Int {
        guard let file = unsafe fopen("/proc/self/status", "r") else { return 0 }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while unsafe fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix("RssAnon:") else { continue }
            return (Int(text.filter(\.isNumber)) ?? 0) << 10
        }
        return 0
    }
}
