import ApusClient
import ApusConfig
import ApusDiscovery
import ApusModel
import ApusTestSupport
import Foundation
import Synchronization
import Testing

@Suite("File discovery")
struct FileTests {
    private func write(_ text: String, to name: String, in folder: TemporaryFolder) throws {
        // As a whole, under a new inode, as careful writers do.
        try Data(text.utf8).write(to: folder.url.appendingPathComponent(name), options: .atomic)
    }

    private func addresses(_ watch: FileWatch) -> [String] {
        watch.groups.flatMap { group in group.targets.compactMap { $0["__address__"] } }
    }

    @Test("files that match are read, JSON and YAML, and carry their name")
    func reading() throws {
        let folder = try TemporaryFolder()
        try write("- targets: [a:1]\n  labels: {x: y}\n", to: "1.yml", in: folder)
        try write(#"[{"targets": ["b:1", "c:1"], "labels": {"k": "v"}}]"#, to: "2.json", in: folder)
        try write("- targets: [no:1]", to: "3.txt", in: folder)
        var watch = FileWatch(patterns: ["\(folder.path)/*.yml", "\(folder.path)/*.json"])
        let look1 = watch.look()
        #expect(look1 == FileWatch.Findings(hasChanged: true, failures: []))
        #expect(addresses(watch) == ["a:1", "b:1", "c:1"])
        #expect(watch.groups.first?.labels["x"] == "y")
        #expect(watch.groups.first?.labels["__meta_filepath"] == "\(folder.path)/1.yml")
        #expect(watch.groups.first?.source == "\(folder.path)/1.yml:0")
        let look2 = watch.look()
        #expect(look2 == FileWatch.Findings(hasChanged: false, failures: []))
    }

    @Test("changes, new files and files that are gone are seen at the next look")
    func changes() throws {
        let folder = try TemporaryFolder()
        var watch = FileWatch(patterns: ["\(folder.path)/*.yml"])
        let look3 = watch.look()
        #expect(look3.hasChanged)
        #expect(addresses(watch).isEmpty)
        try write("- targets: [a:1]", to: "1.yml", in: folder)
        let look4 = watch.look()
        #expect(look4.hasChanged)
        try write("- targets: [a:2]", to: "1.yml", in: folder)
        try write("- targets: [b:1]", to: "2.yml", in: folder)
        let look5 = watch.look()
        #expect(look5.hasChanged)
        #expect(addresses(watch) == ["a:2", "b:1"])
        // The same content again is no change.
        try write("- targets: [b:1]", to: "2.yml", in: folder)
        let look6 = watch.look()
        #expect(!look6.hasChanged)
        try FileManager.default.removeItem(atPath: "\(folder.path)/1.yml")
        let look7 = watch.look()
        #expect(look7.hasChanged)
        #expect(addresses(watch) == ["b:1"])
    }

    @Test("a file that becomes bad keeps what it gave, and is told once per change")
    func lastGood() throws {
        let folder = try TemporaryFolder()
        try write("- targets: [a:1]", to: "1.yml", in: folder)
        var watch = FileWatch(patterns: ["\(folder.path)/*.yml"])
        _ = watch.look()
        try write("- targets: [b:1\n", to: "1.yml", in: folder)
        let findings = watch.look()
        #expect(!findings.hasChanged)
        #expect(findings.failures.map(\.source) == ["\(folder.path)/1.yml"])
        #expect(findings.failures.first?.reason.contains("1.yml:2:1") == true, "\(findings.failures)")
        #expect(addresses(watch) == ["a:1"])
        let look8 = watch.look()
        #expect(look8.failures.isEmpty)
        let look9 = watch.look(readsAll: true)
        #expect(look9.failures.count == 1)
        try write("- targets: [c:1]", to: "1.yml", in: folder)
        let look10 = watch.look()
        #expect(look10 == FileWatch.Findings(hasChanged: true, failures: []))
        #expect(addresses(watch) == ["c:1"])
    }

    @Test("one bad file does not hide the others; one too large is refused")
    func mixed() throws {
        let folder = try TemporaryFolder()
        try write("- targets: [a:1]", to: "1.yml", in: folder)
        try write("- target: [a:1]", to: "2.yml", in: folder)
        try write("- targets: [\"\(String(repeating: "x", count: 2_000))\"]", to: "3.yml", in: folder)
        var limits = YAMLLimits.standard
        limits.bytes = 1_000
        var watch = FileWatch(patterns: ["\(folder.path)/*.yml"], limits: limits)
        let findings = watch.look()
        #expect(addresses(watch) == ["a:1"])
        #expect(findings.failures.count == 2)
        #expect(findings.failures.first?.reason.contains("did you mean targets?") == true)
    }

    @Test("the discoverer tells first findings, changes and failures, and counts failures")
    func discoverer() async throws {
        let folder = try TemporaryFolder()
        try write("- targets: [a:1]", to: "1.yml", in: folder)
        let registry = MetricRegistry()
        let metrics = try DiscoveryMetrics(registry: registry)
        let round = Atomic(0)
        let configuration = FileDiscoveryConfiguration(patterns: ["\(folder.path)/*.yml"], refreshInterval: 60_000)
        let discoverer = FileDiscoverer(configuration, metrics: metrics) { milliseconds in
            #expect(milliseconds == 2_000)
            switch round.add(1, ordering: .sequentiallyConsistent).newValue {
            case 1: break
            case 2: try Data("- [".utf8).write(to: folder.url.appendingPathComponent("1.yml"), options: .atomic)
            case 3:
                try Data("- targets: [b:1]".utf8).write(
                    to: folder.url.appendingPathComponent("1.yml"), options: .atomic)
            default: throw CancellationError()
            }
        }
        let events = Mutex<[DiscoveryEvent]>([])
        await discoverer.run { event in events.withLock { $0.append(event) } }
        let seen = events.withLock { $0 }
        try #require(seen.count == 3, "\(seen)")
        guard case .groups = seen[0], case .failure = seen[1], case .groups(let last) = seen[2] else {
            Issue.record("\(seen)")
            return
        }
        #expect(last.first?.targets.first?["__address__"] == "b:1")
    }
}
