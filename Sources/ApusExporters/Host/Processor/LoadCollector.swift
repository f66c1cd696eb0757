/// The load averages, from /proc/loadavg.
struct LoadCollector: HostCollector {
    let name = "loadavg"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.load(host.procfs, "loadavg")
        var cursor = FieldCursor(reader.text)
        guard cursor.nextLine(), let one = cursor.nextNumber(), let five = cursor.nextNumber(),
            let fifteen = cursor.nextNumber()
        else { throw .malformed(path: reader.lastPath, reason: "three numbers were expected") }
        samples.gauge("node_load1", "1m load average.", one)
        samples.gauge("node_load5", "5m load average.", five)
        samples.gauge("node_load15", "15m load average.", fifteen)
    }
}
