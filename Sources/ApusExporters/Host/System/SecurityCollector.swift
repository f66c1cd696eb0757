/// Whether SELinux is there and enforced.
struct SecurityCollector: HostCollector {
    let name = "selinux"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let enforced = try reader.value(host.sysfs.folder("fs/selinux"), "enforce")
        samples.gauge("node_selinux_enabled", "SELinux is enabled, 1 is true, 0 is false", enforced == nil ? 0 : 1)
        if let enforced {
            samples.gauge(
                "node_selinux_current_mode", "Current SELinux enforcement mode.", Double(min(enforced, 1)))
        }
    }
}
