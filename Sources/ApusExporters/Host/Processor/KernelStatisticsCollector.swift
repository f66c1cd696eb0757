/// What /proc/stat tells beside the processors: switches, interrupts, processes, start of the machine.
struct KernelStatisticsCollector: HostCollector {
    let name = "stat"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.loadOnce(host.procfs, "stat")
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine(), let key = cursor.nextField() {
            guard !cursor.hasPrefix(key, "cpu"), let count = cursor.nextInteger() else { continue }
            let value = Double(count)
            if cursor.isField(key, "ctxt") {
                samples.counter("node_context_switches_total", "Total number of context switches.", value)
            } else if cursor.isField(key, "intr") {
                samples.counter("node_intr_total", "Total number of interrupts serviced.", value)
            } else if cursor.isField(key, "btime") {
                samples.gauge("node_boot_time_seconds", "Node boot time, in unixtime.", value)
            } else if cursor.isField(key, "processes") {
                samples.counter("node_forks_total", "Total number of forks.", value)
            } else if cursor.isField(key, "procs_running") {
                samples.gauge("node_procs_running", "Number of processes in runnable state.", value)
            } else if cursor.isField(key, "procs_blocked") {
                samples.gauge("node_procs_blocked", "Number of processes blocked waiting for I/O to complete.", value)
            }
        }
    }
}
