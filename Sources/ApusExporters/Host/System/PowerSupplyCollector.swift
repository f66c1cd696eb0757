import ApusModel

/// Which power supplies are connected, from /sys/class/power_supply.
struct PowerSupplyCollector: HostCollector {
    let name = "powersupplyclass"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let folder = host.sysfs.folder("class/power_supply")
        guard folder.exists else { throw .absent(folder.text) }
        let online = samples.family(
            .gauge, "node_power_supply_online", "online value of /sys/class/power_supply/<power_supply>.")
        let capacity = samples.family(
            .gauge, "node_power_supply_capacity", "capacity value of /sys/class/power_supply/<power_supply>.")
        for name in try folder.names() {
            let labels = LabelText.make(["power_supply": name])
            samples.append(try reader.value(folder, name: "\(name)/online"), labels, to: online)
            samples.append(try reader.value(folder, name: "\(name)/capacity"), labels, to: capacity)
        }
    }
}
