/// How long tasks waited for processors, memory and disks, from /proc/pressure.
struct PressureCollector: HostCollector {
    let name = "pressure"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let folder = host.procfs.folder("pressure")
        try reader.load(folder, "cpu")
        if let waiting = PressureText.read(reader.text).waiting {
            samples.counter(
                "node_pressure_cpu_waiting_seconds_total",
                "Total time in seconds that processes have waited for CPU time", waiting)
        }
        try reader.load(folder, "io")
        let disks = PressureText.read(reader.text)
        if let waiting = disks.waiting {
            samples.counter(
                "node_pressure_io_waiting_seconds_total",
                "Total time in seconds that processes have waited due to IO congestion", waiting)
        }
        if let stalled = disks.stalled {
            samples.counter(
                "node_pressure_io_stalled_seconds_total",
                "Total time in seconds no process could make progress due to IO congestion", stalled)
        }
        try reader.load(folder, "memory")
        let memory = PressureText.read(reader.text)
        if let waiting = memory.waiting {
            samples.counter(
                "node_pressure_memory_waiting_seconds_total",
                "Total time in seconds that processes have waited for memory", waiting)
        }
        if let stalled = memory.stalled {
            samples.counter(
                "node_pressure_memory_stalled_seconds_total",
                "Total time in seconds no process could make progress due to memory congestion", stalled)
        }
        // Only kernels that account for interrupts have it.
        if try reader.loadIfPresent(folder, "irq"), let stalled = PressureText.read(reader.text).stalled {
            samples.counter(
                "node_pressure_irq_stalled_seconds_total",
                "Total time in seconds no process could make progress due to IRQ congestion", stalled)
        }
    }
}
