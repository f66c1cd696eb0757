import ApusBytes
import Glibc

/// How much memory this process may use.
package enum MachineMemory {
    /// Bytes: the machine's memory, or what the control group leaves of it.
    package static var available: Int {
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        let pageSize = sysconf(Int32(_SC_PAGESIZE))
        let (product, overflows) = pages.multipliedReportingOverflow(by: pageSize)
        let physical = overflows || product <= 0 ? 1 << 30 : product
        let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
            .compactMap(number)
            .filter { $0 > 0 }
        return min(physical, limits.min() ?? physical)
    }

    /// The number in a file of the kernel; `nil` when the file is not there or holds a word, as `max`.
    private static func number(inFile path: String) -> Int? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return nil }
        return Int(String(decoding: bytes.prefix(count), as: UTF8.self).prefix { $0.isNumber })
    }
}
