import ApusModel

/// Times that tasks ran and waited on each processor, from /proc/schedstat.
struct SchedulerCollector: HostCollector {
    let name = "schedstat"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.load(host.procfs, "schedstat")
        let running = samples.family(
            .counter, "node_schedstat_running_seconds_total", "Number of seconds CPU spent running a process.")
        let waiting = samples.family(
            .counter, "node_schedstat_waiting_seconds_total",
            "Number of seconds spent by processing waiting for this CPU.")
        let slices = samples.family(
            .counter, "node_schedstat_timeslices_total", "Number of timeslices executed by CPU.")
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine(), let key = cursor.nextField() {
            guard cursor.hasPrefix(key, "cpu"), key.count > 3 else { continue }
            // Columns 7 to 9 of the line; source: the kernel's sched-stats document.
            cursor.skipFields(6)
            guard let ran = cursor.nextInteger(), let waited = cursor.nextInteger(), let count = cursor.nextInteger()
            else { throw .malformed(path: reader.lastPath, reason: "nine numbers were expected") }
            let labels = LabelText.make(["cpu": cursor.string(key.dropFirst(3))])
            samples.append(Double(ran) / 1e9, labels, to: running)
            samples.append(Double(waited) / 1e9, labels, to: waiting)
            samples.append(Double(count), labels, to: slices)
        }
    }
}
