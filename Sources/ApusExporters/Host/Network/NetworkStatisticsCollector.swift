import ApusModel

/// Counters of the network protocols, from /proc/net/netstat, snmp and snmp6.
struct NetworkStatisticsCollector: HostCollector {
    let name = "netstat"

    /// A column that is told.
    private struct Column {
        let index: Int
        let family: FamilyHeading
    }

    /// The columns of each line of names, by its text.
    private let headings = TextMemory<[Column]>()
    /// What a line's field is told as, by its name; `nil` where it is not.
    private let fields = TextMemory<FamilyHeading?>()

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
        readPairs(reader.text, into: &samples)
        try reader.load(host.net, "snmp")
        readPairs(reader.text, into: &samples)
        if try reader.loadIfPresent(host.net, "snmp6") { readFields(reader.text, into: &samples) }
    }

    /// Two lines for each protocol: the names, and the values in the same order.
    private func readPairs(_ text: Span<UInt8>, into samples: inout MetricSamples) {
        var cursor = FieldCursor(text)
        while cursor.nextLine() {
            let columns = headings.value(of: cursor.rangeOfRest, in: cursor) { Self.columns(of: $0) }
            guard cursor.nextLine(), cursor.field(before: UInt8(ascii: ":")) != nil else { return }
            var next = 0
            for column in columns {
                cursor.skipFields(column.index - next)
                next = column.index + 1
                guard let value = cursor.nextNumber() else { continue }
                samples.append(value, to: samples.family(column.family))
            }
        }
    }

    /// The columns that are told of a line such as `Tcp: InSegs OutSegs`.
    private static func columns(of heading: String) -> [Column] {
        guard let end = heading.firstIndex(of: ":") else { return [] }
        let names = heading[heading.index(after: end)...].split(separator: " ")
        return names.enumerated().compactMap { index, name in
            family(of: "\(heading[..<end])_\(name)").map { Column(index: index, family: $0) }
        }
    }

    /// One line for each field, whose name begins with the protocol's: `Ip6InReceives`.
    private func readFields(_ text: Span<UInt8>, into samples: inout MetricSamples) {
        var cursor = FieldCursor(text)
        while cursor.nextLine(), let name = cursor.nextField() {
            let family = fields.value(of: name, in: cursor) { field in
                field.firstIndex(of: "6").flatMap { six in
                    Self.family(of: "\(field[...six])_\(field[field.index(after: six)...])")
                }
            }
            guard let family, let value = cursor.nextNumber() else { continue }
            samples.append(value, to: samples.family(family))
        }
    }

    /// What a field such as `Tcp_InSegs` is told as; `nil` where it is not.
    private static func family(of key: String) -> FamilyHeading? {
        guard wanted.contains(key) else { return nil }
        return FamilyHeading(.unknown, "node_netstat_\(key)", "Statistic \(key.replacing("_", with: "")).")
    }
}
