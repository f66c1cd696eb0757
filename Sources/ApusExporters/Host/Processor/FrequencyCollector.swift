import ApusModel

/// Frequencies of the processors, from /sys/devices/system/cpu.
struct FrequencyCollector: HostCollector {
    let name = "cpufreq"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let folder = host.sysfs.folder("devices/system/cpu")
        let processors = try folder.names().filter { name in
            name.hasPrefix("cpu") && name.utf8.count > 3 && name.utf8.dropFirst(3).allSatisfy { (48...57).contains($0) }
        }
        let places = [
            ("scaling_cur_freq", "node_cpu_scaling_frequency_hertz", "Current scaled CPU thread frequency in hertz."),
            (
                "scaling_min_freq", "node_cpu_scaling_frequency_min_hertz",
                "Minimum scaled CPU thread frequency in hertz."
            ),
            (
                "scaling_max_freq", "node_cpu_scaling_frequency_max_hertz",
                "Maximum scaled CPU thread frequency in hertz."
            ),
        ]
        for (file, name, help) in places {
            let place = samples.family(.gauge, name, help)
            for processor in processors {
                // In kilohertz; virtual machines have none.
                guard let value = try reader.value(folder, name: "\(processor)/cpufreq/\(file)") else { continue }
                samples.append(
                    Double(value) * 1_000, LabelText.make(["cpu": String(processor.dropFirst(3))]), to: place)
            }
        }
    }
}
