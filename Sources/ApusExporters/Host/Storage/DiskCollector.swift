import ApusModel
import Synchronization

/// Reads, writes and waiting of each disk, from /proc/diskstats.
final class DiskCollector: HostCollector {
    let name = "diskstats"

    /// What a disk says of itself, which does not change; some are slow to say it.
    private struct Identity {
        /// The kernel's number of the disk, which no other gets, also under the same name; 0 with kernels before 5.15.
        var sequence: UInt64
        var model: String
        var serial: String
        /// World-wide.
        var name: String
    }

    private let identities = Mutex<[String: Identity]>([:])

    private static let sectorSize = 512.0

    /// One column of the file: the fourth is the first here.
    ///
    /// Source: the kernel's iostats document.
    private struct Column {
        let family: FamilyHeading
        let scale: Double

        init(isGauge: Bool, name: String, help: String, scale: Double = 1) {
            family = FamilyHeading(isGauge ? .gauge : .counter, "node_disk_\(name)", help)
            self.scale = scale
        }
    }

    private static let columns: [Column] = [
        Column(
            isGauge: false, name: "reads_completed_total", help: "The total number of reads completed successfully."),
        Column(isGauge: false, name: "reads_merged_total", help: "The total number of reads merged."),
        Column(
            isGauge: false, name: "read_bytes_total", help: "The total number of bytes read successfully.",
            scale: sectorSize),
        Column(
            isGauge: false, name: "read_time_seconds_total", help: "The total number of seconds spent by all reads.",
            scale: 1e-3),
        Column(
            isGauge: false, name: "writes_completed_total", help: "The total number of writes completed successfully."),
        Column(isGauge: false, name: "writes_merged_total", help: "The number of writes merged."),
        Column(
            isGauge: false, name: "written_bytes_total", help: "The total number of bytes written successfully.",
            scale: sectorSize),
        Column(
            isGauge: false, name: "write_time_seconds_total",
            help: "This is the total number of seconds spent by all writes.", scale: 1e-3),
        Column(isGauge: true, name: "io_now", help: "The number of I/Os currently in progress."),
        Column(isGauge: false, name: "io_time_seconds_total", help: "Total seconds spent doing I/Os.", scale: 1e-3),
        Column(
            isGauge: false, name: "io_time_weighted_seconds_total", help: "The weighted # of seconds spent doing I/Os.",
            scale: 1e-3),
        Column(
            isGauge: false, name: "discards_completed_total",
            help: "The total number of discards completed successfully."),
        Column(isGauge: false, name: "discards_merged_total", help: "The total number of discards merged."),
        Column(
            isGauge: false, name: "discarded_sectors_total",
            help: "The total number of sectors discarded successfully."),
        Column(
            isGauge: false, name: "discard_time_seconds_total",
            help: "This is the total number of seconds spent by all discards.", scale: 1e-3),
        Column(
            isGauge: false, name: "flush_requests_total",
            help: "The total number of flush requests completed successfully"),
        Column(
            isGauge: false, name: "flush_requests_time_seconds_total",
            help: "This is the total number of seconds spent by all flush requests.", scale: 1e-3),
    ]

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        var disks: [(name: String, major: UInt64, minor: UInt64)] = []
        try collectStatistics(host, &reader, into: &samples, disks: &disks)
        let place = samples.family(.gauge, "node_disk_info", "Info of /sys/block/<block_device>.")
        let known = identities.withLock { $0 }
        var identities: [String: Identity] = [:]
        for disk in disks {
            let block = host.sysfs.folder("block/\(disk.name)")
            reader.enter(block)
            let identity = try Self.identity(block, known: known[disk.name], &reader)
            identities[disk.name] = identity
            let labels = LabelText.make([
                "device": disk.name, "major": String(disk.major), "minor": String(disk.minor),
                "model": identity.model, "rotational": try reader.line(block, name: "queue/rotational") ?? "",
                "serial": identity.serial, "wwn": identity.name,
            ])
            samples.append(1, labels, to: place)
        }
        reader.leave()
        self.identities.withLock { $0 = identities }
    }

    private static func identity(
        _ block: FolderPath, known: Identity?, _ reader: inout FileReader
    ) throws(ExporterError) -> Identity {
        let sequence = try reader.value(block, "diskseq") ?? 0
        if let known, sequence > 0, known.sequence == sequence { return known }
        return Identity(
            sequence: sequence, model: try reader.line(block, name: "device/model") ?? "",
            serial: try reader.line(block, name: "serial") ?? "", name: try reader.line(block, name: "wwid") ?? "")
    }

    private func collectStatistics(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples,
        disks: inout [(name: String, major: UInt64, minor: UInt64)]
    ) throws(ExporterError) {
        try reader.load(host.procfs, "diskstats")
        let places = Self.columns.map { samples.family($0.family) }
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine() {
            guard let major = cursor.nextInteger(), let minor = cursor.nextInteger(), let field = cursor.nextField()
            else { continue }
            let disk = cursor.string(field)
            if Self.isPart(disk) { continue }
            disks.append((disk, major, minor))
            let labels = LabelText.make(["device": disk])
            for (column, place) in zip(Self.columns, places) {
                guard let value = cursor.nextInteger() else { break }
                samples.append(Double(value) * column.scale, labels, to: place)
            }
        }
    }

    /// Whether a device is left out as node-exporter does: partitions, disks in memory, loop and floppy devices.
    static func isPart(_ name: String) -> Bool {
        let digits = name.utf8.reversed().prefix { (48...57).contains($0) }.count
        guard digits > 0 else { return false }
        let stem = String(name.utf8.dropLast(digits)) ?? ""
        if ["ram", "zram", "loop", "fd"].contains(stem) { return true }
        for prefix in ["hd", "sd", "vd", "xvd"]
        where stem.hasPrefix(prefix) && stem.utf8.count == prefix.utf8.count + 1 {
            return true
        }
        return stem.hasPrefix("nvme") && stem.hasSuffix("p")
    }
}
