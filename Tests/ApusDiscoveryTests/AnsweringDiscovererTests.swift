import ApusConfig
import ApusDiscovery
import ApusModel
import Synchronization
import Testing

@Suite("Targets that count once they answer")
struct AnsweringDiscovererTests {
    @Test("a target appears when it first accepts a connection and then stays")
    func appears() async {
        let group = TargetGroup(source: "engine", addresses: ["127.0.0.1:1", "127.0.0.1:2"])
        let round = Atomic<Int>(0)
        let counts = Mutex<[Int]>([])
        let discoverer = AnsweringDiscoverer(
            [group],
            probe: { address in
                // The first answers in round 2 only, the second from round 1 on.
                let number = round.load(ordering: .sequentiallyConsistent)
                return address.hasSuffix(":1") ? number == 2 : number >= 1
            },
            sleep: { _ in
                if round.add(1, ordering: .sequentiallyConsistent).newValue > 5 { throw CancellationError() }
            })
        await discoverer.run { event in
            guard case .groups(let groups) = event else { return }
            counts.withLock { $0.append(groups.reduce(0) { $0 + $1.targets.count }) }
        }
        #expect(counts.withLock { $0 } == [0, 1, 2])
    }

    @Test("nothing accepts connections at a port that is closed or an address that is none")
    func probe() {
        #expect(!acceptsConnections("127.0.0.1:1"))
        #expect(!acceptsConnections("example"))
        #expect(!acceptsConnections("localhost:9090:1"))
    }
}
