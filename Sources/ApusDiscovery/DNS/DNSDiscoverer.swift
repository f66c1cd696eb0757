import ApusClient
package import ApusConfig
import ApusModel

/// What is known of the names of one section: the group of each, from its last good answer.
package struct DNSWatch: Sendable {
    private let configuration: DNSDiscoveryConfiguration
    private var groups: [String: TargetGroup] = [:]

    /// A watch over the names of `configuration`; none is known yet.
    package init(_ configuration: DNSDiscoveryConfiguration) {
        self.configuration = configuration
    }

    /// The groups of the names that were ever answered, in the configuration's order.
    package var knownGroups: [TargetGroup] {
        configuration.names.compactMap { groups[$0] }
    }

    /// Takes the outcomes of one round, one per name; a failed name keeps what it had.
    ///
    /// - Returns: the failures.
    package mutating func take(_ outcomes: [DNSOutcome]) -> [DiscoveryFailure] {
        var failures: [DiscoveryFailure] = []
        for (name, outcome) in zip(configuration.names, outcomes) {
            switch outcome {
            case .records(let records): groups[name] = group(of: name, records)
            case .failed(let reason): failures.append(DiscoveryFailure(source: name, reason: reason))
            }
        }
        return failures
    }

    private func group(of name: String, _ records: [DNSRecord]) -> TargetGroup {
        TargetGroup(source: name, targets: records.map { target(of: name, $0) })
    }

    private func target(of name: String, _ record: DNSRecord) -> LabelSet {
        var labels = LabelSetBuilder()
        labels.set("__meta_dns_name", to: name)
        switch record {
        case .service(let host, let port):
            labels.set(TargetLabel.address, to: Self.join(Self.withoutFinalDots(host), port))
            labels.set("__meta_dns_srv_record_target", to: host)
            labels.set("__meta_dns_srv_record_port", to: "\(port)")
        case .address(let address):
            labels.set(TargetLabel.address, to: Self.join(address, configuration.port))
        case .mailExchange(let host):
            labels.set(TargetLabel.address, to: Self.join(Self.withoutFinalDots(host), configuration.port))
            labels.set("__meta_dns_mx_record_target", to: host)
        case .nameServer(let host):
            labels.set(TargetLabel.address, to: Self.join(Self.withoutFinalDots(host), configuration.port))
            labels.set("__meta_dns_ns_record_target", to: host)
        }
        return labels.labelSet()
    }

    private static func withoutFinalDots(_ host: String) -> String {
        var host = host[...]
        while host.hasSuffix(".") { host.removeLast() }
        return String(host)
    }

    private static func join(_ host: String, _ port: UInt16) -> String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// Finds the targets that names in the DNS stand for, and asks again at each refresh interval.
package struct DNSDiscoverer: Discoverer {
    private let configuration: DNSDiscoveryConfiguration
    private let resolver: DNSResolver
    private let metrics: DiscoveryMetrics
    private let sleep: DiscoverySleep

    /// A discoverer of `configuration`.
    package init(
        _ configuration: DNSDiscoveryConfiguration, resolver: DNSResolver = DNSResolver(), metrics: DiscoveryMetrics,
        sleep: @escaping DiscoverySleep = sleepOnContinuousClock
    ) {
        self.configuration = configuration
        self.resolver = resolver
        self.metrics = metrics
        self.sleep = sleep
    }

    package func run(report: @escaping @Sendable (DiscoveryEvent) async -> Void) async {
        var watch = DNSWatch(configuration)
        var reported: [TargetGroup]?
        while !Task.isCancelled {
            let start = ContinuousClock.now
            let outcomes = await resolver.lookUp(configuration.names, configuration.recordType)
            if Task.isCancelled { return }
            let failures = watch.take(outcomes)
            metrics.dnsLookups.increment(by: outcomes.count)
            metrics.dnsLookupFailures.increment(by: failures.count)
            metrics.observeRefresh("dns", ContinuousClock.now - start, failed: !failures.isEmpty)
            for failure in failures { await report(.failure(failure)) }
            // Until some name is answered nothing is known; an empty answer would stop targets that are well.
            let isKnown = failures.count < configuration.names.count || reported != nil
            if isKnown, watch.knownGroups != reported {
                reported = watch.knownGroups
                await report(.groups(watch.knownGroups))
            }
            do {
                try await sleep(configuration.refreshInterval)
            } catch {
                return
            }
        }
    }
}
