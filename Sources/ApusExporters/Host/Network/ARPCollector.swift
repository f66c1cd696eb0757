import ApusModel

/// Known neighbours on each interface, from /proc/net/arp.
struct ARPCollector: HostCollector {
    let name = "arp"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.load(host.net, "arp")
        var counts: [String: Int] = [:]
        var cursor = FieldCursor(reader.text)
        guard cursor.nextLine() else { return }
        while cursor.nextLine() {
            cursor.skipFields(5)
            if let device = cursor.nextField() { counts[cursor.string(device), default: 0] += 1 }
        }
        let place = samples.family(.gauge, "node_arp_entries", "ARP entries by device")
        for (device, count) in counts.sorted(by: { $0.key < $1.key }) {
            samples.append(Double(count), LabelText.make(["device": device]), to: place)
        }
    }
}
