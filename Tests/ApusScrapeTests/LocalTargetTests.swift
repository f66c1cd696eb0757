import ApusClient
import ApusConfig
import ApusModel
import ApusScrape
import ApusTestSupport
import Logging
import Synchronization
import Testing

/// Answers with a text, once it is let.
private final class FakeTarget: LocalTarget {
    private struct State {
        var isStuck = false
        var note = ""
        var accepted: [String] = []
    }

    private let state = Mutex(State())

    func expose(accept: String) async -> LocalExposition {
        state.withLock { $0.accepted.append(accept) }
        while state.withLock({ $0.isStuck }) { try? await Task.sleep(for: .milliseconds(1)) }
        return LocalExposition(
            contentType: "text/plain; version=0.0.4", body: Array("a 1\n".utf8), note: state.withLock { $0.note })
    }

    func set(isStuck: Bool = false, note: String = "") {
        state.withLock {
            $0.isStuck = isStuck
            $0.note = note
        }
    }

    var accepted: [String] { state.withLock { $0.accepted } }
}

@Suite("Targets within the process", .timeLimit(.minutes(1)))
struct LocalTargetTests {
    private static let url = "http://127.0.0.1:1/metrics"
    private static let labels = #"{instance="127.0.0.1:1", job="j"}"#

    /// A manager whose one target is asked without a connection; nothing listens at its address.
    private static func withTarget(
        bodyLimit: Int64 = 0, _ body: (FakeTarget, ScrapeManager, MemoryStore) async throws -> Void
    ) async throws {
        let target = FakeTarget()
        let store = MemoryStore()
        let manager = try ScrapeManager(
            store: store, registry: MetricRegistry(),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), localTargets: [url: target])
        var job = ScrapeConfiguration(jobName: "j")
        job.scrapeInterval = 40
        job.scrapeTimeout = 20
        job.limits.bodySize = bodyLimit
        do {
            try await manager.apply([job])
            await manager.update(job: "j", groups: [TargetGroup(source: "s", addresses: ["127.0.0.1:1"])])
            try await body(target, manager, store)
        } catch {
            target.set()
            await manager.shutDown()
            throw error
        }
        target.set()
        await manager.shutDown()
    }

    private static func status(
        _ manager: ScrapeManager, where condition: (TargetStatus) -> Bool
    ) async throws -> TargetStatus {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            let status = try #require(await manager.targets().active.first).status
            if condition(status) || ContinuousClock.now > deadline { return status }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    @Test("they are scraped like others, without a connection; what they note is shown and is no failure")
    func scrape() async throws {
        try await Self.withTarget { target, manager, store in
            let up = try await Self.status(manager) { $0.health == .up }
            #expect(up.health == .up)
            #expect(up.lastError == "")
            #expect(store["a\(Self.labels)"].first?.value == 1)
            #expect(store["up\(Self.labels)"].first?.value == 1)
            #expect(target.accepted.first?.contains("application/openmetrics-text") == true)
            target.set(note: "there is no engine")
            let noted = try await Self.status(manager) { $0.lastError != "" }
            #expect(noted.health == .up)
            #expect(noted.lastError == "there is no engine")
            target.set()
            let quiet = try await Self.status(manager) { $0.lastError == "" }
            #expect(quiet.lastError == "")
        }
    }

    @Test("one that does not answer in time is down, is not asked again meanwhile, and comes back")
    func hang() async throws {
        try await Self.withTarget { target, manager, store in
            _ = try await Self.status(manager) { $0.health == .up }
            target.set(isStuck: true)
            let down = try await Self.status(manager) { $0.health == .down }
            #expect(down.lastError == "Get \"\(Self.url)\": context deadline exceeded")
            let asked = target.accepted.count
            let scrapes = store["up\(Self.labels)"].count
            while store["up\(Self.labels)"].count < scrapes + 3 { try await Task.sleep(for: .milliseconds(2)) }
            #expect(target.accepted.count <= asked + 1)
            target.set()
            let up = try await Self.status(manager) { $0.health == .up }
            #expect(up.health == .up)
        }
    }

    @Test("the job's limit of size holds for them too")
    func bodyLimit() async throws {
        try await Self.withTarget(bodyLimit: 3) { _, manager, _ in
            let down = try await Self.status(manager) { $0.health == .down }
            #expect(down.lastError.hasPrefix("body size limit exceeded"))
        }
    }
}
