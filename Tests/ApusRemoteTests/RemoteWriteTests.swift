import ApusBytes
import ApusClient
import ApusModel
import ApusRemote
import ApusTestSupport
import Testing

struct RemoteWriteTests {
    private let store = RecordingStore()
    private let registry = MetricRegistry()
    private let receiver: RemoteWriteReceiver
    private static let version2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request"

    init() throws {
        var limits = RemoteWriteLimits()
        limits.batchSamples = 100
        receiver = try RemoteWriteReceiver(
            store: store, limits: limits, registry: registry, clock: ManualClock(milliseconds: 1_000_000))
    }

    private func send(_ series: [WrittenSeries], as contentType: String? = "application/x-protobuf") -> RemoteWriteReply
    {
        let isVersion2 = contentType == Self.version2
        let message = isVersion2 ? RequestWriter.version2(series) : RequestWriter.version1(series)
        return send(message, as: contentType)
    }

    private func send(_ message: [UInt8], as contentType: String? = "application/x-protobuf") -> RemoteWriteReply {
        receiver.receive(
            body: SnappyBlock.compress(message.span), contentType: contentType, contentEncoding: "snappy")
    }

    private func metric(_ line: String) -> Double? {
        let text = String(decoding: registry.expose().body, as: UTF8.self)
        for candidate in text.split(separator: "\n") where candidate.hasPrefix(line + " ") {
            return Double(candidate.dropFirst(line.utf8.count + 1))
        }
        return nil
    }

    @Test("samples of a request are stored under their labels, in either version", arguments: [nil, version2])
    func plainRequest(contentType: String?) {
        let reply = send(
            [
                WrittenSeries(
                    labels: [("__name__", "a"), ("job", "j")], samples: [(1, 1_000), (2.5, 2_000)]),
                WrittenSeries(labels: [("__name__", "b")], samples: [(SpecialValue.staleMarker, 1_000)]),
                WrittenSeries(labels: [("__name__", "c")]),
            ], as: contentType)
        #expect(reply.status == 204)
        #expect(reply.text == "")
        #expect(store[#"a{job="j"}"#] == [.init(1, 1_000), .init(2.5, 2_000)])
        #expect(store["b"] == [.init(SpecialValue.staleMarker, 1_000)])
        #expect(store.resolvedCount == 2, "a series without samples is not made")
        #expect(metric("apus_remote_write_samples_total") == 3)
        #expect(metric(#"apus_remote_write_requests_total{code="204"}"#) == 1)
        let written = reply.fields.first { $0.name == "X-Prometheus-Remote-Write-Samples-Written" }
        #expect(written?.value == (contentType == nil ? nil : "3"))
    }
}
