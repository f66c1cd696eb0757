import ApusExporters
import ApusTestSupport
import Testing

@Suite("Host exporter")
struct HostExporterTests {
    private static func families(_ text: String) -> [String: String] {
        var types: [String: String] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("# TYPE ") {
            let words = line.split(separator: " ")
            types[String(words[2])] = String(words[3])
        }
        return types
    }

    /// Not told by Apus: what needs a call that has no file (the clock's discipline), another system, or its own program's settings.
    private static let leftOut: Set<String> = [
        "node_filesystem_mount_info", "node_filesystem_purgeable_bytes", "node_network_receive_nohandler_total",
        "node_textfile_scrape_error",
        // Only interfaces with a carrier that says so have it.
        "node_network_speed_bytes",
    ]

    @Test(
        "families of node-exporter that this machine has come with the same types",
        .enabled(if: SharedData.isPresent, "\(SharedData.absenceComment)"))
    func namesAndTypes() throws {
        let page = HostExporter(version: "test").page(accept: nil)
        let own = Self.families(String(decoding: page.body, as: UTF8.self))
        let peer = Self.families(try SharedData.text("expositions/node-exporter-1.11.1.prom"))
        var missing: [String] = []
        for (name, type) in peer where name.hasPrefix("node_") {
            guard let answered = own[name] else {
                missing.append(name)
                continue
            }
            #expect(answered == type, "\(name)")
        }
        missing.removeAll { name in
            Self.leftOut.contains(name)
                || ["node_timex_", "node_nf_", "node_memory_", "node_netstat_"].contains { name.hasPrefix($0) }
        }
        #expect(missing.sorted() == [])
    }

    @Test("a collector whose files are not there fails alone and says so")
    func failures() throws {
        let folder = try TemporaryFolder()
        let paths = HostPaths(procfs: folder.path, sysfs: folder.path, rootfs: folder.path)
        let text = String(decoding: HostExporter(paths: paths, version: "test").page(accept: nil).body, as: UTF8.self)
        #expect(text.contains("node_scrape_collector_success{collector=\"cpu\"} 0\n"))
        #expect(text.contains("node_scrape_collector_success{collector=\"time\"} 1\n"))
    }
}
