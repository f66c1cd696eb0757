import ApusModel

/// Bytes, packets and errors of each network interface, from /proc/net/dev.
struct NetworkDeviceCollector: HostCollector {
    let name = "netdev"
    /// In the order of the file's columns; source: proc(5).
    private static let received: [String] = [
        "bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast",
    ]
    private static let transmitted: [String] = [
        "bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed",
    ]

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.load(host.net, "dev")
        let places =
            Self.received.map { Self.place("receive_\($0)", in: &samples) }
            + Self.transmitted.map { Self.place("transmit_\($0)", in: &samples) }
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine() {
            // The two lines of headings have no colon.
            guard let device = cursor.field(before: UInt8(ascii: ":")) else { continue }
            let labels = LabelText.make(["device": cursor.string(device)])
            for place in places {
                guard let value = cursor.nextInteger() else { break }
                samples.append(Double(value), labels, to: place)
            }
        }
    }

    private static func place(_ field: String, in samples: inout MetricSamples) -> MetricSamples.Place {
        samples.family(.counter, "node_network_\(field)_total", "Network device statistic \(field).")
    }
}
