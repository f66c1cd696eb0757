import ApusModel

/// Packets that each processor took from the network, from /proc/net/softnet_stat.
struct PacketQueueCollector: HostCollector {
    let name = "softnet"

    /// Columns by their numbers; source: `softnet_seq_show` in the kernel.
    private static let columns: [(column: Int, isGauge: Bool, name: String, help: String)] = [
        (0, false, "processed_total", "Number of processed packets"),
        (1, false, "dropped_total", "Number of dropped packets"),
        (2, false, "times_squeezed_total", "Number of times processing packets ran out of quota"),
        (
            8, false, "cpu_collision_total",
            "Number of collision occur while obtaining device lock while transmitting"
        ),
        (9, false, "received_rps_total", "Number of times cpu woken up received_rps"),
        (10, false, "flow_limit_count_total", "Number of times flow limit has been reached"),
        (11, true, "backlog_len", "Softnet backlog status"),
    ]

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.load(host.net, "softnet_stat")
        let places = Self.columns.map { column in
            samples.family(column.isGauge ? .gauge : .counter, "node_softnet_\(column.name)", column.help)
        }
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
