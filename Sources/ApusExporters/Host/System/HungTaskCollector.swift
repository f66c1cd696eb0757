/// Tasks that hung, from /proc/sys/kernel/hung_task_detect_count.
struct HungTaskCollector: HostCollector {
    let name = "kernel_hung"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        guard let count = try reader.value(host.procfs, "sys/kernel/hung_task_detect_count") else {
            throw .absent("the kernel's count of hung tasks")
        }
        samples.counter(
            "node_kernel_hung_tasks_total",
            "Total number of tasks that have been detected as hung since the system booted.", Double(count))
    }
}
