import Glibc

/// Numbers of sockets, from /proc/net/sockstat and sockstat6.
struct SocketCollector: HostCollector {
    let name = "sockstat"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let pageSize = Double(sysconf(Int32(_SC_PAGESIZE)))
        try reader.load(host.net, "sockstat")
        Self.read(reader.text, pageSize: pageSize, into: &samples)
        // Absent where IPv6 is switched off.
        if try reader.loadIfPresent(host.net, "sockstat6") {
            Self.read(reader.text, pageSize: pageSize, into: &samples)
        }
    }

    private static func read(_ text: Span<UInt8>, pageSize: Double, into samples: inout MetricSamples) {
        var cursor = FieldCursor(text)
        while cursor.nextLine() {
            guard let heading = cursor.field(before: UInt8(ascii: ":")) else { continue }
            let kind = cursor.string(heading)
            while let state = cursor.nextField(), let value = cursor.nextInteger() {
                let state = cursor.string(state)
                if kind == "sockets" {
                    samples.gauge("node_sockstat_sockets_used", "Number of IPv4 sockets in use.", Double(value))
                    continue
                }
                samples.gauge(
                    "node_sockstat_\(kind)_\(state)", "Number of \(kind) sockets in state \(state).", Double(value))
                if state == "mem" {
                    samples.gauge(
                        "node_sockstat_\(kind)_mem_bytes", "Number of \(kind) sockets in state mem_bytes.",
                        Double(value) * pageSize)
                }
            }
        }
    }
}
