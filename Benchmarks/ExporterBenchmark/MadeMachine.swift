import ApusExporters
import Foundation

/// A machine with control groups for containers: files in memory, or groups that the kernel makes.
struct MadeMachine {
    let paths: HostPaths
    let containers: [(id: String, process: Int)]
    private let folders: [String]

    init(containers count: Int, inKernel: Bool) throws {
        let folder = "/dev/shm/apus-exporter-benchmark-\(getpid())"
        var folders = [folder]
        containers = (0..<count).map { index in
            let digits = String(index, radix: 16)
            let id = String(repeating: "0", count: 8 - digits.count) + digits + String(repeating: "5a", count: 28)
            // In the kernel the groups have no processes; this one's network stands for theirs.
            return (id, inKernel ? Int(getpid()) : 1_000 + index)
        }
        guard !inKernel else {
            paths = HostPaths()
            let mount = "/sys/fs/cgroup"
            let mounts =
                FileManager.default.fileExists(atPath: mount + "/cgroup.controllers")
                ? [mount] : ["cpu", "cpuacct", "memory", "pids", "blkio", "unified"].map { "\(mount)/\($0)" }
            folders = []
            for mount in mounts where FileManager.default.fileExists(atPath: mount) {
                let parent = "\(mount)/apus-benchmark"
                for container in containers {
                    let group = "\(parent)/\(container.id)"
                    try FileManager.default.createDirectory(atPath: group, withIntermediateDirectories: true)
                    folders.append(group)
                }
                folders.append(parent)
            }
            self.folders = folders
            return
        }
        paths = HostPaths(procfs: folder + "/proc", sysfs: folder + "/sys", rootfs: folder + "/root")
        self.folders = folders
        func write(_ path: String, _ text: String) throws {
            let url = URL(fileURLWithPath: "\(folder)/\(path)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        try write("proc/meminfo", "MemTotal: 8000000 kB\nMemFree: 4000000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n")
        try write("proc/stat", "btime 1700000000\n")
        try write("proc/diskstats", "   8       0 sda 1 2 3 4\n")
        try write("sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n")
        for (id, process) in containers {
            let path = "/system.slice/docker-\(id).scope"
            try write("proc/\(process)/cgroup", "0::\(path)\n")
            try write("proc/\(process)/net/dev", Self.interfaces)
            for (name, text) in Self.files { try write("sys/fs/cgroup\(path)/\(name)", text) }
            try write("sys/fs/cgroup\(path)/cgroup.procs", "\(process)\n")
        }
    }

    /// Removes what was made.
    func remove() {
        for folder in folders {
            // A control group is removed as an empty folder, its files notwithstanding.
            if rmdir(folder) != 0 { try? FileManager.default.removeItem(atPath: folder) }
        }
    }

    private static let interfaces = """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo:    3291      44    0    0    0     0          0         0     3291      44    0    0    0     0       0          0
          eth0: 32051234   38000    0    0    0     0          0         0 20451234   28000    0    0    0     0       0          0

        """

    private static let files: [(name: String, text: String)] = [
        (
            "cpu.stat",
            "usage_usec 5123456\nuser_usec 3123456\nsystem_usec 2000000\nnr_periods 40\nnr_throttled 4\nthrottled_usec 250000\n"
        ),
        ("cpu.max", "150000 100000\n"), ("cpu.weight", "39\n"), ("memory.current", "8123456\n"),
        ("memory.peak", "9123456\n"), ("memory.max", "67108864\n"), ("memory.low", "0\n"),
        ("memory.swap.current", "0\n"), ("memory.swap.max", "0\n"),
        ("memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n"),
        (
            "memory.stat",
            [
                "anon", "file", "kernel", "kernel_stack", "pagetables", "sec_pagetables", "percpu", "sock", "vmalloc",
                "shmem", "zswap", "zswapped", "file_mapped", "file_dirty", "file_writeback", "swapcached", "anon_thp",
                "file_thp", "shmem_thp", "inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable",
                "slab_reclaimable", "slab_unreclaimable", "slab", "workingset_refault_anon", "workingset_refault_file",
                "workingset_activate_anon", "workingset_activate_file", "workingset_restore_anon",
                "workingset_restore_file", "workingset_nodereclaim", "pgscan", "pgsteal", "pgscan_kswapd",
                "pgscan_direct", "pgsteal_kswapd", "pgsteal_direct", "pgfault", "pgmajfault", "pgrefill", "pgactivate",
                "pgdeactivate", "pglazyfree", "pglazyfreed", "thp_fault_alloc", "thp_collapse_alloc",
            ].map { "\($0) 123456\n" }.joined()
        ),
        ("pids.current", "6\n"), ("pids.max", "100\n"),
        ("io.stat", "8:0 rbytes=90112 wbytes=4096 rios=22 wios=1 dbytes=512 dios=1\n"),
        ("cpu.pressure", pressure), ("memory.pressure", pressure), ("io.pressure", pressure),
    ]

    private static let pressure =
        "some avg10=0.00 avg60=0.00 avg300=0.01 total=2000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n"
}
