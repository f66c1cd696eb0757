package import ApusConfig
import ApusModel
import Glibc

/// Targets that count from the moment they first accept a connection, and from then on for good: so a service that is not
/// installed is no target that is down, while one that stops is.
package struct AnsweringDiscoverer: Discoverer {
    /// Whether something accepts connections at `host:port`; may block.
    package typealias Probe = @Sendable (_ address: String) -> Bool

    private static let interval: Int64 = 10_000

    private let groups: [TargetGroup]
    private let probe: Probe
    private let sleep: DiscoverySleep
    private let queue = BlockingQueue(label: "apus.discovery.answering")

    /// A discoverer of those of `groups` that answer.
    package init(
        _ groups: [TargetGroup], probe: @escaping Probe = acceptsConnections,
        sleep: @escaping DiscoverySleep = sleepOnContinuousClock
    ) {
        self.groups = groups
        self.probe = probe
        self.sleep = sleep
    }

    package func run(report: @escaping @Sendable (DiscoveryEvent) async -> Void) async {
        var answering: Set<LabelSet> = []
        await report(.groups([]))
        while !Task.isCancelled {
            let waiting = groups.flatMap(\.targets).filter { !answering.contains($0) }
            if waiting.isEmpty { return }
            let found = await queue.run { [probe] in
                waiting.filter { $0[TargetLabel.address].map(probe) ?? false }
            }
            if !found.isEmpty {
                answering.formUnion(found)
                await report(
                    .groups(
                        groups.map { group in
                            var group = group
                            group.targets.removeAll { !answering.contains($0) }
                            return group
                        }))
            }
            do { try await sleep(Self.interval) } catch { return }
        }
    }
}

/// Whether something accepts TCP connections at an IPv4 `address:port`; waits at most a second.
package func acceptsConnections(_ address: String) -> Bool {
    guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]) else {
        return false
    }
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = port.bigEndian
    let isAddress = unsafe String(address[..<colon]).withCString {
        unsafe inet_pton(AF_INET, $0, &target.sin_addr) == 1
    }
    guard isAddress else { return false }
    let socketDescriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socketDescriptor >= 0 else { return false }
    defer { close(socketDescriptor) }
    var limit = timeval(tv_sec: 1, tv_usec: 0)
    unsafe setsockopt(socketDescriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    return unsafe withUnsafePointer(to: &target) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            unsafe connect(socketDescriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
