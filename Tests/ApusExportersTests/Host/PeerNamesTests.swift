import ApusExporters
import ApusTestSupport
import Foundation
import Testing

/// The names by which dashboards know a host.
@Suite("Names of the host's metrics", .enabled(if: SharedData.isPresent, "\(SharedData.absenceComment)"))
struct PeerNamesTests {
    private struct Family: Equatable {
        var type = ""
        var help = ""
    }

    private static func families(_ text: String) -> [String: Family] {
        var families: [String: Family] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("# ") {
            let words = line.split(separator: " ", maxSplits: 3)
            guard words.count == 4 else { continue }
            if words[1] == "TYPE" { families[String(words[2]), default: Family()].type = String(words[3]) }
            if words[1] == "HELP" { families[String(words[2]), default: Family()].help = String(words[3]) }
        }
        return families
    }

    private static func peer() throws -> [String: Family] {
        families(try SharedData.text("expositions/node-exporter-1.11.1.prom")).filter { $0.key.hasPrefix("node_") }
    }

    /// What the dashboard asks for and this exporter does not answer, and why.
    private static let unanswered: [String: [String]] = [
        // node-exporter has it only when it is told to, and asks another program for it.
        "systemd": [
            "node_systemd_socket_accepted_connections_total", "node_systemd_socket_current_connections",
            "node_systemd_socket_refused_connections_total", "node_systemd_units",
        ],
        // About files that other programs write for node-exporter.
        "other programs": ["node_textfile_scrape_error"],
        // No node-exporter has the name; it is node_kernel_hung_tasks_total.
        "misspelt": ["node_kernel_hung_tasks"],
    ]

    @Test("of the names in the dashboard Node Exporter Full all are answered that the files of a machine tell")
    func dashboard() throws {
        let text = try SharedData.text("dashboards/rfmoz-node-exporter-full.json")
        var names: Set<String> = []
        for match in text.matches(of: /\bnode_[A-Za-z0-9_]+/) { names.insert(String(match.output)) }
        names.remove("node_exporter")
        #expect(names.count == 224)
        let tree = try HostTree()
        let answered = Set(Self.families(tree.text()).keys)
        let missing = names.subtracting(answered)
        #expect(missing.sorted() == Self.unanswered.values.joined().sorted())
    }

    /// Families of the peer's that a made host has no source for, and why.
    private static let leftOut: Set<String> = [
        // Only systems with that notion have it; on Linux it is 0.
        "node_filesystem_purgeable_bytes",
        // The mount table with its device numbers, of which sizes say what dashboards want.
        "node_filesystem_mount_info",
        // About files that other programs write for node-exporter.
        "node_textfile_scrape_error",
    ]

    @Test("families that node-exporter has too have its type and help")
    func typesAndHelp() throws {
        let tree = try HostTree()
        var own = Self.families(HostExporter(version: "test").text)
        own.merge(Self.families(tree.text())) { _, made in made }
        var missing: [String] = []
        for (name, family) in try Self.peer() {
            guard let answered = own[name] else {
                missing.append(name)
                continue
            }
            #expect(answered.type == family.type, "\(name)")
            #expect(answered.help == family.help, "\(name)")
        }
        // Fields that the made host's kernel does not have are the kernel's affair.
        let kernel = ["node_memory_", "node_netstat_", "node_network_", "node_sockstat_", "node_nf_conntrack_stat_"]
        missing.removeAll { name in Self.leftOut.contains(name) || kernel.contains { name.hasPrefix($0) } }
        #expect(missing.sorted() == [])
    }
}

extension HostExporter {
    fileprivate var text: String { String(decoding: page(accept: nil).body, as: UTF8.self) }
}
