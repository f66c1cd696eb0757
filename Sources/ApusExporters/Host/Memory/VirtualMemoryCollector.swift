import ApusModel

/// Paging, swapping and faults, from /proc/vmstat.
struct VirtualMemoryCollector: HostCollector {
    let name = "vmstat"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.load(host.procfs, "vmstat")
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine(), let key = cursor.nextField() {
            guard Self.isWanted(key, cursor), let value = cursor.nextInteger() else { continue }
            let field = cursor.string(key)
            let place = samples.family(
                .unknown, "node_vmstat_\(field)", "/proc/vmstat information field \(field).")
            samples.append(Double(value), to: place)
        }
    }

    /// Of two hundred fields those that node-exporter takes: `oom_kill`, `pgpg…`, `pswp…`, `pg…fault…`.
    private static func isWanted(_ key: Range<Int>, _ cursor: borrowing FieldCursor) -> Bool {
        if cursor.isField(key, "oom_kill") || cursor.hasPrefix(key, "pgpg") || cursor.hasPrefix(key, "pswp") {
            return true
        }
        return cursor.hasPrefix(key, "pg") && cursor.string(key).contains("fault")
    }
}
