import ApusModel

/// Frequencies of the processors, from /sys/devices/system/cpu.
struct FrequencyCollector: HostCollector {
    let name = "cpufreq"

    private static let files: [(name: StaticString, family: FamilyHeading)] = [
        (
            "scaling_cur_freq",
            FamilyHeading(
                .gauge, "node_cpu_scaling_frequency_hertz", "Current scaled CPU thread frequency in hertz.")
        ),
        (
            "scaling_min_freq",
            FamilyHeading(
                .gauge, "node_cpu_scaling_frequency_min_hertz", "Minimum scaled CPU thread frequency in hertz.")
        ),
        (
            "scaling_max_freq",
            FamilyHeading(
                .gauge, "node_cpu_scaling_frequency_max_hertz", "Maximum scaled CPU thread frequency in hertz.")
        ),
    ]

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let folder = host.sysfs.folder("devices/system/cpu")
        let processors = try folder.names().filter { name in
            name.hasPrefix("cpu") && name.utf8.count > 3 && name.utf8.dropFirst(3).allSatisfy { (48...57).contains($0) }
        }
        let places = Self.files.map { samples.family($0.family) }
        for processor in processors {
            // Virtual machines have none.
            let path = folder.folder("\(processor)/cpufreq")
            guard reader.enter(path) else { continue }
            let labels = LabelText.make(["cpu": String(processor.dropFirst(3))])
            for (file, place) in zip(Self.files, places) {
                // In kilohertz.
                guard let value = try reader.value(path, file.name) else { continue }
                samples.append(Double(value) * 1_000, labels, to: place)
            }
        }
        reader.leave()
    }
}
