import ApusModel

/// Temperatures and cooling devices, from /sys/class/thermal.
struct ThermalCollector: HostCollector {
    let name = "thermal_zone"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let folder = host.sysfs.folder("class/thermal")
        guard folder.exists else { throw .absent(folder.text) }
        let temperature = samples.family(.gauge, "node_thermal_zone_temp", "Zone temperature in Celsius")
        let current = samples.family(
            .gauge, "node_cooling_device_cur_state", "Current throttle state of the cooling device")
        let highest = samples.family(
            .gauge, "node_cooling_device_max_state", "Maximum throttle state of the cooling device")
        for name in try folder.names() {
            let device = folder.folder(name)
            let type = try reader.line(device, name: "type") ?? ""
            if name.hasPrefix("thermal_zone") {
                let labels = LabelText.make(["type": type, "zone": String(name.dropFirst("thermal_zone".count))])
                // In thousandths of a degree, below zero in the cold.
                if let text = try reader.line(device, name: "temp"), let value = Double(text) {
                    samples.append(value / 1_000, labels, to: temperature)
                }
            } else if name.hasPrefix("cooling_device") {
                let labels = LabelText.make(["name": String(name.dropFirst("cooling_device".count)), "type": type])
                samples.append(try reader.value(device, "cur_state"), labels, to: current)
                samples.append(try reader.value(device, "max_state"), labels, to: highest)
            }
        }
    }
}
