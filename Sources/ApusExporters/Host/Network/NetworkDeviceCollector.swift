import ApusModel

/// Bytes, packets and errors of each network interface, from /proc/net/dev.
struct NetworkDeviceCollector: HostCollector {
    let name = "netdev"
    /// In the order of the file's columns; source: proc(5).
    private static let columns: [FamilyHeading] =
        ["bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast"].map {
            heading("receive_\($0)")
        }
        + ["bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed"].map {
            heading("transmit_\($0)")
        }
    /// The one count that the table has no column for.
    private static let unhandled = heading("receive_nohandler")

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.load(host.net, "dev")
        let places = Self.columns.map { samples.family($0) }
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
        let unhandled = samples.family(Self.unhandled)
        let folder = host.sysfs.folder("class/net")
        reader.enter(folder)
        for device in devices where !device.contains("/") {
            let count = try reader.value(folder, name: "\(device)/statistics/rx_nohandler")
            samples.append(count, LabelText.make(["device": device]), to: unhandled)
        }
        reader.leave()
    }

    private static func heading(_ field: String) -> FamilyHeading {
        FamilyHeading(.counter, "node_network_\(field)_total", "Network device statistic \(field).")
    }
}
