import ApusModel

/// Temperatures, fans and voltages of sensors, from /sys/class/hwmon.
struct HardwareMonitorCollector: HostCollector {
    let name = "hwmon"

    /// What the endings of a sensor's files mean.
    ///
    /// Source: the kernel's hwmon sysfs interface.
    private static let kinds: [(prefix: String, element: String, name: String, help: String, scale: Double)] = [
        ("temp", "input", "node_hwmon_temp_celsius", "Hardware monitor for temperature (input)", 1e-3),
        ("temp", "max", "node_hwmon_temp_max_celsius", "Hardware monitor for temperature (max)", 1e-3),
        ("temp", "crit", "node_hwmon_temp_crit_celsius", "Hardware monitor for temperature (crit)", 1e-3),
        (
            "temp", "crit_hyst", "node_hwmon_temp_crit_hyst_celsius", "Hardware monitor for temperature (crit_hyst)",
            1e-3
        ),
        (
            "temp", "crit_alarm", "node_hwmon_temp_crit_alarm_celsius",
            "Hardware monitor for temperature (crit_alarm)", 1
        ),
        ("fan", "input", "node_hwmon_fan_rpm", "Hardware monitor for fan revolutions per minute (input)", 1),
        ("fan", "min", "node_hwmon_fan_min_rpm", "Hardware monitor for fan revolutions per minute (min)", 1),
        ("in", "input", "node_hwmon_in_volts", "Hardware monitor for voltage (input)", 1e-3),
        (
            "power", "average", "node_hwmon_power_average_watt", "Hardware monitor for power usage in watts (average)",
            1e-6
        ),
    ]

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let folder = host.sysfs.folder("class/hwmon")
        guard folder.exists else { throw .absent(folder.text) }
        let chips = samples.family(
            .gauge, "node_hwmon_chip_names", "Annotation metric for human-readable chip names")
        for name in try folder.names() {
            let chip = folder.folder(name)
            let chipName = try reader.line(chip, name: "name") ?? name
            samples.append(1, LabelText.make(["chip": name, "chip_name": chipName]), to: chips)
            for file in try chip.names() {
                guard let line = file.firstIndex(of: "_") else { continue }
                let sensor = String(file[..<line])
                let element = file[file.index(after: line)...]
                for kind in Self.kinds
                where kind.element == element && sensor.hasPrefix(kind.prefix)
                    && sensor.dropFirst(kind.prefix.count).allSatisfy(\.isNumber)
                {
                    // A sensor that is asleep gives an error.
                    guard let text = try reader.line(chip, name: file), let value = Double(text) else { continue }
                    samples.append(
                        value * kind.scale, LabelText.make(["chip": name, "sensor": sensor]),
                        to: samples.family(.gauge, kind.name, kind.help))
                }
            }
        }
    }
}
