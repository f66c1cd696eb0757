import ApusModel

/// TCP connections by state, from /proc/net/tcp and tcp6: a line of every connection is read for it, so only where it is asked for.
struct ConnectionCollector: HostCollector {
    let name = "tcpstat"

    /// By the kernel's number less one; source: `include/net/tcp_states.h`.
    private static let states: [String] = [
        "established", "syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "time_wait", "close", "close_wait",
        "last_ack", "listen", "closing",
    ]

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        var counts = [Int](repeating: 0, count: Self.states.count)
        var waiting: (transmit: UInt64, receive: UInt64) = (0, 0)
        try reader.load(host.net, "tcp")
        Self.count(reader.text, &counts, &waiting)
        if try reader.loadIfPresent(host.net, "tcp6") { Self.count(reader.text, &counts, &waiting) }
        let place = samples.family(.gauge, "node_tcp_connection_states", "Number of connection states.")
        for (state, count) in zip(Self.states, counts) where count > 0 {
            samples.append(Double(count), LabelText.make(["state": state]), to: place)
        }
        samples.append(Double(waiting.receive), LabelText.make(["state": "rx_queued_bytes"]), to: place)
        samples.append(Double(waiting.transmit), LabelText.make(["state": "tx_queued_bytes"]), to: place)
    }

    private static func count(
        _ text: Span<UInt8>, _ counts: inout [Int], _ waiting: inout (transmit: UInt64, receive: UInt64)
    ) {
        var cursor = FieldCursor(text)
        guard cursor.nextLine() else { return }
        while cursor.nextLine() {
            cursor.skipFields(3)
            guard let state = cursor.nextField().flatMap({ cursor.integer($0, radix: 16) }), state > 0,
                state <= UInt64(states.count)
            else { continue }
            counts[Int(state) - 1] += 1
            guard let queues = cursor.nextField() else { continue }
            let middle = queues.first { cursor.byte(at: $0) == UInt8(ascii: ":") } ?? queues.upperBound
            waiting.transmit &+= cursor.integer(queues.lowerBound..<middle, radix: 16) ?? 0
            let rest = min(middle + 1, queues.upperBound)..<queues.upperBound
            waiting.receive &+= cursor.integer(rest, radix: 16) ?? 0
        }
    }
}
