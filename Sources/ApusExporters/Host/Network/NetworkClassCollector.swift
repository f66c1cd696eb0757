import ApusModel
import Glibc

/// State and properties of each network interface, from /sys/class/net.
struct NetworkClassCollector: HostCollector {
    let name = "netclass"
    /// Machines with thousands of containers have as many interfaces.
    private static let limit = 4_096

    private struct Property {
        let file: String
        let name: String
        var isCounter = false
    }

    private static let properties: [Property] = [
        Property(file: "addr_assign_type", name: "address_assign_type"),
        Property(file: "carrier", name: "carrier"),
        Property(file: "carrier_changes", name: "carrier_changes_total", isCounter: true),
        Property(file: "carrier_up_count", name: "carrier_up_changes_total", isCounter: true),
        Property(file: "carrier_down_count", name: "carrier_down_changes_total", isCounter: true),
        Property(file: "dev_id", name: "device_id"),
        Property(file: "dormant", name: "dormant"),
        Property(file: "flags", name: "flags"),
        Property(file: "ifindex", name: "iface_id"),
        Property(file: "iflink", name: "iface_link"),
        Property(file: "link_mode", name: "iface_link_mode"),
        Property(file: "mtu", name: "mtu_bytes"),
        Property(file: "name_assign_type", name: "name_assign_type"),
        Property(file: "netdev_group", name: "net_dev_group"),
        Property(file: "type", name: "protocol_type"),
        Property(file: "tx_queue_len", name: "transmit_queue_length"),
    ]

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let folder = host.sysfs.folder("class/net")
        let devices = try folder.names(limit: Self.limit).filter { folder.folder($0).exists }
        let places = Self.properties.map { property in
            samples.family(
                property.isCounter ? .counter : .gauge, "node_network_\(property.name)",
                "Network device property: \(property.name)")
        }
        let speed = samples.family(
            .gauge, "node_network_speed_bytes", "Network device property: speed_bytes")
        let up = samples.family(.gauge, "node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.")
        let info = samples.family(
            .gauge, "node_network_info", "Non-numeric data from /sys/class/net/<iface>, value is always 1.")
        for device in devices {
            let path = folder.folder(device)
            let labels = LabelText.make(["device": device])
            for (property, place) in zip(Self.properties, places) {
                if let value = try Self.number(path, property.file, &reader) {
                    samples.append(value, labels, to: place)
                }
            }
            // In megabits; -1 or an error where there is no carrier.
            if let megabits = try reader.value(path, "speed"), megabits != .max {
                samples.append(Double(megabits) * 1_000_000 / 8, labels, to: speed)
            }
            let state = try reader.line(path, name: "operstate") ?? ""
            samples.append(state == "up" ? 1 : 0, labels, to: up)
            let flags = try Self.number(path, "flags", &reader).flatMap { UInt64(exactly: $0) } ?? 0
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
    }

    /// A number in decimal, or in hexadecimal after `0x`.
    private static func number(
        _ folder: FolderPath, _ file: String, _ reader: inout FileReader
    ) throws(ExporterError) -> Double? {
        guard let line = try reader.line(folder, name: file) else { return nil }
        if line.hasPrefix("0x") { return UInt64(line.dropFirst(2), radix: 16).map { Double($0) } }
        return UInt64(line).map { Double($0) }
    }
}
