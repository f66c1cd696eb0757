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
    /// The collectors; each keeps what it must remember from scrape to scrape.
    static func all(_ extras: Set<HostExtra>, fileSystems: FilesystemProbe) -> [any HostCollector] {
        let usual: [any HostCollector] = [
            ARPCollector(), ClockSourceCollector(), ConntrackCollector(),
            // One after the other, since both read the same file.
            ProcessorCollector(), KernelStatisticsCollector(), FrequencyCollector(),
            DiskCollector(), DMICollector(), EntropyCollector(), FileHandleCollector(),
            FilesystemCollector(probe: fileSystems),
            HardwareMonitorCollector(), HungTaskCollector(), LoadCollector(), MemoryCollector(),
            NetworkClassCollector(), NetworkDeviceCollector(), NetworkStatisticsCollector(), ReleaseCollector(),
            PowerSupplyCollector(), PressureCollector(), SchedulerCollector(), SecurityCollector(), SocketCollector(),
            PacketQueueCollector(), ThermalCollector(), TimeCollector(),
            ClockDisciplineCollector(), DatagramQueueCollector(), NamesCollector(), VirtualMemoryCollector(),
        ]
        return usual + HostExtra.allCases.filter { extras.contains($0) }.map(\.collector)
    }
}

/// A part of the host that is told of only where it is asked for, since it costs more than the rest.
///
/// The words are node-exporter's names of collectors, which has them switched off, too.
package enum HostExtra: String, Sendable, CaseIterable {
    /// Interrupts of each kind on each processor.
    case interrupts
    /// Processes by state, and threads.
    case processes
    /// TCP connections by state.
    case connections = "tcpstat"

    var collector: any HostCollector {
        switch self {
        case .interrupts: InterruptCollector()
        case .processes: ProcessCollector()
        case .connections: ConnectionCollector()
        }
    }
}
