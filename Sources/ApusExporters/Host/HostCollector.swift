/// Reads one part of the host.
///
/// Names, labels, types and help texts are node-exporter's, since dashboards and alerts of the field rely on them.
protocol HostCollector: Sendable {
    /// The name in `node_scrape_collector_success`, as node-exporter has it.
    var name: String { get }

    /// Appends what is there now; what it appended before it throws counts.
    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError)
}

extension [any HostCollector] {
    /// All collectors; each keeps what it must remember from scrape to scrape.
    static func all() -> [any HostCollector] {
        [
            ARPCollector(), ClockSourceCollector(), ConntrackCollector(), ProcessorCollector(), FrequencyCollector(),
            DiskCollector(), DMICollector(), EntropyCollector(), FileHandleCollector(), FilesystemCollector(),
            HardwareMonitorCollector(), HungTaskCollector(), LoadCollector(), MemoryCollector(),
            NetworkClassCollector(), NetworkDeviceCollector(), NetworkStatisticsCollector(), ReleaseCollector(),
            PowerSupplyCollector(), PressureCollector(), SchedulerCollector(), SecurityCollector(), SocketCollector(),
            PacketQueueCollector(), KernelStatisticsCollector(), ThermalCollector(), TimeCollector(),
            DatagramQueueCollector(), NamesCollector(), VirtualMemoryCollector(),
        ]
    }
}
