import ApusModel

/// State and properties of each network interface, from /sys/class/net.
struct NetworkClassCollector: HostCollector {
    let name = "netclass"
    /// Machines with thousands of containers have as many interfaces.
    private static let limit = 4_096

    /// A file of one number, and what it is told as.
    private struct Property {
        let file: StaticString
        let family: FamilyHeading

        init(_ file: StaticString, _ name: String, isCounter: Bool = false) {
            self.file = file
            family = FamilyHeading(
                isCounter ? .counter : .gauge, "node_network_\(name)", "Network device property: \(name)")
        }
    }

    private static let flags = Property("flags", "flags")

    private static let properties: [Property] = [
        Property("addr_assign_type", "address_assign_type"),
        Property("carrier", "carrier"),
        Property("carrier_changes", "carrier_changes_total", isCounter: true),
        Property("carrier_up_count", "carrier_up_changes_total", isCounter: true),
        Property("carrier_down_count", "carrier_down_changes_total", isCounter: true),
        Property("dev_id", "device_id"),
        Property("dormant", "dormant"),
        flags,
        Property("ifindex", "iface_id"),
        Property("iflink", "iface_link"),
        Property("link_mode", "iface_link_mode"),
        Property("mtu", "mtu_bytes"),
        Property("name_assign_type", "name_assign_type"),
        Property("netdev_group", "net_dev_group"),
        Property("type", "protocol_type"),
        Property("tx_queue_len", "transmit_queue_length"),
    ]

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let folder = host.sysfs.folder("class/net")
        let devices = try folder.names(limit: Self.limit)
        let places = Self.properties.map { samples.family($0.family) }
        let flagsPlace = samples.family(Self.flags.family)
        let speed = samples.family(
            .gauge, "node_network_speed_bytes", "Network device property: speed_bytes")
        let up = samples.family(.gauge, "node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.")
        let info = samples.family(
            .gauge, "node_network_info", "Non-numeric data from /sys/class/net/<iface>, value is always 1.")
        for device in devices {
            let path = folder.folder(device)
            // Beside the folders of devices there may be a file, such as bonding_masters.
            guard reader.enter(path) else { continue }
            let labels = LabelText.make(["device": device])
            var flags: UInt64 = 0
            for (property, place) in zip(Self.properties, places) {
                guard let value = try reader.value(path, property.file), value != .max else { continue }
                samples.append(Double(value), labels, to: place)
                if place == flagsPlace { flags = value }
            }
            // In megabits; -1 or an error where there is no carrier.
            if let megabits = try reader.value(path, "speed"), megabits != .max {
                samples.append(Double(megabits) * 1_000_000 / 8, labels, to: speed)
            }
            let state = try reader.line(path, name: "operstate") ?? ""
            samples.append(state == "up" ? 1 : 0, labels, to: up)
            samples.append(
                1,
                LabelText.make([
                    "address": try reader.line(path, name: "address") ?? "",
                    "adminstate": flags & 1 != 0 ? "up" : "down",
                    "broadcast": try reader.line(path, name: "broadcast") ?? "", "device": device,
                    "duplex": try reader.line(path, name: "duplex") ?? "",
                    "ifalias": try reader.line(path, name: "ifalias") ?? "", "operstate": state,
                ]),
                to: info)
        }
        reader.leave()
    }
}
