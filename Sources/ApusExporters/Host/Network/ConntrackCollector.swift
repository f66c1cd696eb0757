/// Connections that the packet filter follows; absent where its module is not loaded.
struct ConntrackCollector: HostCollector {
    let name = "conntrack"

    /// Columns of /proc/net/stat/nf_conntrack, by the names in its first line.
    private static let columns: [(column: String, help: String)] = [
        ("drop", "Number of packets dropped due to conntrack failure."),
        (
            "early_drop",
            "Number of dropped conntrack entries to make room for new ones, if maximum table size was reached."
        ),
        ("found", "Number of searched entries which were successful."),
        ("ignore", "Number of packets seen which are already connected to a conntrack entry."),
        ("insert", "Number of entries inserted into the list."),
        ("insert_failed", "Number of entries for which list insertion was attempted but failed."),
        ("invalid", "Number of packets seen which can not be tracked."),
        (
            "search_restart",
            "Number of conntrack table lookups which had to be restarted due to hashtable resizes."
        ),
    ]

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let folder = host.procfs.folder("sys/net/netfilter")
        guard let count = try reader.value(folder, "nf_conntrack_count"),
            let limit = try reader.value(folder, "nf_conntrack_max")
        else { throw .absent("the connection tracking of the kernel") }
        samples.gauge(
            "node_nf_conntrack_entries", "Number of currently allocated flow entries for connection tracking.",
            Double(count))
        samples.gauge("node_nf_conntrack_entries_limit", "Maximum size of connection tracking table.", Double(limit))
        guard try reader.loadIfPresent(host.net, "stat/nf_conntrack") else { return }
        var cursor = FieldCursor(reader.text)
        guard cursor.nextLine() else { return }
        var names: [String] = []
        while let name = cursor.nextField() { names.append(cursor.string(name)) }
        var sums = [UInt64](repeating: 0, count: names.count)
        while cursor.nextLine() {
            var index = 0
            while index < sums.count, let field = cursor.nextField() {
                sums[index] &+= cursor.integer(field, radix: 16) ?? 0
                index += 1
            }
        }
        for (column, help) in Self.columns {
            guard let index = names.firstIndex(of: column) else { continue }
            samples.gauge("node_nf_conntrack_stat_\(column)", help, Double(sums[index]))
        }
    }
}
