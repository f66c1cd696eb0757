import ApusClient
import ApusConfig
import ApusModel
import ApusScrape
import ApusTestSupport
import Logging
import Testing

/// A manager, a server and a store; everything is shut down at the end.
private func withManager(
    _ text: String = "a 1\n",
    _ body: (ScrapeManager, LoopbackServer, MemoryStore, MetricRegistry) async throws -> Void
) async throws {
    let server = try LoopbackServer { _ in LoopbackServer.answer(text.utf8) }
    let store = MemoryStore()
    let registry = MetricRegistry()
    let manager = try ScrapeManager(
        store: store, registry: registry, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    do {
        try await body(manager, server, store, registry)
    } catch {
        await manager.shutDown()
        server.stop()
        throw error
    }
    await manager.shutDown()
    server.stop()
}

private func job(
    _ name: String = "j", interval: Int64 = 50, change: (inout ScrapeConfiguration) throws -> Void = { _ in }
) rethrows -> ScrapeConfiguration {
    var job = ScrapeConfiguration(jobName: name)
    job.scrapeInterval = interval
    job.scrapeTimeout = interval
    try change(&job)
    return job
}

private func group(_ server: LoopbackServer, labels: [Label] = []) -> TargetGroup {
    TargetGroup(source: "s", addresses: ["127.0.0.1:\(server.port)"], labels: LabelSet(labels))
}

/// Waits until `condition` holds; fails after ten seconds.
private func eventually(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while await !condition() {
        if ContinuousClock.now > deadline {
            Issue.record(what, sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ScrapeManagerTests {
    @Test("targets are scraped again and again, at aligned times, and shown")
    func scraping() async throws {
        try await withManager { manager, server, store, _ in
            try await manager.apply([job()])
            await manager.update(job: "j", groups: [group(server)])
            let series = "up{instance=\"127.0.0.1:\(server.port)\", job=\"j\"}"
            try await eventually("three scrapes") { store[series].count >= 3 }
            let snapshot = await manager.targets()
            let target = try #require(snapshot.active.first)
            #expect(target.scrapePool == "j")
            #expect(target.status.health == .up)
            #expect(target.target.url == server.url())
            #expect(snapshot.active.count == 1)
            let pools = await manager.scrapePools
            #expect(pools == ["j"])
            #expect(store[series].allSatisfy { $0.value == 1 })
        }
    }

    @Test("targets with the same labels and address are one; dropped ones are remembered up to the limit")
    func duplicatesAndDropped() async throws {
        try await withManager { manager, server, _, _ in
            let rule = try RelabelRule(action: .drop, sourceLabels: ["__meta_drop"], pattern: "yes")
            try await manager.apply([
                job(interval: 60_000) { job in
                    job.relabelRules = [rule]
                    job.limits.keptDroppedTargets = 1
                }
            ])
            let dropped = group(server, labels: [Label(name: "__meta_drop", value: "yes")])
            await manager.update(job: "j", groups: [group(server), group(server), dropped, dropped])
            let snapshot = await manager.targets()
            #expect(snapshot.active.count == 1)
            #expect(snapshot.dropped.count == 1)
            #expect(snapshot.droppedCounts == ["j": 2])
            #expect(snapshot.dropped.first?.discoveredLabels["__meta_drop"] == "yes")
        }
    }

    @Test("the series of a target that discovery no longer gives end with markers")
    func disappearance() async throws {
        try await withManager { manager, server, store, _ in
            try await manager.apply([job()])
            await manager.update(job: "j", groups: [group(server)])
            let series = "a{instance=\"127.0.0.1:\(server.port)\", job=\"j\"}"
            try await eventually("a scrape") { !store[series].isEmpty }
            await manager.update(job: "j", groups: [])
            try await eventually("a marker") {
                store[series].last.map { SpecialValue.isStaleMarker($0.value) } ?? false
            }
            let all = store.samples()
            #expect(
                all.values.allSatisfy { samples in samples.last.map { SpecialValue.isStaleMarker($0.value) } ?? false })
            let active = await manager.targets().active
            #expect(active.isEmpty)
        }
    }

    @Test(
        "a configuration that changes nothing leaves the loops alone; a changed one continues the targets without a marker"
    )
    func reload() async throws {
        // A scrape that fails for lack of time on a busy machine would end the series rightly.
        let patient: Int64 = 500
        try await withManager { manager, server, store, registry in
            try await manager.apply([job(interval: patient)])
            await manager.update(job: "j", groups: [group(server)])
            let series = "a{instance=\"127.0.0.1:\(server.port)\", job=\"j\"}"
            try await eventually("a scrape") { !store[series].isEmpty }
            let resolved = store.resolvedCount
            try await manager.apply([job(interval: patient)])
            let count = store[series].count
            try await eventually("further scrapes") { store[series].count >= count + 2 }
            #expect(store.resolvedCount == resolved)

            let changed = job(interval: patient) { $0.metricsPath = "/other" }
            try await manager.apply([changed])
            try await eventually("a scrape of the new path") { server.requests.last?.path == "/other" }
            let stored = store[series]
            #expect(!stored.contains { SpecialValue.isStaleMarker($0.value) })
            let text = String(decoding: registry.expose().body, as: UTF8.self)
            #expect(text.contains("prometheus_target_scrape_pool_reloads_total 1"))
        }
    }

    @Test("a configuration with an unusable certificate changes nothing")
    func atomicReload() async throws {
        try await withManager { manager, server, store, _ in
            try await manager.apply([job()])
            await manager.update(job: "j", groups: [group(server)])
            let broken = job("other") { $0.http.tls.authoritiesFile = "/nowhere/ca.pem" }
            await #expect(throws: (any Error).self) { try await manager.apply([broken]) }
            let pools = await manager.scrapePools
            #expect(pools == ["j"])
            let series = "up{instance=\"127.0.0.1:\(server.port)\", job=\"j\"}"
            let count = store[series].count
            try await eventually("further scrapes") { store[series].count >= count + 2 }
        }
    }

    @Test("more targets than the limit fail every scrape of the job and fetch nothing")
    func targetLimit() async throws {
        try await withManager { manager, server, store, _ in
            try await manager.apply([job { $0.limits.targets = 1 }])
            let other = group(server, labels: [Label(name: "x", value: "1")])
            await manager.update(job: "j", groups: [group(server), other])
            try await eventually("failures") {
                await manager.targets().active.allSatisfy {
                    $0.status.lastError == "target_limit exceeded (number of targets: 2, limit: 1)"
                }
            }
            #expect(server.requests.isEmpty)
            #expect(store.synthetic("up") == 0)
            await manager.update(job: "j", groups: [group(server)])
            try await eventually("a success") { await manager.targets().active.first?.status.health == .up }
        }
    }

    @Test("a slow target does not hold up others, and shutting down does not wait for it or call it down")
    func slowTarget() async throws {
        let slow = try LoopbackServer { _ in [.pause(milliseconds: 3_000)] }
        defer { slow.stop() }
        try await withManager { manager, server, store, _ in
            try await manager.apply([job("slow", interval: 2_000), job("quick")])
            await manager.update(job: "slow", groups: [group(slow)])
            await manager.update(job: "quick", groups: [group(server)])
            try await eventually("the slow request") { !slow.requests.isEmpty }
            let series = "up{instance=\"127.0.0.1:\(server.port)\", job=\"quick\"}"
            let count = store[series].count
            try await eventually("quick scrapes") { store[series].count >= count + 3 }
            let start = ContinuousClock.now
            await manager.shutDown()
            #expect(start.duration(to: .now) < .seconds(1.5))
            #expect(store["up{instance=\"127.0.0.1:\(slow.port)\", job=\"slow\"}"].isEmpty)
        }
    }

    @Test("running ends when its task is cancelled, and with it all scraping")
    func running() async throws {
        try await withManager { manager, server, store, _ in
            try await manager.apply([job()])
            await manager.update(job: "j", groups: [group(server)])
            let run = Task { await manager.run() }
            try await eventually("a scrape") { store.batchCount > 0 }
            run.cancel()
            await run.value
            let count = store.batchCount
            try await Task.sleep(for: .milliseconds(150))
            #expect(store.batchCount == count)
        }
    }

    @Test("families are given with the labels of their targets")
    func families() async throws {
        try await withManager("# HELP a Help.\n# TYPE a gauge\na 1\n") { manager, server, _, _ in
            try await manager.apply([job()])
            await manager.update(job: "j", groups: [group(server)])
            try await eventually("metadata") { await !manager.families().isEmpty }
            let family = try #require(await manager.families().first)
            #expect(family.family.family == "a")
            #expect(family.family.metadata == MetricMetadata(type: .gauge, help: "Help."))
            #expect(family.target["job"] == "j")
        }
    }
}
