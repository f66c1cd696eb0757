import ApusExporters
import ApusTestSupport
import Testing

@Suite("Container exporter", .timeLimit(.minutes(5)))
struct ContainerExporterTests {
    private static let id = ControlGroupTests.id
    private static let otherID = ControlGroupTests.otherID

    // MARK: Labels

    @Test("all containers have the union of label names, sanitized, and who they are across their lives")
    func labels() async throws {
        let tree = try ContainerTree()
        try tree.addUnifiedGroup("/docker/\(Self.id)", process: 40)
        try tree.addUnifiedGroup("/docker/\(Self.otherID)", process: 41)
        let engine = MadeEngine([
            .init(
                id: Self.id, name: "web", pid: 40,
                labels: [
                    "com.docker.compose.project": "shop", "com.docker.compose.service": "api",
                    "com.docker.compose.container-number": "2", "com.docker.compose.config-hash": "c0ffee",
                    "a.b": "first", "a-b": "second", "quoted": #"say \"hi\""#, "한글": "값",
                ]),
            .init(id: Self.otherID, name: "db", pid: 41, labels: ["only.db": "1"]),
        ])
        try await withExporter(tree, engine) { exporter, _ in
            let exposed = await exporter.exposed()
            let web = try #require(exposed.all("container_memory_usage_bytes", ["name": "web"]).first?.labels)
            #expect(
                web == [
                    "id": "/docker/\(Self.id)", "name": "web", "image": "img:1", "project": "shop", "service": "api",
                    "replica": "2", "container_label_com_docker_compose_project": "shop",
                    "container_label_com_docker_compose_service": "api",
                    "container_label_com_docker_compose_container_number": "2",
                    // "a-b" comes before "a.b".
                    "container_label_a_b": "second", "container_label_quoted": #"say "hi""#, "container_label___": "값",
                    "container_label_only_db": "",
                ])
            let db = try #require(exposed.all("container_memory_usage_bytes", ["name": "db"]).first?.labels)
            #expect(db["container_label_only_db"] == "1")
            #expect(db["container_label_com_docker_compose_project"] == "")
            #expect(db["project"] == nil)
        }
    }

    @Test("labels are allowed, denied, cut and limited by settings")
    func labelSettings() async throws {
        let tree = try ContainerTree()
        try tree.addUnifiedGroup("/docker/\(Self.id)", process: 40)
        let engine = MadeEngine([
            .init(id: Self.id, name: "web", pid: 40, labels: ["a": "äääää", "b": "2", "c": "3", "d": "4"])
        ])
        var settings = ContainerSettings()
        settings.allowedLabels = ["a", "b", "c"]
        settings.deniedLabels = ["b"]
        settings.maximumLabelValue = 5
        func names(_ exposed: ExposedSamples) -> [String: String] {
            (exposed.all("container_memory_usage_bytes", ["name": "web"]).first?.labels ?? [:])
                .filter { $0.key.hasPrefix("container_label_") }
        }
        try await withExporter(tree, engine, settings: settings) { exporter, _ in
            // Five bytes end within the third letter.
            #expect(names(await exporter.exposed()) == ["container_label_a": "ää", "container_label_c": "3"])
        }
        settings.maximumLabelNames = 1
        try await withExporter(tree, engine, settings: settings) { exporter, _ in
            #expect(names(await exporter.exposed()) == ["container_label_a": "ää"])
        }
    }

    // MARK: State

    @Test("state, health, restarts, exit codes and image facts are told, also of containers that do not run")
    func states() async throws {
        let tree = try ContainerTree()
        try tree.addUnifiedGroup("/docker/\(Self.id)", process: 40)
        let engine = MadeEngine([
            .init(id: Self.id, name: "web", pid: 40, health: "starting", restarts: 3),
            .init(id: Self.otherID, name: "job", state: "exited", exitCode: 137, wasOutOfMemory: true),
        ])
        try await withExporter(tree, engine) { exporter, _ in
            let exposed = await exporter.exposed()
            let expected: [(String, [String: String], Double?)] = [
                ("container_state", ["name": "web", "state": "running"], 1),
                ("container_state", ["name": "web", "state": "exited"], 0),
                ("container_state", ["name": "job", "state": "exited"], 1),
                ("container_state", ["name": "job", "state": "running"], 0),
                ("container_health_state", ["name": "web"], 0), ("container_health_state", ["name": "job"], nil),
                ("container_health_status", ["name": "web", "status": "starting"], 1),
                ("container_health_status", ["name": "web", "status": "healthy"], 0),
                ("container_restarts_total", ["name": "web"], 3),
                ("container_exit_code", ["name": "web"], nil), ("container_exit_code", ["name": "job"], 137),
                ("container_oom_killed", ["name": "job"], 1), ("container_oom_killed", ["name": "web"], 0),
                ("container_image_size_bytes", ["name": "web"], 5_000),
                ("container_image_created_seconds", ["name": "job"], 1_600_000_000),
                ("container_start_time_seconds", ["name": "web"], 1_767_312_000.5),
                ("container_start_time_seconds", ["name": "job"], nil),
                ("container_creation_time_seconds", ["name": "job"], 1_767_225_600),
                ("container_last_seen", ["name": "job"], nil), ("container_memory_usage_bytes", ["name": "job"], nil),
                ("container_info", ["name": "web", "image_id": "sha256:aa", "container_id": Self.id], 1),
                ("container_engine_up", [:], 1),
                ("container_engine_info", ["version": "28.5.2", "api_version": "1.51"], 1),
                ("cadvisor_version_info", ["cadvisorVersion": "test", "dockerVersion": "28.5.2"], 1),
            ]
            for (name, labels, value) in expected {
                #expect(exposed.value(name, labels) == value, "\(name) \(labels)")
            }
        }
    }

    @Test(
        "a health check that succeeds is 1, and no health check -1",
        arguments: [("healthy", 1.0), (nil, -1), ("unhealthy", 0)])
    func health(status: String?, value: Double) async throws {
        let tree = try ContainerTree()
        let engine = MadeEngine([.init(id: Self.id, name: "web", pid: 40, health: status)])
        try await withExporter(tree, engine) { exporter, _ in
            #expect(await exporter.exposed().value("container_health_state") == value)
        }
    }

    @Test("a container has one id in all of its series, also while it does not run")
    func stopped() async throws {
        let tree = try ContainerTree()
        try tree.addUnifiedGroup("/system.slice/docker-\(Self.id).scope", process: 40)
        var container = MadeEngine.Container(id: Self.id, name: "web", pid: 40)
        let other = MadeEngine.Container(id: Self.otherID, name: "job", state: "exited")
        let engine = MadeEngine([container, other])
        try await withExporter(tree, engine) { exporter, directory in
            var exposed = await exporter.exposed()
            let path = "/system.slice/docker-\(Self.id).scope"
            #expect(Set(exposed.all("container_state", ["name": "web"]).map { $0.labels["id"] }) == [path])
            #expect(
                exposed.all("container_state", ["name": "job"])[0].labels["id"]
                    == path.replacing(Self.id, with: Self.otherID))
            container.state = "exited"
            container.wasOutOfMemory = true
            engine.change([container, other])
            try tree.remove("sys/fs/cgroup\(path)")
            engine.send("oom", container)
            engine.send("die", container)
            while try #require(directory).log.events().count < 2 { try await Task.sleep(for: .milliseconds(1)) }
            exposed = await exporter.exposed()
            #expect(Set(exposed.all("container_state", ["name": "web"]).map { $0.labels["id"] }) == [path])
            #expect(exposed.value("container_oom_events_total", ["name": "web", "id": path]) == 1)
        }
    }

    @Test("what happens is counted from zero under a name that outlives the container, and kept as events")
    func events() async throws {
        let tree = try ContainerTree()
        let labels = ["com.docker.compose.project": "shop", "com.docker.compose.service": "api"]
        let attributes =
            ",\"com.docker.compose.project\":\"shop\",\"com.docker.compose.service\":\"api\",\"exitCode\":\"9\""
        let first = MadeEngine.Container(id: Self.id, name: "web", pid: 40, labels: labels)
        let engine = MadeEngine([first])
        try await withExporter(tree, engine) { exporter, directory in
            let directory = try #require(directory)
            let died = ["name": "web", "action": "die", "project": "shop", "service": "api"]
            #expect(await exporter.exposed().value("container_events_total", died) == 0)
            let second = MadeEngine.Container(id: Self.otherID, name: "web", pid: 41, labels: labels)
            engine.change([second])
            engine.send("oom", first, attributes: attributes)
            engine.send("die", first, attributes: attributes)
            engine.send("destroy", first, attributes: attributes)
            engine.send("start", second, attributes: attributes)
            engine.send("die", second, attributes: attributes)
            while directory.log.events().count < 5 { try await Task.sleep(for: .milliseconds(1)) }
            let exposed = await exporter.exposed()
            #expect(exposed.value("container_events_total", died) == 2)
            #expect(exposed.value("container_events_total", ["name": "web", "action": "oom"]) == 1)
            #expect(exposed.value("container_events_total", ["name": "web", "action": "start"]) == 1)
            let last = try #require(directory.log.events().last)
            #expect(last.exitCode == 9 && last.identity == ContainerIdentity(project: "shop", service: "api"))
        }
    }

    @Test("an engine that stops answering leaves names and use, but no states")
    func engineStops() async throws {
        let tree = try ContainerTree()
        try tree.addUnifiedGroup("/docker/\(Self.id)", process: 40)
        let engine = MadeEngine([.init(id: Self.id, name: "web", pid: 40)])
        try await withExporter(tree, engine) { exporter, directory in
            let directory = try #require(directory)
            engine.stop()
            while directory.isConnected { try await Task.sleep(for: .milliseconds(1)) }
            let exposed = await exporter.exposed()
            #expect(exposed.value("container_engine_up") == 0)
            #expect(exposed.value("container_memory_usage_bytes", ["name": "web"]) == 8_000_000)
            #expect(exposed.all("container_state").isEmpty)
            #expect(directory.failure != nil)
        }
    }

    @Test("the engine measures the containers' own files where that is asked for")
    func sizes() async throws {
        let tree = try ContainerTree()
        let engine = MadeEngine([.init(id: Self.id, name: "web", state: "exited")])
        try await withExporter(tree, engine) { exporter, _ in
            #expect(await exporter.exposed().all("container_fs_usage_bytes", ["name": "web"]).isEmpty)
        }
        var settings = ContainerSettings()
        settings.sizeInterval = 60_000
        try await withExporter(tree, engine, settings: settings) { exporter, _ in
            var sizes: [ExposedSamples.Sample] = []
            while sizes.isEmpty {
                try await Task.sleep(for: .milliseconds(1))
                sizes = await exporter.exposed().all("container_fs_usage_bytes", ["name": "web"])
            }
            #expect(sizes.map(\.value) == [77])
        }
    }

    // MARK: Without control groups

    @Test(
        "where groups are not to be seen the engine's own measurements are told",
        .enabled(if: SharedData.isPresent, "\(SharedData.absenceComment)"),
        arguments: [("engine-20.10", 53_248.0), ("engine-28.5", 57_344)])
    func statistics(folder: String, resident: Double) async throws {
        let tree = try ContainerTree()
        let engine = MadeEngine([.init(id: Self.id, name: "web", pid: 40, memory: 67_108_864)])
        engine.answerStatistics(of: Self.id, try SharedData.text("docker-api/\(folder)/stats-oneshot.json"))
        try await withExporter(tree, engine) { exporter, _ in
            let exposed = await exporter.exposed()
            let group = ["id": "/docker/\(Self.id)", "name": "web"]
            #expect(exposed.value("container_cpu_usage_seconds_total", group.merging(["cpu": "total"]) { $1 }) ?? 0 > 0)
            #expect(exposed.value("container_memory_usage_bytes", group) ?? 0 > 100_000)
            #expect(exposed.value("container_memory_rss", group) == resident)
            #expect(exposed.value("container_threads", group) == 1)
            #expect(exposed.value("container_spec_memory_limit_bytes", group) == 67_108_864)
            #expect(exposed.value("container_spec_cpu_quota", group) == 50_000)
            #expect(exposed.value("container_cpu_cfs_periods_total", group) ?? -1 >= 0)
            #expect(exposed.value("container_network_receive_bytes_total", group) ?? 0 > 0)
            #expect(exposed.value("container_last_seen", group) != nil)
            #expect(exposed.value("container_exporter_unmeasured_containers") == 0)
        }
    }

    @Test("a container that the engine does not measure in time holds up nobody for longer")
    func slowStatistics() async throws {
        let tree = try ContainerTree()
        let engine = MadeEngine([
            .init(id: Self.id, name: "web", pid: 40), .init(id: Self.otherID, name: "slow", pid: 41),
        ])
        let answer =
            #"{"cpu_stats": {"cpu_usage": {"total_usage": 7000000000}, "system_cpu_usage": 1}, "memory_stats": {"usage": 5}}"#
        engine.answerStatistics(of: Self.id, answer)
        engine.answerStatistics(of: Self.otherID, answer, after: 60_000)
        var settings = ContainerSettings()
        settings.statisticsTimeout = 100
        settings.statisticsParallelism = 2
        try await withExporter(tree, engine, settings: settings) { exporter, _ in
            let start = ContinuousClock.now
            let exposed = await exporter.exposed()
            #expect(start.duration(to: .now) < .seconds(20))
            #expect(exposed.value("container_cpu_usage_seconds_total", ["name": "web"]) == 7)
            #expect(exposed.all("container_cpu_usage_seconds_total", ["name": "slow"]).isEmpty)
            #expect(exposed.value("container_exporter_unmeasured_containers") == 1)
        }
    }

    // MARK: Limits and formats

    @Test("containers beyond the limit are only counted")
    func limit() async throws {
        let tree = try ContainerTree()
        var containers: [MadeEngine.Container] = []
        for index in 10..<16 {
            let id = String(repeating: "\(index)", count: 32)
            try tree.addUnifiedGroup("/docker/\(id)", process: index)
            containers.append(.init(id: id, name: "c\(index)", pid: index))
        }
        var settings = ContainerSettings()
        settings.maximumContainers = 4
        try await withExporter(tree, MadeEngine(containers), settings: settings) { exporter, _ in
            let exposed = await exporter.exposed()
            #expect(exposed.all("container_memory_usage_bytes").count == 5, "four, and the machine")
            #expect(exposed.value("container_exporter_left_out_containers") == 2)
        }
        try await withExporter(tree, nil, settings: settings) { exporter, _ in
            let exposed = await exporter.exposed()
            #expect(exposed.all("container_memory_usage_bytes").count == 5)
            #expect(exposed.value("container_exporter_left_out_containers") ?? 0 > 0)
        }
    }

    @Test("the machine is told in cAdvisor's words")
    func machine() async throws {
        let tree = try ContainerTree()
        try await withExporter(tree, nil) { exporter, _ in
            let exposed = await exporter.exposed()
            let machine = ["boot_id": "boot", "machine_id": "machine", "system_uuid": ""]
            #expect(exposed.value("machine_cpu_cores", machine) == 2)
            #expect(exposed.value("machine_cpu_physical_cores", machine) == 1)
            #expect(exposed.value("machine_cpu_sockets", machine) == 1)
            #expect(exposed.value("machine_memory_bytes", machine) == 2_097_152)
            #expect(exposed.value("machine_swap_bytes", machine) == 65_536)
            #expect(exposed.value("container_network_receive_bytes_total", ["id": "/"]) == 11)
            #expect(exposed.value("container_memory_usage_bytes", ["id": "/"]) == 1_048_576)
            #expect(exposed.value("container_start_time_seconds", ["id": "/"]) == 1_700_000_000)
        }
    }

    @Test("a counter whose name does not say so keeps its name in OpenMetrics")
    func openMetrics() async throws {
        let tree = try ContainerTree()
        try tree.write("sys/fs/cgroup/memory/docker/\(Self.id)/memory.usage_in_bytes", "5\n")
        try tree.write("sys/fs/cgroup/memory/docker/\(Self.id)/memory.failcnt", "3\n")
        try await withExporter(tree, nil) { exporter, _ in
            let page = await exporter.expose(accept: "application/openmetrics-text; version=1.0.0")
            let exposed = ExposedSamples(page)
            #expect(exposed.value("container_memory_failcnt", ["id": "/docker/\(Self.id)"]) == 3)
            #expect(exposed.text.hasSuffix("# EOF\n"))
            #expect(await exporter.exposed().types["container_memory_failcnt"] == "counter")
        }
    }
}
