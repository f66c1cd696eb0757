import ApusExporters
import ApusTestSupport
import Foundation
import Testing

@Suite("Names of the containers' metrics", .timeLimit(.minutes(5)))
struct ContainerNamesTests {
    /// Everything that a machine with all files of both versions and all details answers.
    private static func everything() async throws -> ExposedSamples {
        let tree = try ContainerTree()
        let id = ControlGroupTests.id
        try tree.addRecordedGroup(id: id, process: 17_363)
        let legacy = "sys/fs/cgroup"
        for file in ["io_service_bytes_recursive", "io_serviced_recursive"] {
            try tree.write("\(legacy)/blkio/docker/\(id)/blkio.throttle.\(file)", "8:0 Read 1\n8:0 Write 2\nTotal 3\n")
        }
        for (file, value) in [("usage_in_bytes", 1), ("max_usage_in_bytes", 2), ("failcnt", 3)] {
            try tree.write("\(legacy)/hugetlb/docker/\(id)/hugetlb.2MB.\(file)", "\(value)\n")
        }
        for table in ["tcp6", "udp", "udp6"] {
            try tree.write("proc/17363/net/\(table)", try SharedData.bytes("docker-api/proc/net_tcp.txt"))
        }
        try tree.write("root/mounts", "")
        try tree.write("proc/1/mounts", "/dev/sda1 \(tree.folder.path)/root ext4 rw 0 0\n")
        let engine = MadeEngine([.init(id: id, name: "web", pid: 17_363, health: "healthy")])
        let unified = try ContainerTree()
        try unified.addUnifiedGroup("/docker/\(id)", process: 40)
        var settings = ContainerSettings()
        settings.details = Set(ContainerDetail.allCases)
        var text = ""
        for (tree, engine) in [(tree, engine), (unified, MadeEngine([.init(id: id, name: "web", pid: 40)]))] {
            try await withExporter(tree, engine, settings: settings) { exporter, _ in
                text += await exporter.exposed().text
            }
        }
        return ExposedSamples(text: text)
    }

    /// What cAdvisor tells and Apus does not, with the reason.
    private static let leftOut: [(prefix: String, reason: String)] = [
        ("container_custom_app_metric", "an application's own metrics are scraped from it"),
        ("container_cpu_load", "needs the kernel's task statistics of version 1, off by default in cAdvisor too"),
        ("container_cpu_schedstat", "reads each thread of each process, off by default in cAdvisor too"),
        ("container_fs_io_cost", "told by one controller of version 2 that distributions leave off"),
        ("container_fs_io_", "counted for whole disks only, where the host exporter tells it"),
        ("container_fs_read_seconds", "as before"), ("container_fs_write_seconds", "as before"),
        ("container_fs_reads_merged", "as before"), ("container_fs_writes_merged", "as before"),
        ("container_fs_sector", "as before"), ("container_memory_migrate", "a setting, not a measurement"),
        ("container_memory_numa_pages", "off by default in cAdvisor too"),
        ("container_network_advance_tcp_stats", "off by default in cAdvisor too"),
        ("container_perf", "needs performance counters of the processor"),
        ("container_referenced_bytes", "resets the kernel's marks of pages, which disturbs what is measured"),
        ("container_llc", "needs the processor's cache monitoring"),
        ("container_memory_bandwidth", "needs the processor's cache monitoring"),
        ("machine_cpu_books", "mainframes only"), ("machine_cpu_drawers", "mainframes only"),
        ("machine_cpu_cache", "off by default in cAdvisor too"),
        ("machine_thread_siblings", "off by default in cAdvisor too"),
        ("machine_dimm", "needs a driver of error correction"), ("machine_nvm", "needs memory that keeps its content"),
        ("machine_node", "the host exporter tells memory by node"),
    ]

    @Test(
        "families of cAdvisor come with its types and labels",
        .enabled(if: SharedData.isPresent, "\(SharedData.absenceComment)"))
    func peer() async throws {
        let own = try await Self.everything()
        var missing: [String] = []
        for file in ["prometheus_metrics.prom", "prometheus_machine_metrics.prom"] {
            let text = try SharedData.text("expositions/cadvisor-testdata/\(file)")
                // Timestamps behind the values are not told.
                .split(separator: "\n").map { $0.hasSuffix(" 1395066363000") ? $0.dropLast(14) : $0 }
                .joined(separator: "\n")
            let peer = ExposedSamples(text: text)
            for (name, type) in peer.types where !Self.leftOut.contains(where: { name.hasPrefix($0.prefix) }) {
                guard let answered = own.types[name] else {
                    missing.append(name)
                    continue
                }
                #expect(answered == type, "\(name)")
                func labels(_ exposed: ExposedSamples) -> Set<String> {
                    Set(exposed.all(name).flatMap(\.labels.keys)).filter {
                        !$0.hasPrefix("container_env_") && !$0.hasPrefix("container_label_") && $0 != "zone_name"
                            && !["project", "service", "replica"].contains($0)
                    }
                }
                #expect(labels(own) == labels(peer), "\(name)")
            }
        }
        #expect(missing.sorted() == [])
    }

    /// Words of dashboards that begin like metrics and are none of cAdvisor's.
    private static let ofOthers: [String: String] = [
        "container_resource_requests": "of kube-state-metrics, after a prefix", "container_status_ready": "as before",
        "container_name": "a label", "container_label_org_label_schema_group": "a label",
        "container_state": "a label there",
        "container_memory_usage": "a text in a legend, without its unit",
    ]

    @Test(
        "every metric of containers in the dashboards is answered",
        .enabled(if: SharedData.isPresent, "\(SharedData.absenceComment)"))
    func dashboards() async throws {
        let own = try await Self.everything()
        var missing: Set<String> = []
        for file in try SharedData.files(in: "dashboards", endingWith: [".json"]) {
            let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            for match in text.matches(of: /\b(?:container|machine|cadvisor)_[a-z0-9_]+/) {
                let name = String(match.output)
                if own.types[name] == nil, Self.ofOthers[name] == nil { missing.insert(name) }
            }
        }
        #expect(missing.sorted() == [])
    }
}
