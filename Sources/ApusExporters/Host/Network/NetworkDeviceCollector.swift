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
        var devices: [String] = []
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine() {
            // The two lines of headings have no colon.
            guard let device = cursor.field(before: UInt8(ascii: ":")) else { continue }
            devices.append(cursor.string(device))
            let labels = LabelText.make(["device": cursor.string(device)])
            for place in places {
                guard let value = cursor.nextInteger() else { break }
                samples.append(Double(value), labels, to: place)
            }
        }
        // The one count that the table has no column for.
        let unhandled = Self.place("receive_nohandler", in: &samples)
        let folder = host.sysfs.folder("class/net")
        for device in devices where !device.contains("/") {
            let count = try reader.value(folder, name: "\(device)/statistics/rx_nohandler")
            samples.append(count, LabelText.make(["device": device]), to: unhandled)
        }
    }

    private static func place(_ field: String, in samples: inout MetricSamples) -> MetricSamples.Place {
        samples.family(.counter, "node_network_\(field)_total", "Network device statistic \(field).")
    }
}
