import ApusClient
import ApusConfig
import ApusDiscovery
import ApusModel
import ApusTestSupport
import Foundation
import Synchronization
import Testing

@Suite("DNS discovery")
struct DNSTests {
    private typealias Server = FakeDNSServer

    private func resolver(_ server: FakeDNSServer, timeout: Int = 300, deadline: Int = 2_000) -> DNSResolver {
        var resolver = DNSResolver(servers: ["127.0.0.1:\(server.port)"])
        resolver.timeout = timeout
        resolver.deadline = deadline
        return resolver
    }

    /// The targets of one round, as labels.
    private func targets(
        _ configuration: DNSDiscoveryConfiguration, reply: @escaping @Sendable (String, UInt16) -> FakeDNSServer.Reply
    ) async throws -> (groups: [TargetGroup], failures: [DiscoveryFailure]) {
        let server = try FakeDNSServer(reply: reply)
        defer { server.stop() }
        var watch = DNSWatch(configuration)
        let failures = watch.take(await resolver(server).lookUp(configuration.names, configuration.recordType))
        return (watch.knownGroups, failures)
    }

    @Test("SRV records give host, port and their labels")
    func service() async throws {
        let (groups, failures) = try await targets(DNSDiscoveryConfiguration(names: ["_x._tcp.example.com."])) {
            _, type in
            #expect(type == 33)
            return .answer(
                code: 0, records: [Server.service("a.example.com", 8080), Server.service("b.example.com", 81)])
        }
        #expect(failures.isEmpty)
        let group = try #require(groups.first)
        #expect(group.source == "_x._tcp.example.com.")
        #expect(group.targets.count == 2)
        let target = try #require(group.targets.first)
        #expect(target["__address__"] == "a.example.com:8080")
        #expect(target["__meta_dns_name"] == "_x._tcp.example.com.")
        #expect(target["__meta_dns_srv_record_target"] == "a.example.com.")
        #expect(target["__meta_dns_srv_record_port"] == "8080")
    }

    @Test("addresses get the configured port, those of IPv6 brackets; aliases are passed over")
    func addresses() async throws {
        let (groups, _) = try await targets(
            DNSDiscoveryConfiguration(names: ["h.example.com."], recordType: .a, port: 9100)
        ) { _, _ in
            .answer(
                code: 0,
                records: [
                    Server.record(5, Server.encode("c.example.com")), Server.record(1, [10, 0, 0, 1]),
                    Server.record(1, [10, 0, 0, 2]),
                ])
        }
        #expect(groups.first?.targets.compactMap { $0["__address__"] } == ["10.0.0.1:9100", "10.0.0.2:9100"])
        let address = [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]
        let (six, _) = try await targets(
            DNSDiscoveryConfiguration(names: ["h.example.com."], recordType: .aaaa, port: 9100)
        ) { _, _ in .answer(code: 0, records: [Server.record(28, address)]) }
        #expect(six.first?.targets.first?["__address__"] == "[2001:db8::1]:9100")
        let (mail, _) = try await targets(
            DNSDiscoveryConfiguration(names: ["h.example.com."], recordType: .mx, port: 25)
        ) { _, _ in .answer(code: 0, records: [Server.record(15, [0, 10] + Server.encode("m.example.com"))]) }
        #expect(mail.first?.targets.first?["__meta_dns_mx_record_target"] == "m.example.com.")
        let (servers, _) = try await targets(
            DNSDiscoveryConfiguration(names: ["h.example.com."], recordType: .ns, port: 53)
        ) { _, _ in .answer(code: 0, records: [Server.record(2, Server.encode("n.example.com"))]) }
        #expect(servers.first?.targets.first?["__address__"] == "n.example.com:53")
    }

    @Test("a name that does not exist and one without records are empty, not failed")
    func empty() async throws {
        let names = ["none.example.com.", "bare.example.com."]
        let (groups, failures) = try await targets(DNSDiscoveryConfiguration(names: names)) { name, _ in
            .answer(code: name.hasPrefix("none") ? 3 : 0, records: [])
        }
        #expect(failures.isEmpty)
        #expect(groups.map(\.source) == names)
        #expect(groups.allSatisfy { $0.targets.isEmpty })
    }

    @Test("an answer too long for UDP is asked for over TCP")
    func truncated() async throws {
        let (groups, failures) = try await targets(DNSDiscoveryConfiguration(names: ["big.example.com."])) { _, _ in
            .truncatedOverUDP(records: (0..<100).map { Server.service("h\($0).example.com", UInt16($0)) })
        }
        #expect(failures.isEmpty)
        #expect(groups.first?.targets.count == 100)
    }

    @Test("garbage, silence and refusals are failures that leave the other names alone")
    func failures() async throws {
        let names = ["garbage.example.com.", "silent.example.com.", "refused.example.com.", "good.example.com."]
        let (groups, failures) = try await targets(DNSDiscoveryConfiguration(names: names)) { name, _ in
            switch name.prefix(while: { $0 != "." }) {
            case "garbage": .garbage([0x85, 0x80, 0, 1, 0, 9, 0xFF, 0xC0, 0x0C, 0xC0, 0x0C])
            case "silent": .silence
            case "refused": .answer(code: 5, records: [])
            default: .answer(code: 0, records: [Server.service("a.example.com", 1)])
            }
        }
        #expect(failures.map(\.source) == Array(names.dropLast()))
        #expect(groups.map(\.source) == [names[3]])
    }

    @Test("what was known stays when a later answer fails, and goes when the name is gone")
    func lastGood() {
        var watch = DNSWatch(DNSDiscoveryConfiguration(names: ["a", "b"]))
        _ = watch.take([.records([.service(host: "h.", port: 1)]), .failed("x")])
        #expect(watch.knownGroups.map(\.source) == ["a"])
        let failures = watch.take([.failed("y"), .records([])])
        #expect(failures == [DiscoveryFailure(source: "a", reason: "y")])
        #expect(watch.knownGroups.map { $0.targets.count } == [1, 0])
        _ = watch.take([.records([]), .records([])])
        #expect(watch.knownGroups.allSatisfy { $0.targets.isEmpty })
    }

    @Test("cancelling ends a question that nobody answers")
    func cancellation() async throws {
        let server = try FakeDNSServer { _, _ in .silence }
        defer { server.stop() }
        let resolver = resolver(server, timeout: 60_000, deadline: 60_000)
        let started = ContinuousClock.now
        let task = Task { await resolver.lookUp(["x.example.com."], .a) }
        while server.askedNames.isEmpty, started.duration(to: .now) < .seconds(20) { await Task.yield() }
        task.cancel()
        let outcomes = await task.value
        guard case .failed = outcomes.first else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(started.duration(to: .now) < .seconds(30))
    }

    @Test("a damaged message never crashes, truncated at each byte or with random bytes")
    func damaged() throws {
        var message: [UInt8] = [0, 1, 0x85, 0x80, 0, 1, 0, 3, 0, 0, 0, 0]
        message += Server.encode("a.example.com") + [0, 33, 0, 1]
        let records = [
            Server.service("b.example.com", 80), Server.record(28, Array(1...16)), Server.record(1, [1, 2, 3, 4]),
        ]
        for record in records {
            message += [0xC0, 12, UInt8(record.type >> 8), UInt8(record.type & 0xFF), 0, 1, 0, 0, 0, 60]
            message += [0, UInt8(record.data.count)] + record.data
        }
        #expect(try DNSMessage(message).records.count == 3)
        for end in 0..<message.count {
            #expect(throws: DNSMessageError.self) { try DNSMessage(Array(message[..<end])) }
        }
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<20_000 {
            var damaged = message
            for _ in 0..<4 {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            _ = try? DNSMessage(damaged)
        }
        // A pointer to itself.
        var circular = Array(message[..<12])
        circular += [0xC0, 12, 0, 33, 0, 1]
        #expect(throws: DNSMessageError.badName(offset: 12)) { try DNSMessage(circular) }
    }

    @Test(
        "IPv6 addresses are shortened as RFC 5952 says",
        arguments: [
            ([UInt8](repeating: 0, count: 16), "::"),
            ([UInt8](repeating: 0, count: 15) + [1], "::1"),
            ([0x20, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "2001:0:1::1"),
            ([0, 1, 0, 0, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8], "1:0:3:4:5:6:7:8"),
            ([UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 1, 2, 3, 4], "1.2.3.4"),
        ])
    func ipv6(bytes: [UInt8], text: String) {
        #expect(IPv6Text.string(bytes) == text)
    }

    @Test("the discoverer tells changes only, keeps targets through failures and counts both")
    func discoverer() async throws {
        let round = Atomic(0)
        let server = try FakeDNSServer { _, _ in
            switch round.load(ordering: .sequentiallyConsistent) {
            case 0, 1: .answer(code: 0, records: [Server.service("a.example.com", 1)])
            case 2: .answer(code: 2, records: [])
            default: .answer(code: 0, records: [])
            }
        }
        defer { server.stop() }
        let registry = MetricRegistry()
        let metrics = try DiscoveryMetrics(registry: registry)
        let discoverer = DNSDiscoverer(
            DNSDiscoveryConfiguration(names: ["x.example.com."]), resolver: resolver(server), metrics: metrics
        ) { _ in
            if round.add(1, ordering: .sequentiallyConsistent).newValue == 4 { throw CancellationError() }
        }
        let events = Mutex<[DiscoveryEvent]>([])
        await discoverer.run { event in events.withLock { $0.append(event) } }
        let seen = events.withLock { $0 }
        try #require(seen.count == 3, "\(seen)")
        guard case .groups(let first) = seen[0], case .failure = seen[1], case .groups(let last) = seen[2] else {
            Issue.record("\(seen)")
            return
        }
        #expect(first.first?.targets.count == 1)
        #expect(last.first?.targets.isEmpty == true)
    }
}
