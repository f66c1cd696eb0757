import ApusModel

/// Counters of the network protocols, from /proc/net/netstat, snmp and snmp6.
struct NetworkStatisticsCollector: HostCollector {
    let name = "netstat"

    /// Of some four hundred fields those that node-exporter takes.
    private static let wanted: Set<String> = {
        var names: Set<String> = [
            "Icmp_InMsgs", "Icmp_OutMsgs", "Icmp6_InMsgs", "Icmp6_OutMsgs", "Icmp_InErrors", "Icmp6_InErrors",
            "Ip_Forwarding", "IpExt_InOctets", "IpExt_OutOctets", "Ip6_InOctets", "Ip6_OutOctets",
        ]
        for field in [
            "ListenOverflows", "ListenDrops", "SyncookiesSent", "SyncookiesRecv", "SyncookiesFailed", "TCPSynRetrans",
            "TCPTimeouts", "TCPOFOQueue", "TCPRcvQDrop",
        ] { names.insert("TcpExt_\(field)") }
        for field in [
            "ActiveOpens", "InErrs", "InSegs", "OutRsts", "OutSegs", "PassiveOpens", "RetransSegs", "CurrEstab",
            // Not of node-exporter's own choice, but dashboards ask for it.
            "MaxConn",
        ] { names.insert("Tcp_\(field)") }
        for field in [
            "InDatagrams", "OutDatagrams", "NoPorts", "InErrors", "RcvbufErrors", "SndbufErrors",
        ] {
            names.insert("Udp_\(field)")
            names.insert("Udp6_\(field)")
        }
        names.insert("UdpLite_InErrors")
        names.insert("UdpLite6_InErrors")
        return names
    }()

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.load(host.net, "netstat")
        Self.readPairs(reader.text, into: &samples)
        try reader.load(host.net, "snmp")
        Self.readPairs(reader.text, into: &samples)
        if try reader.loadIfPresent(host.net, "snmp6") { Self.readFields(reader.text, into: &samples) }
    }

    /// Two lines for each protocol: the names, and the values in the same order.
    private static func readPairs(_ text: Span<UInt8>, into samples: inout MetricSamples) {
        var cursor = FieldCursor(text)
        while cursor.nextLine() {
            guard let heading = cursor.field(before: UInt8(ascii: ":")) else { continue }
            let family = cursor.string(heading)
            var names: [Range<Int>] = []
            while let name = cursor.nextField() { names.append(name) }
            guard cursor.nextLine(), cursor.field(before: UInt8(ascii: ":")) != nil else { return }
            for name in names {
                guard let field = cursor.nextField() else { break }
                let key = "\(family)_\(cursor.string(name))"
                guard wanted.contains(key), let value = cursor.number(field) else { continue }
                append(key, value, to: &samples)
            }
        }
    }

    /// One line for each field, whose name begins with the protocol's: `Ip6InReceives`.
    private static func readFields(_ text: Span<UInt8>, into samples: inout MetricSamples) {
        var cursor = FieldCursor(text)
        while cursor.nextLine(), let name = cursor.nextField() {
            let field = cursor.string(name)
            guard let six = field.firstIndex(of: "6"), let value = cursor.nextNumber() else { continue }
            let key = "\(field[...six])_\(field[field.index(after: six)...])"
            if wanted.contains(key) { append(key, value, to: &samples) }
        }
    }

    private static func append(_ key: String, _ value: Double, to samples: inout MetricSamples) {
        let help = "Statistic \(key.replacing("_", with: ""))."
        samples.append(value, to: samples.family(.unknown, "node_netstat_\(key)", help))
    }
}
