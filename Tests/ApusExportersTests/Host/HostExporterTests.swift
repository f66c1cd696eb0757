import ApusExporters
import ApusTestSupport
import Glibc
import Synchronization
import Testing

@Suite("Host exporter")
struct HostExporterTests {
    @Test("values are in base units, and labels are the peer's")
    func values() throws {
        let tree = try HostTree()
        let text = tree.text()
        for line in [
            #"node_cpu_seconds_total{cpu="0",mode="user"} 10"#,
            #"node_cpu_seconds_total{cpu="0",mode="steal"} 0.8"#,
            #"node_cpu_guest_seconds_total{cpu="0",mode="nice"} 0.1"#,
            "node_memory_MemTotal_bytes 4096",
            "node_memory_Active_anon_bytes 36864",
            "node_memory_HugePages_Free 3",
            "node_load15 1.75",
            "node_boot_time_seconds 1700000000",
            "node_forks_total 4242",
            #"node_disk_read_bytes_total{device="vda"} 4096"#,
            #"node_disk_io_time_weighted_seconds_total{device="vda"} 11"#,
            #"node_disk_flush_requests_time_seconds_total{device="vda"} 17"#,
            #"node_network_receive_packets_total{device="eth0"} 2"#,
            #"node_network_transmit_compressed_total{device="eth0"} 16"#,
            #"node_network_receive_nohandler_total{device="eth0"} 6"#,
            #"node_network_speed_bytes{device="eth0"} 125000000"#,
            #"node_network_up{device="eth0"} 1"#,
            #"node_network_up{device="lo"} 0"#,
            #"node_arp_entries{device="eth0"} 1"#,
            "node_sockstat_TCP_tw 3",
            #"node_softnet_times_squeezed_total{cpu="1"} 69"#,
            #"node_udp_queues{ip="v4",queue="rx"} 16"#,
            "node_netstat_Tcp_MaxConn -1",
            "node_netstat_TcpExt_TCPOFOQueue 8",
            "node_nf_conntrack_entries 17",
            "node_nf_conntrack_stat_found 21",
            "node_pressure_irq_stalled_seconds_total 0.125",
            "node_vmstat_oom_kill 2",
            #"node_schedstat_waiting_seconds_total{cpu="0"} 3"#,
            #"node_hwmon_temp_celsius{chip="hwmon0",sensor="temp1"} -4.5"#,
            #"node_cpu_scaling_frequency_hertz{cpu="0"} 2400000000"#,
            #"node_time_clocksource_current_info{clocksource="kvm-clock",device="0"} 1"#,
            #"node_power_supply_online{power_supply="AC"} 1"#,
            #"node_interrupts_total{cpu="2",devices="5-edge ACPI:Ged",info="IO-APIC",type="24"} 7"#,
            #"node_interrupts_total{cpu="0",devices="",info="Local timer interrupts",type="LOC"} 12278483"#,
            #"node_processes_state{state="R"} 1"#,
            "node_processes_threads 7",
            "node_processes_pids 2",
            "node_processes_max_processes 4194304",
            #"node_tcp_connection_states{state="established"} 2"#,
            #"node_tcp_connection_states{state="tx_queued_bytes"} 11"#,
        ] {
            let isTold = text.contains("\n\(line)\n")
            #expect(isTold, "\(line)")
        }
        #expect(text.contains(#"nodename="box",release="6.1.0-18-amd64""#))
        #expect(!text.contains("{device=\"vda1\"}"), "partitions are left out")
    }

    @Test("what costs more than the rest is told only where it is asked for")
    func extras() throws {
        let tree = try HostTree()
        let page = HostExporter(paths: tree.paths, version: "test").page(accept: nil)
        let text = String(decoding: page.body, as: UTF8.self)
        for name in ["node_interrupts_total", "node_processes_", "node_tcp_"] { #expect(!text.contains(name)) }
    }

    @Test("of file systems those count that hold files of users, wherever the host's root is mounted")
    func fileSystems() throws {
        let tree = try HostTree()
        let text = tree.text()
        let first = #"{device="/dev/vda1",device_error="",fstype="ext4",mountpoint="/"}"#
        let second = #"{device="/dev/vdb1",device_error="",fstype="xfs",mountpoint="/mnt/a b"}"#
        for labels in [first, second] { #expect(text.contains("\nnode_filesystem_device_error\(labels) 0\n")) }
        #expect(text.contains("\nnode_filesystem_readonly\(second) 1\n"))
        #expect(!text.contains("overlay"))

        // The table of a container that has the host's root mounted: what is not below it is the container's own.
        let root = tree.root.dropLast()
        try tree.write(
            "proc/1/mounts",
            "overlay / overlay rw 0 0\n/dev/vdc /etc/hosts ext4 rw 0 0\n/dev/vda1 \(root) ext4 rw 0 0\n")
        let own = tree.text()
        #expect(own.contains("\nnode_filesystem_device_error\(first) 0\n"))
        #expect(!own.contains("/etc/hosts"))
    }

    @Test("a file system that hangs holds up one scrape for its limit, and none after that until it answers")
    func hangingFileSystem() throws {
        let tree = try HostTree()
        let isStuck = Atomic(true)
        let asked = Atomic(0)
        let probe = FilesystemProbe(limit: .milliseconds(200), totalLimit: .seconds(2)) { [root = tree.root] path in
            if path != root { return FilesystemProbe.statistics(path) }
            asked.add(1, ordering: .relaxed)
            while isStuck.load(ordering: .acquiring) { usleep(1_000) }
            return FilesystemProbe.statistics(path)
        }
        let exporter = tree.exporter(fileSystems: probe)
        func text() -> String { String(decoding: exporter.page(accept: nil).body, as: UTF8.self) }
        let hangs = #"node_filesystem_device_error{device="/dev/vda1",device_error="mountpoint timeout","#
        let clock = ContinuousClock()

        let first = text()
        #expect(first.contains(hangs))
        #expect(first.contains(#"node_filesystem_device_error{device="/dev/vdb1",device_error="","#))
        let second = clock.measure { #expect(text().contains(hangs)) }
        #expect(second < .milliseconds(200), "\(second)")
        #expect(asked.load(ordering: .relaxed) == 1)

        isStuck.store(false, ordering: .releasing)
        let deadline = clock.now + .seconds(10)
        while text().contains(hangs), clock.now < deadline { usleep(1_000) }
        #expect(!text().contains(hangs))
    }

    @Test("a collector whose files are not there fails alone and says so")
    func failures() throws {
        let folder = try TemporaryFolder()
        let paths = HostPaths(procfs: folder.path, sysfs: folder.path, rootfs: folder.path)
        let text = String(decoding: HostExporter(paths: paths, version: "test").page(accept: nil).body, as: UTF8.self)
        #expect(text.contains("node_scrape_collector_success{collector=\"cpu\"} 0\n"))
        #expect(text.contains("node_scrape_collector_success{collector=\"time\"} 1\n"))
    }

    @Test("a scraper that reads OpenMetrics gets it")
    func openMetrics() throws {
        let tree = try HostTree()
        let page = tree.exporter().page(accept: "application/openmetrics-text; version=1.0.0")
        let text = String(decoding: page.body, as: UTF8.self)
        #expect(page.contentType.hasPrefix("application/openmetrics-text; version=1.0.0"))
        let hasFamily = text.contains("# TYPE node_forks counter\n")
        #expect(hasFamily)
        let hasSample = text.contains("node_forks_total 4242")
        #expect(hasSample)
        #expect(text.hasSuffix("# EOF\n"))
    }

    @Test("what is kept between scrapes changes nothing that is told", arguments: 0..<8)
    func laterScrapes(seed: Int) throws {
        let tree = try HostTree()
        var generator = SeededGenerator(seed: UInt64(seed))
        let files = [
            "proc/stat", "proc/meminfo", "proc/vmstat", "proc/diskstats", "proc/1/mounts", "proc/1/net/dev",
            "proc/1/net/snmp", "proc/1/net/netstat", "proc/1/net/snmp6", "proc/1/net/sockstat", "root/etc/os-release",
            "proc/1/net/arp", "proc/schedstat",
        ]
        let exporter = tree.exporter()
        for _ in 0..<6 {
            let expected = Self.samples(tree.exporter())
            #expect(expected.count > 100)
            #expect(Self.samples(exporter) == expected)
            for file in files where Bool.random(using: &generator) { try tree.changeLines(of: file, &generator) }
        }
    }

    /// All samples but those that differ from scrape to scrape, or are kept from going back.
    private static func samples(_ exporter: HostExporter) -> [String] {
        String(decoding: exporter.page(accept: nil).body, as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { line in
                ![
                    "#", "node_scrape_collector_duration", "node_time_seconds", "node_timex", "node_cpu_",
                    "node_filesystem_",
                ]
                .contains { line.hasPrefix($0) }
            }.sorted()
    }

    @Test("what a disk says of itself is read again when the kernel tells of another one under its name")
    func otherDisk() throws {
        let tree = try HostTree()
        let exporter = tree.exporter()
        func text() -> String { String(decoding: exporter.page(accept: nil).body, as: UTF8.self) }
        try tree.write("sys/block/vda/diskseq", "7\n")
        try tree.write("sys/block/vda/serial", "first\n")
        #expect(text().contains(#"serial="first""#))
        try tree.write("sys/block/vda/diskseq", "8\n")
        try tree.write("sys/block/vda/serial", "second\n")
        #expect(text().contains(#"serial="second""#))
        #expect(!text().contains(#"serial="first""#))
    }

    @Test("files that are torn, long or of another kind bring no crash", arguments: 0..<40)
    func hostileFiles(seed: Int) throws {
        let tree = try HostTree()
        var generator = SeededGenerator(seed: UInt64(seed))
        let files = [
            "proc/stat", "proc/meminfo", "proc/diskstats", "proc/1/mounts", "proc/1/net/dev", "proc/1/net/snmp",
            "proc/1/net/sockstat", "proc/1/net/softnet_stat", "proc/schedstat", "proc/1/net/stat/nf_conntrack",
            "proc/pressure/io", "proc/loadavg", "sys/class/net/eth0/flags", "proc/interrupts", "proc/77/stat",
            "proc/1/net/tcp", "sys/class/hwmon/hwmon0/temp1_input",
        ]
        let alphabet = Array("0123456789 \t\n:-.eExXcpu\\/\u{0}äkB=")
        for file in files {
            let length = Int.random(in: 0...200, using: &generator)
            let text = String((0..<length).map { _ in alphabet.randomElement(using: &generator) ?? " " })
            try tree.write(file, text)
        }
        #expect(tree.text().contains("node_exporter_build_info"))
    }
}
