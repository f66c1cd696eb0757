/// Randomness that the kernel has gathered.
struct EntropyCollector: HostCollector {
    let name = "entropy"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let folder = host.procfs.folder("sys/kernel/random")
        guard let available = try reader.value(folder, "entropy_avail") else { throw .absent("\(folder.text)") }
        samples.gauge("node_entropy_available_bits", "Bits of available entropy.", Double(available))
        if let size = try reader.value(folder, "poolsize") {
            samples.gauge("node_entropy_pool_size_bits", "Bits of entropy pool.", Double(size))
        }
    }
}
