import ApusExporters
import ApusTestSupport
import Foundation

/// A made machine: /proc, /sys and / below a folder in memory.
struct ContainerTree {
    let folder: TemporaryFolder

    /// A machine that has memory, two processors and no containers.
    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        try write(
            "proc/meminfo",
            "MemTotal:        2048 kB\nMemFree:         1024 kB\nSwapTotal:         64 kB\nSwapFree: 32 kB\n")
        try write("proc/stat", "cpu 1 2 3 4\nbtime 1700000000\n")
        try write("proc/1/net/dev", Self.interfaces("eth0", received: 11, transmitted: 12))
        try write("proc/sys/kernel/osrelease", "6.1.0\n")
        try write("proc/sys/kernel/random/boot_id", "boot\n")
        try write("root/etc/machine-id", "machine\n")
        try write("root/etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian 12\"\n")
        try write("proc/diskstats", "   8       0 sda 1 2 3 4\n 259 1 nvme0n1p1 1 2\n")
        for index in 0..<2 {
            try write("sys/devices/system/cpu/cpu\(index)/topology/physical_package_id", "0\n")
            try write("sys/devices/system/cpu/cpu\(index)/topology/core_id", "0\n")
        }
    }

    var paths: HostPaths {
        HostPaths(
            procfs: folder.path + "/proc", sysfs: folder.path + "/sys", rootfs: folder.path + "/root")
    }

    func write(_ path: String, _ text: String) throws {
        try write(path, Array(text.utf8))
    }

    func write(_ path: String, _ bytes: [UInt8]) throws {
        let file = folder.url.appendingPathComponent(path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }

    func remove(_ path: String) throws {
        try FileManager.default.removeItem(at: folder.url.appendingPathComponent(path))
    }

    func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent(path), withIntermediateDirectories: true)
    }

    func link(_ path: String, to target: String) throws {
        let link = folder.url.appendingPathComponent(path)
        try FileManager.default.createDirectory(at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: target)
    }

    /// A file of network interfaces.
    static func interfaces(_ name: String, received: Int, transmitted: Int) -> String {
        """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo:    3291      44    0    0    0     0          0         0     3291      44    0    0    0     0       0          0
        \(name):    \(received) 3 1 2    0     0          0         0     \(transmitted)      5    6    7    0     0       0          0

        """
    }

    /// Copies the recorded control group of a container on a machine with both versions, as Docker places it.
    func addRecordedGroup(id: String, process: Int) throws {
        for controller in ["blkio", "cpu", "cpuacct", "memory", "pids"] {
            for file in try SharedData.files(in: "docker-api/cgroup-v1/\(controller)") {
                try write(
                    "sys/fs/cgroup/\(controller)/docker/\(id)/\(file.lastPathComponent)", Array(Data(contentsOf: file)))
            }
            try write("sys/fs/cgroup/\(controller)/docker/\(id)/cgroup.procs", "\(process)\n")
        }
        try write("sys/fs/cgroup/unified/cgroup.controllers", "")
        for file in try SharedData.files(in: "docker-api/cgroup-v2-hybrid") {
            try write("sys/fs/cgroup/unified/docker/\(id)/\(file.lastPathComponent)", Array(Data(contentsOf: file)))
        }
        try write("proc/\(process)/net/dev", try SharedData.bytes("docker-api/proc/net_dev.txt"))
        try write("proc/\(process)/net/tcp", try SharedData.bytes("docker-api/proc/net_tcp.txt"))
        try write("proc/\(process)/limits", try SharedData.bytes("docker-api/proc/limits.txt"))
        try write("proc/\(process)/stat", try SharedData.bytes("docker-api/proc/stat.txt"))
        let controllers = ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "hugetlb", "pids"]
        let lines = controllers.enumerated().map { "\($0.offset + 1):\($0.element):/docker/\(id)\n" }
        try write("proc/\(process)/cgroup", lines.joined() + "0::/docker/\(id)\n")
    }

    /// Makes a group of version 2 at a path such as `/system.slice/docker-ID.scope`.
    func addUnifiedGroup(_ path: String, process: Int?, in child: String = "") throws {
        let folder = "sys/fs/cgroup\(path)"
        try write("sys/fs/cgroup/cgroup.controllers", "cpu memory io pids\n")
        try write(
            "\(folder)/cpu.stat",
            """
            usage_usec 5000000
            user_usec 3000000
            system_usec 2000000
            nr_periods 40
            nr_throttled 4
            throttled_usec 250000
            nr_bursts 2
            burst_usec 1000

            """)
        try write("\(folder)/cpu.max", "150000 100000\n")
        try write("\(folder)/cpu.weight", "39\n")
        try write("\(folder)/memory.current", "8000000\n")
        try write("\(folder)/memory.peak", "9000000\n")
        try write("\(folder)/memory.max", "max\n")
        try write("\(folder)/memory.low", "0\n")
        try write("\(folder)/memory.swap.current", "4096\n")
        try write("\(folder)/memory.swap.max", "1048576\n")
        try write("\(folder)/memory.events", "low 0\nhigh 3\nmax 5\noom 2\noom_kill 1\noom_group_kill 0\n")
        try write(
            "\(folder)/memory.stat",
            """
            anon 1000000
            file 6000000
            kernel 50000
            file_mapped 300000
            file_dirty 4000
            file_writeback 5000
            inactive_anon 7
            inactive_file 2500000
            active_file 3500000
            workingset_refault_anon 31
            workingset_refault_file 32
            pgscan 33
            pgsteal 34
            pgfault 700
            pgmajfault 8

            """)
        try write("\(folder)/pids.current", "6\n")
        try write("\(folder)/pids.max", "100\n")
        try write(
            "\(folder)/io.stat",
            "8:0 rbytes=90112 wbytes=4096 rios=22 wios=1 dbytes=512 dios=1\n7:3 rbytes=1 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n"
        )
        try write(
            "\(folder)/cpu.pressure",
            "some avg10=0.00 avg60=0.00 avg300=0.01 total=2000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n"
        )
        try write(
            "\(folder)/memory.pressure",
            "some avg10=0.00 avg60=0.00 avg300=0.00 total=3\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1\n")
        try write(
            "\(folder)/io.pressure",
            "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=4\n")
        try write("\(folder)/cgroup.procs", child.isEmpty ? process.map { "\($0)\n" } ?? "" : "")
        if !child.isEmpty { try write("\(folder)/\(child)/cgroup.procs", process.map { "\($0)\n" } ?? "") }
        if let process {
            try write("proc/\(process)/cgroup", "0::\(path)\(child.isEmpty ? "" : "/\(child)")\n")
            try write("proc/\(process)/net/dev", Self.interfaces("eth0", received: 1_000, transmitted: 2_000))
        }
    }
}
