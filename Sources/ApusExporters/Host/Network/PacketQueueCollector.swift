import ApusModel

/// Packets that each processor took from the network, from /proc/net/softnet_stat.
struct PacketQueueCollector: HostCollector {
    let name = "softnet"

    /// Columns by their numbers; source: `softnet_seq_show` in the kernel.
    private static let columns: [(column: Int, family: FamilyHeading)] = [
        (0, heading(.counter, "processed_total", "Number of processed packets")),
        (1, heading(.counter, "dropped_total", "Number of dropped packets")),
        (2, heading(.counter, "times_squeezed_total", "Number of times processing packets ran out of quota")),
        (
            8,
            heading(
                .counter, "cpu_collision_total",
                "Number of collision occur while obtaining device lock while transmitting")
        ),
        (9, heading(.counter, "received_rps_total", "Number of times cpu woken up received_rps")),
        (10, heading(.counter, "flow_limit_count_total", "Number of times flow limit has been reached")),
        (11, heading(.gauge, "backlog_len", "Softnet backlog status")),
    ]

    private static func heading(_ type: MetricType, _ name: String, _ help: String) -> FamilyHeading {
        FamilyHeading(type, "node_softnet_\(name)", help)
    }

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.load(host.net, "softnet_stat")
        let places = Self.columns.map { samples.family($0.family) }
        var cursor = FieldCursor(reader.text)
        var line = 0
        while cursor.nextLine() {
            var values: [UInt64] = []
            while let field = cursor.nextField(), let value = cursor.integer(field, radix: 16) { values.append(value) }
            guard !values.isEmpty else { continue }
            // Newer kernels say which processor it is; those that are switched off have no line.
            let processor = values.count > 12 ? values[12] : UInt64(line)
            let labels = LabelText.make(["cpu": String(processor)])
            for (column, place) in zip(Self.columns, places) where column.column < values.count {
                samples.append(Double(values[column.column]), labels, to: place)
            }
            line += 1
        }
    }
}
