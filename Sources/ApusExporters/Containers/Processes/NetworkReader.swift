/// Reads the files of a network namespace, through one of its processes.
enum NetworkReader {
    /// Interfaces that are told of in one namespace.
    private static let maximumInterfaces = 256

    /// Traffic of the interfaces, from the file `dev`; those that are left out belong to other containers, as with
    /// cAdvisor.
    static func interfaces(
        _ net: FolderPath, _ reader: inout FileReader
    ) throws(ExporterError) -> [NetworkUsage] {
        guard try reader.loadIfPresent(net, "dev") else { return [] }
        var usages: [NetworkUsage] = []
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine(), usages.count < maximumInterfaces {
            // The two lines of headings have no colon.
            guard let name = cursor.field(before: UInt8(ascii: ":")), !isIgnored(name, in: cursor),
                let received = counts(&cursor)
            else { continue }
            cursor.skipFields(4)
            guard let transmitted = counts(&cursor) else { continue }
            usages.append(NetworkUsage(interface: cursor.string(name), received: received, transmitted: transmitted))
        }
        return usages
    }

    /// The first four columns of each half: bytes, packets, errs, drop.
    private static func counts(_ cursor: inout FieldCursor) -> TrafficCounts? {
        guard let bytes = cursor.nextInteger(), let packets = cursor.nextInteger(), let errors = cursor.nextInteger(),
            let dropped = cursor.nextInteger()
        else { return nil }
        return TrafficCounts(bytes: bytes, packets: packets, errors: errors, dropped: dropped)
    }

    private static func isIgnored(_ name: Range<Int>, in cursor: borrowing FieldCursor) -> Bool {
        cursor.isField(name, "lo") || cursor.hasPrefix(name, "veth") || cursor.hasPrefix(name, "docker")
            || cursor.hasPrefix(name, "nerdctl")
    }

    /// Sockets by state, or queues, from a table such as `tcp`; `nil` where there is none.
    static func connections(
        _ table: ConnectionTable, _ net: FolderPath, _ reader: inout FileReader
    ) throws(ExporterError) -> ConnectionUsage? {
        guard try reader.loadIfPresent(net, table.file) else { return nil }
        var counts = [UInt64](repeating: 0, count: table.states.count)
        var cursor = FieldCursor(reader.text)
        // The first line is the heading.
        guard cursor.nextLine() else { return nil }
        while cursor.nextLine() {
            cursor.skipFields(3)
            guard let state = cursor.nextField() else { continue }
            if table.isTCP {
                // States count from 1 in the kernel's order, which is that of the labels.
                guard let number = cursor.integer(state, radix: 16), number >= 1, number <= UInt64(counts.count) else {
                    continue
                }
                counts[Int(number) - 1] += 1
                continue
            }
            // tx_queue:rx_queue in hexadecimal digits; the last column counts what was dropped.
            counts[0] += 1
            guard let queues = cursor.nextField() else { continue }
            if queues.count == 17 {
                counts[3] &+= cursor.integer(queues.prefix(8), radix: 16) ?? 0
                counts[2] &+= cursor.integer(queues.suffix(8), radix: 16) ?? 0
            }
            cursor.skipFields(7)
            counts[1] &+= cursor.nextInteger() ?? 0
        }
        return ConnectionUsage(table: table, counts: counts)
    }
}

/// A table of sockets in /proc/PID/net.
enum ConnectionTable: Int, CaseIterable, Sendable {
    case tcp
    case tcp6
    case udp
    case udp6

    var isTCP: Bool { self == .tcp || self == .tcp6 }

    var file: StaticString {
        switch self {
        case .tcp: "tcp"
        case .tcp6: "tcp6"
        case .udp: "udp"
        case .udp6: "udp6"
        }
    }

    /// The label's name and values in the order of the counts.
    var label: String { isTCP ? "tcp_state" : "udp_state" }

    /// The label's values in the order of the counts.
    var states: [String] {
        isTCP
            ? [
                "established", "synsent", "synrecv", "finwait1", "finwait2", "timewait", "close", "closewait",
                "lastack", "listen", "closing",
            ] : ["listen", "dropped", "rxqueued", "txqueued"]
    }
}
