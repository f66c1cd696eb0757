import ApusExporters
import ApusTestSupport
import Testing

@Suite("Control groups of containers", .timeLimit(.minutes(5)))
struct ControlGroupTests {
    static let id = String(repeating: "0123456789abcdef", count: 4)
    static let otherID = String(repeating: "fedcba9876543210", count: 4)

    @Test(
        "a recorded group of version 1, with version 2 beside it, is told in cAdvisor's units",
        .enabled(if: SharedData.isPresent, "\(SharedData.absenceComment)"))
    func recorded() async throws {
        let tree = try ContainerTree()
        try tree.addRecordedGroup(id: Self.id, process: 17_363)
        let engine = MadeEngine([.init(id: Self.id, name: "web", pid: 17_363)])
        var settings = ContainerSettings()
        settings.details = [.processors, .processes, .tasks, .tcp]
        try await withExporter(tree, engine, settings: settings) { exporter, _ in
            let exposed = await exporter.exposed()
            let group = ["id": "/docker/\(Self.id)", "name": "web", "image": "img:1"]
            let expected: [(String, [String: String], Double)] = [
                ("container_cpu_usage_seconds_total", ["cpu": "cpu00"], 0.073420369),
                ("container_cpu_usage_seconds_total", ["cpu": "cpu01"], 0.132787599),
                ("container_cpu_user_seconds_total", [:], 0.142096),
                ("container_cpu_system_seconds_total", [:], 0.064111),
                ("container_cpu_cfs_periods_total", [:], 21), ("container_cpu_cfs_throttled_seconds_total", [:], 0),
                ("container_spec_cpu_quota", [:], 50_000), ("container_spec_cpu_period", [:], 100_000),
                ("container_spec_cpu_shares", [:], 1_024),
                ("container_memory_usage_bytes", [:], 327_680), ("container_memory_working_set_bytes", [:], 327_680),
                ("container_memory_rss", [:], 57_344), ("container_memory_max_usage_bytes", [:], 3_817_472),
                ("container_memory_kernel_usage", [:], 270_336), ("container_memory_failcnt", [:], 0),
                ("container_memory_failures_total", ["failure_type": "pgfault", "scope": "container"], 6_226),
                ("container_spec_memory_limit_bytes", [:], 67_108_864),
                ("container_spec_memory_swap_limit_bytes", [:], 134_217_728),
                ("container_spec_memory_reservation_limit_bytes", [:], 0), ("container_oom_events_total", [:], 0),
                ("container_threads", [:], 1), ("container_threads_max", [:], 0), ("container_processes", [:], 1),
                ("container_ulimits_soft", ["ulimit": "max_open_files"], 20_000),
                ("container_tasks_state", ["state": "sleeping"], 1),
                ("container_pressure_cpu_waiting_seconds_total", [:], 0.166338),
                ("container_pressure_cpu_stalled_seconds_total", [:], 0.139908),
                ("container_network_receive_bytes_total", ["interface": "eth0"], 3_205),
                ("container_network_transmit_packets_total", ["interface": "eth0"], 28),
                ("container_network_tcp_usage_total", ["tcp_state": "listen"], 1),
                ("container_network_tcp_usage_total", ["tcp_state": "established"], 0),
                ("container_last_seen", [:], 1_700_000_100),
            ]
            for (name, labels, value) in expected {
                let told = exposed.value(name, labels.merging(group) { $1 })
                #expect(told == value, "\(name) \(labels)")
            }
            #expect(exposed.all("container_network_receive_bytes_total", group).count == 1, "lo is left out")
            #expect(exposed.value("container_scrape_error") == 0)
        }
    }

    @Test(
        "groups of version 2 are found by the engine's process, whatever the engine and its driver",
        arguments: [
            ("/docker/ID", ""), ("/system.slice/docker-ID.scope", ""), ("/system.slice/docker-ID.scope", "init.scope"),
            ("/machine.slice/libpod-ID.scope", "container"), ("/libpod_parent/libpod-ID", ""),
            ("/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod12_3.slice/cri-containerd-ID.scope", ""),
            ("/kubepods/burstable/pod7a-1/ID", ""), ("/default/ID", ""),
        ])
    func paths(pattern: String, child: String) async throws {
        let tree = try ContainerTree()
        let path = pattern.replacing("ID", with: Self.id)
        try tree.addUnifiedGroup(path, process: 40, in: child)
        // The monitor of the container has the same id in its name.
        try tree.addUnifiedGroup("/machine.slice/libpod-conmon-\(Self.otherID).scope", process: 41)
        try await withExporter(tree, MadeEngine([.init(id: Self.id, name: "web", pid: 40)])) { exporter, _ in
            let exposed = await exporter.exposed()
            let group = ["id": path, "name": "web"]
            #expect(exposed.value("container_cpu_usage_seconds_total", group.merging(["cpu": "total"]) { $1 }) == 5)
            #expect(exposed.value("container_network_receive_bytes_total", group) == 1_000)
            #expect(exposed.value("container_processes", group) == 1)
            #expect(exposed.all("container_last_seen").map { $0.labels["id"] }.sorted { $0! < $1! } == ["/", path])
        }
    }

    @Test("every file of version 2 is told")
    func unified() async throws {
        let tree = try ContainerTree()
        try tree.addUnifiedGroup("/docker/\(Self.id)", process: 40)
        try await withExporter(tree, MadeEngine([.init(id: Self.id, name: "web", pid: 40)])) { exporter, _ in
            let exposed = await exporter.exposed()
            let expected: [(String, [String: String], Double)] = [
                ("container_cpu_user_seconds_total", [:], 3), ("container_cpu_system_seconds_total", [:], 2),
                ("container_cpu_cfs_periods_total", [:], 40), ("container_cpu_cfs_throttled_periods_total", [:], 4),
                ("container_cpu_cfs_throttled_seconds_total", [:], 0.25),
                ("container_cpu_cfs_burst_periods_total", [:], 2),
                ("container_cpu_cfs_burst_seconds_total", [:], 0.001),
                ("container_spec_cpu_quota", [:], 150_000), ("container_spec_cpu_period", [:], 100_000),
                ("container_spec_cpu_shares", [:], 998),
                ("container_memory_usage_bytes", [:], 8_000_000),
                ("container_memory_working_set_bytes", [:], 5_500_000),
                ("container_memory_rss", [:], 1_000_000), ("container_memory_cache", [:], 6_000_000),
                ("container_memory_mapped_file", [:], 300_000), ("container_memory_swap", [:], 4_096),
                ("container_memory_kernel_usage", [:], 50_000), ("container_memory_max_usage_bytes", [:], 9_000_000),
                ("container_memory_total_active_file_bytes", [:], 3_500_000),
                ("container_memory_total_inactive_file_bytes", [:], 2_500_000),
                ("container_memory_file_dirty_bytes", [:], 4_000),
                ("container_memory_file_writeback_bytes", [:], 5_000),
                ("container_memory_pgscan_total", [:], 33), ("container_memory_pgsteal_total", [:], 34),
                ("container_memory_workingset_refault_anon_total", [:], 31),
                ("container_memory_workingset_refault_file_total", [:], 32),
                ("container_memory_events_high_total", [:], 3), ("container_memory_events_max_total", [:], 5),
                ("container_memory_failures_total", ["failure_type": "pgmajfault", "scope": "hierarchy"], 8),
                ("container_oom_events_total", [:], 1),
                ("container_spec_memory_limit_bytes", [:], 0),
                ("container_spec_memory_swap_limit_bytes", [:], 1_048_576),
                ("container_threads", [:], 6), ("container_threads_max", [:], 100),
                ("container_fs_reads_bytes_total", ["device": "/dev/sda"], 90_112),
                ("container_fs_writes_bytes_total", ["device": "/dev/sda"], 4_096),
                ("container_fs_reads_total", ["device": "/dev/sda"], 22),
                ("container_fs_writes_total", ["device": "/dev/sda"], 1),
                ("container_fs_reads_bytes_total", ["device": "7:3"], 1),
                (
                    "container_blkio_device_usage_total",
                    ["device": "/dev/sda", "major": "8", "minor": "0", "operation": "Discard"], 512
                ),
                ("container_pressure_cpu_waiting_seconds_total", [:], 2),
                ("container_pressure_cpu_stalled_seconds_total", [:], 1),
                ("container_pressure_memory_waiting_seconds_total", [:], 3e-6),
                ("container_pressure_io_stalled_seconds_total", [:], 4e-6),
                ("container_network_receive_packets_total", ["interface": "eth0"], 3),
                ("container_network_receive_errors_total", ["interface": "eth0"], 1),
                ("container_network_receive_packets_dropped_total", ["interface": "eth0"], 2),
                ("container_network_transmit_bytes_total", ["interface": "eth0"], 2_000),
                ("container_network_transmit_errors_total", ["interface": "eth0"], 6),
                ("container_network_transmit_packets_dropped_total", ["interface": "eth0"], 7),
            ]
            for (name, labels, value) in expected {
                #expect(exposed.value(name, labels.merging(["name": "web"]) { $1 }) == value, "\(name) \(labels)")
            }
        }
    }

    @Test("without an engine groups are found by their names and told by their ids")
    func strangers() async throws {
        let tree = try ContainerTree()
        try tree.addUnifiedGroup("/kubepods.slice/cri-containerd-\(Self.id).scope", process: 40)
        try tree.write(
            "proc/40/stat", "40 (a) b (c) S \(Array(repeating: "0", count: 18).joined(separator: " ")) 5000 0\n")
        try await withExporter(tree, nil) { exporter, _ in
            var exposed = await exporter.exposed()
            let group = ["id": "/kubepods.slice/cri-containerd-\(Self.id).scope", "name": "", "image": ""]
            #expect(exposed.value("container_memory_usage_bytes", group) == 8_000_000)
            #expect(exposed.value("container_network_receive_bytes_total", group) == 1_000)
            #expect(exposed.value("container_start_time_seconds", group) == 1_700_000_050)
            #expect(exposed.value("container_engine_up") == 0)
            // One that is new is there at the next scrape.
            try tree.addUnifiedGroup("/docker/\(Self.otherID)", process: 41)
            exposed = await exporter.exposed()
            #expect(exposed.all("container_memory_usage_bytes").count == 3)
        }
    }

    @Test("a container that ended before its engine told so is left out without an error")
    func vanished() async throws {
        let tree = try ContainerTree()
        try tree.addUnifiedGroup("/docker/\(Self.id)", process: 40)
        try tree.addUnifiedGroup("/docker/\(Self.otherID)", process: 41)
        let engine = MadeEngine([
            .init(id: Self.id, name: "web", pid: 40), .init(id: Self.otherID, name: "db", pid: 41),
        ])
        try await withExporter(tree, engine) { exporter, _ in
            #expect(await exporter.exposed().all("container_memory_usage_bytes").count == 3)
            try tree.remove("sys/fs/cgroup/docker/\(Self.id)")
            try tree.remove("proc/40")
            for _ in 0..<3 {
                let exposed = await exporter.exposed()
                #expect(exposed.all("container_memory_usage_bytes", ["name": "web"]).isEmpty)
                #expect(exposed.value("container_memory_usage_bytes", ["name": "db"]) == 8_000_000)
                #expect(exposed.value("container_scrape_error") == 0)
            }
        }
    }

    @Test("a file that is there but cannot be read is an error that leaves the rest as it is")
    func unreadable() async throws {
        let tree = try ContainerTree()
        try tree.addUnifiedGroup("/docker/\(Self.id)", process: 40)
        try tree.remove("sys/fs/cgroup/docker/\(Self.id)/memory.events")
        try tree.makeFolder("sys/fs/cgroup/docker/\(Self.id)/memory.events")
        try tree.remove("proc/meminfo")
        try await withExporter(tree, MadeEngine([.init(id: Self.id, name: "web", pid: 40)])) { exporter, _ in
            let exposed = await exporter.exposed()
            #expect(exposed.value("container_scrape_error") == 1)
            #expect(exposed.value("container_memory_usage_bytes", ["name": "web"]) == 8_000_000)
            #expect(exposed.value("container_network_receive_bytes_total", ["id": "/"]) == 11)
            #expect(exposed.value("machine_scrape_error") == 1)
        }
    }

    @Test("limits are read again when the engine tells that they were changed, and after a while")
    func limits() async throws {
        let tree = try ContainerTree()
        try tree.addUnifiedGroup("/docker/\(Self.id)", process: 40)
        let before = MadeEngine.Container(id: Self.id, name: "web", pid: 40)
        let engine = MadeEngine([before])
        try await withExporter(tree, engine) { exporter, directory in
            func limit() async -> Double? {
                await exporter.exposed().value("container_spec_memory_limit_bytes", ["name": "web"])
            }
            #expect(await limit() == 0)
            try tree.write("sys/fs/cgroup/docker/\(Self.id)/memory.max", "4096\n")
            #expect(await limit() == 0, "as read last")
            var after = before
            after.memory = 4_096
            engine.change([after])
            engine.send("update", after)
            while try #require(directory).containers.first?.limits.memory != 4_096 {
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(await limit() == 4_096)
        }
        var settings = ContainerSettings()
        settings.limitsInterval = 0
        try await withExporter(tree, nil, settings: settings) { exporter, _ in
            for limit in [1.0, 2] {
                try tree.write("sys/fs/cgroup/docker/\(Self.id)/memory.max", "\(Int(limit))\n")
                #expect(await exporter.exposed().value("container_spec_memory_limit_bytes") == limit)
            }
        }
    }

    @Test("a process of another machine with the same number is not taken for the container's")
    func foreignProcess() async throws {
        let tree = try ContainerTree()
        try tree.addUnifiedGroup("/docker/\(Self.id)", process: nil)
        try tree.write("proc/40/cgroup", "0::/user.slice/user-0.slice\n")
        try tree.write("proc/40/net/dev", ContainerTree.interfaces("eth9", received: 1, transmitted: 1))
        try await withExporter(tree, MadeEngine([.init(id: Self.id, name: "web", pid: 40)])) { exporter, _ in
            let exposed = await exporter.exposed()
            #expect(exposed.value("container_memory_usage_bytes", ["name": "web"]) == 8_000_000)
            #expect(exposed.all("container_network_receive_bytes_total", ["interface": "eth9"]).isEmpty)
        }
    }

    @Test("the network of the machine or of another container is not told again")
    func sharedNetwork() async throws {
        let tree = try ContainerTree()
        try tree.addUnifiedGroup("/docker/\(Self.id)", process: 40)
        let engine = MadeEngine([.init(id: Self.id, name: "web", pid: 40, networkMode: "host")])
        try await withExporter(tree, engine) { exporter, _ in
            let exposed = await exporter.exposed()
            #expect(exposed.all("container_network_receive_bytes_total").map { $0.labels["id"] } == ["/"])
        }
    }

    @Test("open files and sockets of all processes are counted where that is asked for")
    func openFiles() async throws {
        let tree = try ContainerTree()
        try tree.addUnifiedGroup("/docker/\(Self.id)", process: 40)
        try tree.link("proc/40/fd/0", to: "/dev/null")
        try tree.link("proc/40/fd/1", to: "socket:[77]")
        var settings = ContainerSettings()
        settings.details = [.processes, .udp]
        try tree.write(
            "proc/40/net/udp",
            """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
              1: 00000000:0044 00000000:0000 07 00000010:00000002 00:00000000 00000000     0        0 12 2 0000000000000000 9

            """)
        try await withExporter(tree, MadeEngine([.init(id: Self.id, name: "web", pid: 40)]), settings: settings) {
            exporter, _ in
            let exposed = await exporter.exposed()
            #expect(exposed.value("container_file_descriptors", ["name": "web"]) == 2)
            #expect(exposed.value("container_sockets", ["name": "web"]) == 1)
            let queues = ["listen": 1.0, "dropped": 9, "rxqueued": 2, "txqueued": 16]
            for (state, count) in queues {
                #expect(
                    exposed.value("container_network_udp_usage_total", ["name": "web", "udp_state": state]) == count)
            }
        }
    }

    @Test("files of any content leave a whole page", arguments: 0..<12)
    func hostile(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let tree = try ContainerTree()
        try tree.addUnifiedGroup("/docker/\(Self.id)", process: 40)
        let folder = "sys/fs/cgroup/docker/\(Self.id)"
        let words = [
            "18446744073709551615", "-1", "max", "99999999999999999999999", "8:0", "8:", ":", "usage_usec", "anon", "=",
            "rbytes=18446744073709551615", "total=18446744073709551615", "some", "\n", "\0", "é", "pgfault", " ",
            "eth0:",
        ]
        let files =
            [
                "cpu.stat", "cpu.max", "cpu.weight", "memory.current", "memory.stat", "memory.max", "io.stat",
                "cgroup.procs",
                "cpu.pressure", "pids.current", "memory.events",
            ].map { "\(folder)/\($0)" } + [
                "proc/40/net/dev", "proc/40/stat", "proc/40/limits", "proc/40/net/tcp", "proc/40/net/udp",
                "proc/40/cgroup", "proc/meminfo", "proc/diskstats", "proc/1/net/dev",
            ]
        for file in files {
            let text = (0..<Int.random(in: 0...40, using: &random))
                .map { _ in words[Int.random(in: 0..<words.count, using: &random)] }
                .joined(separator: Bool.random(using: &random) ? " " : "\n")
            try tree.write(file, text)
        }
        var settings = ContainerSettings()
        settings.details = Set(ContainerDetail.allCases)
        try await withExporter(tree, MadeEngine([.init(id: Self.id, name: "web", pid: 40)]), settings: settings) {
            exporter, _ in
            let exposed = await exporter.exposed()
            #expect(exposed.value("container_state", ["name": "web", "state": "running"]) == 1)
            #expect(exposed.value("container_scrape_error") != nil)
        }
    }
}
