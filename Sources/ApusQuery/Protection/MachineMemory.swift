import Glibc

/// How much memory this process may use.
package enum MachineMemory {
    private static let groups = "/sys/fs/cgroup"

    /// Bytes: the machine's memory, or what the control groups of this process leave of it.
    package static var available: Int {
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        let pageSize = sysconf(Int32(_SC_PAGESIZE))
        let (product, overflows) = pages.multipliedReportingOverflow(by: pageSize)
        let physical = overflows || product <= 0 ? 1 << 30 : product
        let limits = limitFiles(ofGroups: text(ofFile: "/proc/self/cgroup"))
            .compactMap { Int(text(ofFile: $0).prefix { $0.isNumber }) }
            .filter { $0 > 0 }
        return min(physical, limits.min() ?? physical)
    }

    /// The files that may hold a limit: of the root as a container sees it, and of each group down to the process' own.
    ///
    /// - Parameter groups: `/proc/self/cgroup`; the line of version 2 begins with `0::`.
    package static func limitFiles(ofGroups text: String) -> [String] {
        var result = ["\(groups)/memory.max", "\(groups)/memory/memory.limit_in_bytes"]
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else { return result }
        var path = groups
        for component in line.dropFirst(3).split(separator: "/") where component != ".." {
            path += "/\(component)"
            result.append("\(path)/memory.max")
        }
        return result
    }

    /// The beginning of a file of the kernel; empty when it cannot be read.
    static func text(ofFile path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
