import ApusExporters
import ApusTestSupport
import Foundation

/// A made host: the files of /proc, /sys and its root that a machine with sensors, batteries and a packet filter has.
struct HostTree {
    private let folder: TemporaryFolder

    /// Where the files are.
    let paths: HostPaths

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        paths = HostPaths(
            procfs: folder.path + "/proc", sysfs: folder.path + "/sys", rootfs: folder.path + "/root")
        for (path, text) in Self.processes + Self.network + Self.devices + Self.machine { try write(path, text) }
        try write("proc/meminfo", Self.memory)
    }

    /// Writes a file, making its folders.
    func write(_ path: String, _ text: String) throws {
        let url = folder.url.appendingPathComponent(path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// Changes digits in a file, and moves, doubles or removes one of its lines.
    func changeLines(of path: String, _ generator: inout SeededGenerator) throws {
        let url = folder.url.appendingPathComponent(path)
        guard FileManager.default.fileExists(atPath: url.path) else { return }
        var lines = String(decoding: try Data(contentsOf: url), as: UTF8.self)
            .map { $0.isNumber && Int.random(in: 0..<8, using: &generator) == 0 ? Character("7") : $0 }
            .split(separator: "\n").map { String($0) }
        guard let index = lines.indices.randomElement(using: &generator) else { return }
        let line = lines[index]
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: lines.remove(at: index)
        case 1: lines.append(line)
        default: lines.append(lines.remove(at: index))
        }
        try write(path, lines.joined(separator: "\n") + "\n")
    }

    /// The root of the made host, with a slash at its end.
    var root: String { folder.path + "/root/" }

    /// An exporter of this host.
    func exporter(fileSystems: FilesystemProbe = FilesystemProbe()) -> HostExporter {
        HostExporter(
            paths: paths, version: "test", extras: Set(HostExtra.allCases), fileSystems: fileSystems)
    }

    /// What the exporter tells.
    func text(fileSystems: FilesystemProbe = FilesystemProbe()) -> String {
        String(decoding: exporter(fileSystems: fileSystems).page(accept: nil).body, as: UTF8.self)
    }

    private static let memory: String = {
        let sizes = """
            MemTotal MemFree MemAvailable Buffers Cached SwapCached Active Inactive Active(anon) Inactive(anon) Active(file) \
            Inactive(file) Unevictable Mlocked SwapTotal SwapFree Zswap Zswapped Dirty Writeback AnonPages Mapped Shmem \
            KReclaimable Slab SReclaimable SUnreclaim KernelStack PageTables SecPageTables NFS_Unstable Bounce WritebackTmp \
            CommitLimit Committed_AS VmallocTotal VmallocUsed VmallocChunk Percpu HardwareCorrupted AnonHugePages \
            ShmemHugePages ShmemPmdMapped FileHugePages FilePmdMapped Hugepagesize Hugetlb DirectMap4k DirectMap2M DirectMap1G
            """
        let pages = ["HugePages_Total", "HugePages_Free", "HugePages_Rsvd", "HugePages_Surp"]
        return sizes.split(separator: " ").enumerated().map { "\($1):   \(($0 + 1) * 4) kB\n" }.joined()
            + pages.map { "\($0):       3\n" }.joined()
    }()

    private static let processes: [(String, String)] = [
        (
            "proc/stat",
            """
            cpu  3000 0 0 0 0 0 0 0 0 0
            cpu0 1000 20 300 4000 50 6 7 80 9 10
            cpu1 2000 0 0 0 0 0 0 0 0 0
            intr 9000 1 2 3
            ctxt 77000
            btime 1700000000
            processes 4242
            procs_running 3
            procs_blocked 1
            softirq 5 1 1 1 1 1

            """
        ),
        ("proc/loadavg", "0.25 0.50 1.75 2/104 2315\n"),
        (
            "proc/vmstat",
            "nr_free_pages 1\npgpgin 10\npgpgout 20\npswpin 30\npswpout 40\npgfault 50\npgmajfault 60\noom_kill 2\n"
        ),
        (
            "proc/schedstat",
            "version 15\ntimestamp 1\ncpu0 0 0 0 0 0 0 2000000000 3000000000 44\ndomain0 3 0 0\ncpu1 0 0 0 0 0 0 1 2 3\n"
        ),
        ("proc/pressure/cpu", "some avg10=3.10 avg60=1.55 avg300=4.99 total=1500000\nfull avg10=0.00 total=0\n"),
        ("proc/pressure/io", "some avg10=1.48 total=2500000\nfull avg10=0.74 total=500000\n"),
        ("proc/pressure/memory", "some avg10=0.00 total=0\nfull avg10=0.00 total=250000\n"),
        ("proc/pressure/irq", "full avg10=0.00 avg60=0.00 avg300=0.00 total=125000\n"),
        (
            "proc/interrupts",
            """
                       CPU0       CPU2
             24:          1          7  IO-APIC   5-edge      ACPI:Ged
            LOC:   12278483   14538488   Local timer interrupts
            ERR:          0

            """
        ),
        ("proc/1/stat", "1 (init) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 2 0 10 1000 10\n"),
        ("proc/77/stat", "77 (a) b (c) R 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 5 0 10 1000 10\n"),
        ("proc/78/stat", "78 (torn"),
        ("proc/sys/kernel/threads-max", "127000\n"),
        ("proc/sys/kernel/pid_max", "4194304\n"),
        ("proc/sys/fs/file-nr", "557\t0\t2466186\n"),
        ("proc/sys/kernel/random/entropy_avail", "256\n"),
        ("proc/sys/kernel/random/poolsize", "256\n"),
        ("proc/sys/kernel/hung_task_detect_count", "1\n"),
        ("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n"),
        ("proc/sys/kernel/ostype", "Linux\n"),
        ("proc/sys/kernel/version", "#1 SMP Debian 6.1.76-1\n"),
        ("proc/sys/kernel/hostname", "container\n"),
        ("proc/sys/kernel/domainname", "(none)\n"),
    ]

    private static let network: [(String, String)] = [
        (
            "proc/1/net/dev",
            """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
              eth0: 18446744073709551615 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
                lo: 100 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0

            """
        ),
        (
            "proc/1/net/arp",
            "IP address HW type Flags HW address Mask Device\n192.0.2.1 0x1 0x2 02:fc:00:00:00:05 * eth0\n"
        ),
        (
            "proc/1/net/sockstat",
            """
            sockets: used 21
            TCP: inuse 10 orphan 1 tw 3 alloc 12 mem 186
            UDP: inuse 2 mem 5
            UDPLITE: inuse 0
            RAW: inuse 0
            FRAG: inuse 0 memory 0

            """
        ),
        ("proc/1/net/sockstat6", "TCP6: inuse 4\nUDP6: inuse 1\n"),
        (
            "proc/1/net/softnet_stat",
            "0000000a 00000001 00000045 0 0 0 0 0 00000002 00000003 00000004 00000005 00000001 0 0\n"
        ),
        (
            "proc/1/net/udp",
            """
              sl  local_address rem_address   st tx_queue rx_queue
             1: 0100007F:0035 00000000:0000 07 0000000A:00000010 00:0

            """
        ),
        ("proc/1/net/udp6", "  sl  local_address rem_address   st tx_queue rx_queue\n"),
        (
            "proc/1/net/tcp",
            """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1660 1
               1: 0100007F:07E8 0100007F:1234 01 0000000A:00000014 00:00000000 00000000 0 0 1661 1

            """
        ),
        ("proc/1/net/tcp6", "  sl  local_address\n   0: 0:07E8 0:0000 01 00000001:00000001 00:0 0 0 0 1 1\n"),
        (
            "proc/1/net/netstat",
            """
            TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed ListenOverflows ListenDrops
            TcpExt: 1 2 3 4 5
            TcpExt: TCPTimeouts TCPRcvQDrop TCPOFOQueue TCPSynRetrans
            TcpExt: 6 7 8 9
            IpExt: InNoRoutes InOctets OutOctets
            IpExt: 0 32585270925 31127671079

            """
        ),
        (
            "proc/1/net/snmp",
            """
            Ip: Forwarding DefaultTTL
            Ip: 1 64
            Icmp: InMsgs InErrors OutMsgs
            Icmp: 6 0 9
            Tcp: RtoAlgorithm MaxConn ActiveOpens PassiveOpens CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts
            Tcp: 1 -1 10 11 12 13 14 15 16 17
            Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors
            Udp: 1 2 3 4 5 6
            UdpLite: InDatagrams InErrors
            UdpLite: 0 0

            """
        ),
        ("proc/1/net/snmp6", "Ip6InOctets 5\nIp6OutOctets 6\nIcmp6InMsgs 1\nUdp6InDatagrams 2\nUdpLite6InErrors 0\n"),
        ("proc/sys/net/netfilter/nf_conntrack_count", "17\n"),
        ("proc/sys/net/netfilter/nf_conntrack_max", "262144\n"),
        (
            "proc/1/net/stat/nf_conntrack",
            "entries found drop\n00000001 0000000a 00000002\n00000001 0000000b 00000003\n"
        ),
        ("sys/class/net/eth0/operstate", "up\n"),
        ("sys/class/net/eth0/carrier", "1\n"),
        ("sys/class/net/eth0/mtu", "1500\n"),
        ("sys/class/net/eth0/speed", "1000\n"),
        ("sys/class/net/eth0/flags", "0xffffffffffffffff\n"),
        ("sys/class/net/eth0/address", "02:fc:00:00:00:01\n"),
        ("sys/class/net/eth0/statistics/rx_nohandler", "6\n"),
        ("sys/class/net/lo/operstate", "unknown\n"),
        ("sys/class/net/lo/speed", "-1\n"),
    ]

    private static let devices: [(String, String)] = [
        (
            "proc/diskstats",
            """
             254       0 vda 1 2 8 4000 5 6 16 8000 9 10000 11000 12 13 14 15000 16 17000
             254       1 vda1 1 2 8 4000 5 6 16 8000 9 10000 11000
               7       0 loop0 0 0 0 0 0 0 0 0 0 0 0

            """
        ),
        ("sys/block/vda/queue/rotational", "0\n"),
        (
            "proc/1/mounts",
            """
            proc /proc proc rw 0 0
            /dev/vda1 / ext4 rw,relatime 0 0
            overlay /var/lib/docker/overlay2/x/merged overlay rw 0 0
            /dev/vdb1 /mnt/a\\040b xfs ro,relatime 0 0

            """
        ),
        ("root/mnt/a b/file", ""),
        ("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "2400000\n"),
        ("sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq", "800000\n"),
        ("sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq", "3600000\n"),
        ("sys/devices/system/clocksource/clocksource0/available_clocksource", "kvm-clock tsc acpi_pm \n"),
        ("sys/devices/system/clocksource/clocksource0/current_clocksource", "kvm-clock\n"),
        ("sys/class/hwmon/hwmon0/name", "coretemp\n"),
        ("sys/class/hwmon/hwmon0/temp1_input", "-4500\n"),
        ("sys/class/hwmon/hwmon0/temp1_max", "80000\n"),
        ("sys/class/hwmon/hwmon0/temp1_crit", "100000\n"),
        ("sys/class/hwmon/hwmon0/temp1_crit_hyst", "90000\n"),
        ("sys/class/hwmon/hwmon0/temp1_crit_alarm", "0\n"),
        ("sys/class/hwmon/hwmon0/fan1_input", "1200\n"),
        ("sys/class/hwmon/hwmon0/fan1_min", "600\n"),
        ("sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n"),
        ("sys/class/thermal/thermal_zone0/temp", "45000\n"),
        ("sys/class/thermal/cooling_device0/type", "Processor\n"),
        ("sys/class/thermal/cooling_device0/cur_state", "0\n"),
        ("sys/class/thermal/cooling_device0/max_state", "10\n"),
        ("sys/class/power_supply/AC/online", "1\n"),
    ]

    private static let machine: [(String, String)] = [
        ("root/etc/hostname", "box\n"),
        ("root/etc/os-release", "NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\n"),
        ("sys/class/dmi/id/sys_vendor", "QEMU\n"),
    ]
}
