import ApusModel

/// Paging, swapping and faults, from /proc/vmstat.
struct VirtualMemoryCollector: HostCollector {
    let name = "vmstat"

    /// What a field is told as, by its name; `nil` where it is not.
    private let fields = TextMemory<FamilyHeading?>()

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.load(host.procfs, "vmstat")
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine(), let key = cursor.nextField() {
            let family = fields.value(of: key, in: cursor) { field in
                Self.isWanted(field)
                    ? FamilyHeading(.unknown, "node_vmstat_\(field)", "/proc/vmstat information field \(field).") : nil
            }
            guard let family, let value = cursor.nextInteger() else { continue }
            samples.append(Double(value), to: samples.family(family))
        }
    }

    /// Of two hundred fields those that node-exporter takes: `oom_kill`, `pgpg…`, `pswp…`, `pg…fault…`.
    private static func isWanted(_ field: String) -> Bool {
        field == "oom_kill" || field.hasPrefix("pgpg") || field.hasPrefix("pswp")
            || (field.hasPrefix("pg") && field.contains("fault"))
    }
}
