import ApusClient
import ApusConfig
import ApusDiscovery
import ApusModel
import ApusTestSupport
import Synchronization
import Testing

/// A discoverer that tells what a test hands it.
private struct ScriptedDiscoverer: Discoverer {
    let events: AsyncStream<DiscoveryEvent>
    let ended: @Sendable () -> Void

    func run(report: @escaping @Sendable (DiscoveryEvent) async -> Void) async {
        for await event in events { await report(event) }
        ended()
    }
}

/// Makes scripted discoverers for DNS sections, found again by their first name.
private final class Script: Sendable {
    private let inputs = Mutex<[String: AsyncStream<DiscoveryEvent>.Continuation]>([:])
    private let starts = Mutex<[String]>([])
    private let ends = Mutex<[String]>([])

    var started: [String] { starts.withLock { $0 } }
    var ended: [String] { ends.withLock { $0 } }

    func make(_ configuration: DiscoveryConfiguration) -> (any Discoverer)? {
        switch configuration {
        case .fixed(let groups), .answering(let groups): return StaticDiscoverer(groups)
        case .dns(let dns):
            let name = dns.names.first ?? ""
            let (stream, input) = AsyncStream<DiscoveryEvent>.makeStream()
            inputs.withLock { $0[name] = input }
            starts.withLock { $0.append(name) }
            return ScriptedDiscoverer(events: stream) { [self] in ends.withLock { $0.append(name) } }
        default: return nil
        }
    }

    func tell(_ name: String, _ event: DiscoveryEvent) {
        _ = inputs.withLock { $0[name] }?.yield(event)
    }
}

@Suite("Discovery manager", .timeLimit(.minutes(1)))
struct DiscoveryManagerTests {
    private let script = Script()
    private let manager: DiscoveryManager
    private let updates: AsyncStream<(job: String, addresses: [String])>
    private let failures = Failures()

    private final class Failures: Sendable {
        let told = Mutex<[String]>([])
    }

    init() throws {
        let (stream, input) = AsyncStream<(job: String, addresses: [String])>.makeStream()
        updates = stream
        let script = script
        let failures = failures
        manager = DiscoveryManager(
            metrics: try DiscoveryMetrics(registry: MetricRegistry()), interval: .milliseconds(20),
            factory: { script.make($0) },
            reportFailure: { job, mechanism, failure in
                failures.told.withLock { $0.append("\(job) \(mechanism) \(failure)") }
            },
            update: { job, groups in
                input.yield((job, groups.flatMap { $0.targets.compactMap { $0["__address__"] } }))
            })
    }

    private func job(_ name: String, _ discovery: [DiscoveryConfiguration]) -> ScrapeConfiguration {
        var job = ScrapeConfiguration(jobName: name)
        job.discovery = discovery
        return job
    }

    private func dns(_ name: String) -> DiscoveryConfiguration {
        .dns(DNSDiscoveryConfiguration(names: [name]))
    }

    private func groups(_ addresses: String...) -> [TargetGroup] {
        [TargetGroup(source: "0", addresses: addresses)]
    }

    /// Runs the manager while `body` runs.
    private func whileRunning(
        _ body: (inout AsyncStream<(job: String, addresses: [String])>.Iterator) async throws -> Void
    ) async throws {
        let manager = manager
        let running = Task { await manager.run() }
        var iterator = updates.makeAsyncIterator()
        do {
            try await body(&iterator)
        } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        await running.value
    }

    @Test("targets of a job's sections are merged, and later ones replace earlier ones of the same section")
    func merging() async throws {
        try await whileRunning { updates in
            await manager.apply([job("j", [dns("x"), dns("y")])])
            script.tell("x", .groups(groups("a:1")))
            let update1 = await updates.next(isolation: #isolation)
            #expect(update1?.addresses == ["a:1"])
            script.tell("y", .groups(groups("b:1", "c:1")))
            let update2 = await updates.next(isolation: #isolation)
            #expect(update2?.addresses == ["a:1", "b:1", "c:1"])
            script.tell("x", .groups([]))
            let update3 = await updates.next(isolation: #isolation)
            #expect(update3?.addresses == ["b:1", "c:1"])
        }
        #expect(script.ended.sorted() == ["x", "y"])
    }

    @Test("fixed targets come at once, also beside a source that never answers")
    func fixed() async throws {
        try await whileRunning { updates in
            await manager.apply([job("a", [.fixed(groups("a:1")), dns("x")]), job("b", [.fixed(groups("b:1"))])])
            var seen: [String: [String]] = [:]
            for _ in 0..<2 {
                if let update = await updates.next(isolation: #isolation) { seen[update.job] = update.addresses }
            }
            #expect(seen == ["a": ["a:1"], "b": ["b:1"]])
        }
    }

    @Test(
        "a new configuration leaves unchanged sections running and keeps targets until a changed one has told its own")
    func reload() async throws {
        try await whileRunning { updates in
            await manager.apply([job("j", [dns("keep"), dns("old")])])
            script.tell("keep", .groups(groups("k:1")))
            let update4 = await updates.next(isolation: #isolation)
            #expect(update4?.addresses == ["k:1"])
            script.tell("old", .groups(groups("o:1")))
            let update5 = await updates.next(isolation: #isolation)
            #expect(update5?.addresses == ["k:1", "o:1"])
            await manager.apply([job("j", [dns("keep"), dns("new")])])
            #expect(script.started == ["keep", "old", "new"])
            // What a replaced discoverer still says is not heard.
            script.tell("old", .groups(groups("late:1")))
            script.tell("keep", .groups(groups("k:2")))
            let update6 = await updates.next(isolation: #isolation)
            #expect(update6?.addresses == ["k:2", "o:1"])
            script.tell("new", .groups(groups("n:1")))
            let update7 = await updates.next(isolation: #isolation)
            #expect(update7?.addresses == ["k:2", "n:1"])
        }
        #expect(script.ended.sorted() == ["keep", "new", "old"])
    }

    @Test("a section that is removed takes its targets with it")
    func removal() async throws {
        try await whileRunning { updates in
            await manager.apply([job("j", [dns("x"), .fixed(groups("f:1"))])])
            let update8 = await updates.next(isolation: #isolation)
            #expect(update8?.addresses == ["f:1"])
            script.tell("x", .groups(groups("a:1")))
            let update9 = await updates.next(isolation: #isolation)
            #expect(update9?.addresses == ["a:1", "f:1"])
            await manager.apply([job("j", [.fixed(groups("f:1"))])])
            let update10 = await updates.next(isolation: #isolation)
            #expect(update10?.addresses == ["f:1"])
            await manager.apply([job("j", [])])
            let update11 = await updates.next(isolation: #isolation)
            #expect(update11?.addresses == [])
        }
    }

    @Test("failures are reported and shown in the status, which a success clears")
    func failureStatus() async throws {
        try await whileRunning { updates in
            await manager.apply([job("j", [dns("x")])])
            script.tell("x", .failure(DiscoveryFailure(source: "x", reason: "broken")))
            script.tell("x", .groups(groups("a:1")))
            let update12 = await updates.next(isolation: #isolation)
            #expect(update12?.addresses == ["a:1"])
            #expect(failures.told.withLock { $0 } == ["j dns x: broken"])
            let status = await manager.status()
            #expect(status.map(\.mechanism) == ["dns"])
            #expect(status.first?.lastFailure == nil)
            #expect(status.first?.targetCount == 1)
        }
    }
}

@Suite("Update throttle")
struct UpdateThrottleTests {
    @Test("a quiet job's change is due at once, the next one after the interval, other jobs are independent")
    func throttling() {
        var throttle = UpdateThrottle(interval: .seconds(5))
        let start = ContinuousClock.now
        #expect(throttle.nextDue == nil)
        let waits1 = throttle.note("a", now: start)
        #expect(!waits1)
        let due2 = throttle.takeDue(now: start)
        #expect(due2 == ["a"])
        let waits3 = throttle.note("a", now: start + .seconds(1))
        #expect(waits3)
        let waits4 = throttle.note("b", now: start + .seconds(1))
        #expect(!waits4)
        let due5 = throttle.takeDue(now: start + .seconds(1))
        #expect(due5 == ["b"])
        let waits6 = throttle.note("a", now: start + .seconds(2))
        #expect(waits6)
        #expect(throttle.nextDue == start + .seconds(5))
        let due7 = throttle.takeDue(now: start + .seconds(4))
        #expect(due7 == [])
        let due8 = throttle.takeDue(now: start + .seconds(5))
        #expect(due8 == ["a"])
        #expect(throttle.nextDue == nil)
        let waits9 = throttle.note("a", now: start + .seconds(20))
        #expect(!waits9)
        throttle.forget("a")
        #expect(throttle.nextDue == nil)
    }
}
