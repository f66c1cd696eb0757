import ApusBytes
import Glibc

/// The standard `process_*` metrics of this process, read from Linux' /proc at every exposition.
///
/// ```swift
/// try registry.register(ProcessCollector())
/// ```
///
/// Names and meanings are those that dashboards for other client libraries expect.
public struct ProcessCollector: Collector {
    private static let cpu = MetricDescriptor(
        .counter, "process_cpu_seconds_total", help: "Total user and system CPU time spent in seconds.")
    private static let openFiles = MetricDescriptor(
        .gauge, "process_open_fds", help: "Number of open file descriptors.")
    private static let maximumFiles = MetricDescriptor(
        .gauge, "process_max_fds", help: "Maximum number of open file descriptors.")
    private static let virtualMemory = MetricDescriptor(
        .gauge, "process_virtual_memory_bytes", help: "Virtual memory size in bytes.")
    private static let maximumVirtualMemory = MetricDescriptor(
        .gauge, "process_virtual_memory_max_bytes", help: "Maximum amount of virtual memory available in bytes.")
    private static let residentMemory = MetricDescriptor(
        .gauge, "process_resident_memory_bytes", help: "Resident memory size in bytes.")
    private static let startTime = MetricDescriptor(
        .gauge, "process_start_time_seconds", help: "Start time of the process since unix epoch in seconds.")
    private static let threads = MetricDescriptor(
        .gauge, "process_threads", help: "Number of OS threads in the process.")

    private static let received = MetricDescriptor(
        .counter, "process_network_receive_bytes_total",
        help: "Number of bytes received by the process over the network.")
    private static let transmitted = MetricDescriptor(
        .counter, "process_network_transmit_bytes_total", help: "Number of bytes sent by the process over the network.")

    /// The ten standard families.
    public var families: [MetricDescriptor] {
        [
            Self.cpu, Self.openFiles, Self.maximumFiles, Self.virtualMemory, Self.maximumVirtualMemory,
            Self.residentMemory, Self.startTime, Self.threads, Self.received, Self.transmitted,
        ]
    }

    /// A collector of the process in which it runs.
    public init() {}

    /// Reads /proc and appends one value per family.
    public func collect(into samples: inout CollectedSamples) throws(MetricError) {
        let status = try ProcessStatus.current()
        try samples.append(status.cpuSeconds, to: Self.cpu)
        try samples.append(Double(status.virtualBytes), to: Self.virtualMemory)
        try samples.append(Double(status.residentPages) * Double(sysconf(Int32(_SC_PAGESIZE))), to: Self.residentMemory)
        try samples.append(Double(status.threads), to: Self.threads)
        try samples.append(try Self.bootTime() + status.startSeconds, to: Self.startTime)
        try samples.append(Double(try Self.countOpenFiles()), to: Self.openFiles)
        try samples.append(try Self.limit(RLIMIT_NOFILE), to: Self.maximumFiles)
        try samples.append(try Self.limit(RLIMIT_AS), to: Self.maximumVirtualMemory)
        // Missing where the kernel has no network; then the two families are left out.
        if let netstat = try? SystemFile.read("/proc/self/net/netstat"), let traffic = NetworkTraffic(netstat: netstat)
        {
            try samples.append(Double(traffic.received), to: Self.received)
            try samples.append(Double(traffic.transmitted), to: Self.transmitted)
        }
    }

    /// The soft limit of a resource; without limit, the greatest number that the system knows, as the peers show it.
    private static func limit(_ resource: __rlimit_resource) throws(MetricError) -> Double {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else {
            throw .unreadable("the limits of the process")
        }
        return Double(limit.rlim_cur)
    }

    private static func countOpenFiles() throws(MetricError) -> Int {
        guard let folder = unsafe opendir("/proc/self/fd") else { throw .unreadable("/proc/self/fd") }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        // Not counted: ".", ".." and the descriptor of this listing.
        return max(0, count - 3)
    }

    /// When the machine was started, in seconds since the epoch.
    private static func bootTime() throws(MetricError) -> Double {
        let text = try SystemFile.read("/proc/stat")
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: "btime ".utf8) {
            let digits = Array(line.dropFirst("btime ".utf8.count))
            if let seconds = NumberText.parseInteger(digits.span) { return Double(seconds) }
        }
        throw .unreadable("the boot time in /proc/stat")
    }
}

/// The fields of /proc/self/stat that are exposed.
struct ProcessStatus {
    var cpuSeconds: Double
    var threads: Int64
    /// Since the machine was started.
    var startSeconds: Double
    var virtualBytes: Int64
    var residentPages: Int64

    static func current() throws(MetricError) -> ProcessStatus {
        guard let status = ProcessStatus(stat: try SystemFile.read("/proc/self/stat")) else {
            throw .unreadable("the fields of /proc/self/stat")
        }
        return status
    }

    /// Reads the line of a stat file.
    ///
    /// `nil` when a field is missing. Source: proc(5).
    init?(stat: [UInt8]) {
        // The second field is the program's name in parentheses and may itself hold blanks and parentheses.
        guard let nameEnd = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = stat[(nameEnd + 1)...].split(separator: UInt8(ascii: " "))
        // Field 3 of the manual is the first here.
        func field(_ number: Int) -> Int64? {
            let index = number - 3
            guard index >= 0, index < fields.count else { return nil }
            return NumberText.parseInteger(Array(fields[index]).span)
        }
        guard let user = field(14), let system = field(15), let threads = field(20), let start = field(22),
            let virtual = field(23), let resident = field(24)
        else { return nil }
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        cpuSeconds = (Double(user) + Double(system)) / ticks
        self.threads = threads
        startSeconds = Double(start) / ticks
        virtualBytes = virtual
        residentPages = resident
    }
}

/// The bytes that the network namespace of the process has received and sent.
struct NetworkTraffic {
    var received: Int64
    var transmitted: Int64

    /// Reads a netstat file, in which a line of names comes before a line of values.
    ///
    /// `nil` when the octets are not among them. Source: the kernel's `IpExt` table.
    init?(netstat: [UInt8]) {
        let lines = netstat.split(separator: UInt8(ascii: "\n"))
            .filter { $0.starts(with: "IpExt:".utf8) }
            .map { $0.split(separator: UInt8(ascii: " ")) }
        guard lines.count >= 2 else { return nil }
        func value(_ name: String) -> Int64? {
            guard let index = lines[0].firstIndex(where: { $0.elementsEqual(name.utf8) }), index < lines[1].count else {
                return nil
            }
            return NumberText.parseInteger(Array(lines[1][index]).span)
        }
        guard let received = value("InOctets"), let transmitted = value("OutOctets") else { return nil }
        self.received = received
        self.transmitted = transmitted
    }
}

/// Reads the small text files of the kernel.
enum SystemFile {
    /// The content of a file, of which at most one megabyte is read.
    static func read(_ path: String) throws(MetricError) -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unreadable(path) }
        defer { close(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 8_192)
        while content.count < 1 << 20 {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path) }
            if count == 0 { break }
            content.append(contentsOf: chunk[..<count])
        }
        return content
    }
}
