import ApusModel

/// Bytes that wait in the queues of UDP sockets, from /proc/net/udp and udp6.
struct DatagramQueueCollector: HostCollector {
    let name = "udp_queues"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let place = samples.family(
            .gauge, "node_udp_queues", "Number of allocated memory in the kernel for UDP datagrams in bytes.")
        try reader.load(host.net, "udp")
        Self.append(reader.text, version: "v4", to: place, of: &samples)
        if try reader.loadIfPresent(host.net, "udp6") {
            Self.append(reader.text, version: "v6", to: place, of: &samples)
        }
    }

    private static func append(
        _ text: Span<UInt8>, version: String, to place: MetricSamples.Place, of samples: inout MetricSamples
    ) {
        var received: UInt64 = 0
        var transmitted: UInt64 = 0
        var cursor = FieldCursor(text)
        guard cursor.nextLine() else { return }
        while cursor.nextLine() {
            // The fifth field: what waits to be sent and to be taken, in hexadecimal.
            cursor.skipFields(4)
            guard let field = cursor.nextField() else { continue }
            let middle = field.first { cursor.byte(at: $0) == UInt8(ascii: ":") } ?? field.upperBound
            transmitted &+= cursor.integer(field.lowerBound..<middle, radix: 16) ?? 0
            received &+= cursor.integer(min(middle + 1, field.upperBound)..<field.upperBound, radix: 16) ?? 0
        }
        samples.append(Double(received), LabelText.make(["ip": version, "queue": "rx"]), to: place)
        samples.append(Double(transmitted), LabelText.make(["ip": version, "queue": "tx"]), to: place)
    }
}
