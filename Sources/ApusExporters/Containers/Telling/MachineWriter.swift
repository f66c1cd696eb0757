/// Writes what a machine is, in cAdvisor's words.
enum MachineWriter {
    static func write(
        _ machine: MachineFacts, memory: MachineMemory?, into samples: inout MetricSamples
    ) {
        let labels = LabelText.make([
            "boot_id": machine.bootID, "machine_id": machine.machineID, "system_uuid": machine.systemID,
        ])
        samples.gauge("machine_cpu_cores", "Number of logical CPU cores.", Double(machine.processors), labels)
        samples.gauge(
            "machine_cpu_physical_cores", "Number of physical CPU cores.", Double(machine.physicalProcessors), labels)
        samples.gauge("machine_cpu_sockets", "Number of CPU sockets.", Double(machine.sockets), labels)
        if let memory {
            samples.gauge(
                "machine_memory_bytes", "Amount of memory installed on the machine.", Double(memory.total), labels)
            samples.gauge(
                "machine_swap_bytes", "Amount of swap memory available on the machine.", Double(memory.swap), labels)
        }
        samples.gauge(
            "machine_scrape_error", "1 if there was an error while getting machine metrics, 0 otherwise.",
            memory == nil || machine.processors == 0 ? 1 : 0)
    }

    /// Writes what dashboards recognise cAdvisor by, with this program's version.
    static func writeVersion(
        _ machine: MachineFacts, engine: EngineFacts, version: String, into samples: inout MetricSamples
    ) {
        samples.gauge(
            "cadvisor_version_info",
            "A metric with a constant '1' value labeled by kernel version, OS version, docker version, cadvisor version "
                + "& cadvisor revision.",
            1,
            LabelText.make([
                "cadvisorRevision": "apus", "cadvisorVersion": version, "dockerVersion": engine.version,
                "kernelVersion": machine.kernel, "osVersion": machine.system,
            ]))
    }
}
