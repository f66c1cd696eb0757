import ApusBytes
import ApusClient
import ApusModel
import ApusRemote
import ApusTestSupport
import Synchronization
import Testing

@Suite("Metadata of remote-write requests")
struct RemoteMetadataTests {
    private let store = RecordingStore()
    private let registry = MetricRegistry()
    private let clock = ManualClock(milliseconds: 1_000_000)
    private let receiver: RemoteWriteReceiver

    init() throws {
        receiver = try RemoteWriteReceiver(store: store, registry: registry, clock: clock)
    }

    @discardableResult
    private func send(_ message: [UInt8], isVersion2: Bool = false) -> RemoteWriteReply {
        receiver.receive(
            body: SnappyBlock.compress(message.span),
            contentType: isVersion2 ? "application/x-protobuf;proto=io.prometheus.write.v2.Request" : nil,
            contentEncoding: "snappy")
    }

    private func metric(_ name: String) -> Double? {
        let text = String(decoding: registry.expose().body, as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { Double($0.dropFirst(name.utf8.count + 1)) }
    }

    private static let types: [MetricType] = [
        .unknown, .counter, .gauge, .histogram, .gaugeHistogram, .summary, .info, .stateSet,
    ]

    @Test("type, help and unit of families reach the store, also without any sample")
    func version1() {
        let written = Self.types.indices.map {
            WrittenMetadata(type: UInt64($0), family: "family_\($0)", help: "Help \($0): ü.", unit: "seconds")
        }
        #expect(send(RequestWriter.version1([], metadata: written)).status == 204)
        for (number, type) in Self.types.enumerated() {
            let expected = MetricMetadata(type: type, help: "Help \(number): ü.", unit: "seconds")
            #expect(store.metadata["family_\(number)"] == expected)
        }
        #expect(metric("apus_remote_write_metadata_total") == Double(Self.types.count))
    }

    @Test("a type that is not known is unknown")
    func unknownType() {
        send(RequestWriter.version1([], metadata: [WrittenMetadata(type: 99, family: "f", help: "h")]))
        #expect(store.metadata == ["f": MetricMetadata(type: .unknown, help: "h")])
    }

    @Test("what a series of a 2.0 request says is kept for its family, whose name has no suffix of a part")
    func version2() {
        func series(_ name: String, _ type: UInt64) -> WrittenSeries {
            WrittenSeries(
                labels: [("__name__", name), ("n", "1")], samples: [(1, 1_000)],
                metadata: WrittenMetadata(type: type, help: "Of \(name).", unit: "bytes"))
        }
        let message = RequestWriter.version2([
            series("requests_total", 1), series("size", 2), series("took_seconds_bucket", 3), series("native", 3),
            series("queue_gcount", 4), series("quantiles_sum", 5), series("_sum", 5), series("build_info", 6),
            WrittenSeries(labels: [("__name__", "silent")], samples: [(1, 1_000)]),
        ])
        #expect(send(message, isVersion2: true).status == 204)
        #expect(
            store.metadata.mapValues(\.type) == [
                "requests_total": .counter, "size": .gauge, "took_seconds": .histogram, "native": .histogram,
                "queue": .gaugeHistogram, "quantiles": .summary, "_sum": .summary, "build_info": .info,
            ])
        #expect(store.metadata["size"] == MetricMetadata(type: .gauge, help: "Of size.", unit: "bytes"))
    }

    @Test("what a family said before is not handed over again until it changes, or ten minutes are over")
    func repetitions() {
        func say(_ help: String) {
            send(RequestWriter.version1([], metadata: [WrittenMetadata(type: 1, family: "f", help: help)]))
            let series = (0..<50).map { number in
                WrittenSeries(
                    labels: [("__name__", "g"), ("n", "\(number)")], samples: [(1, 1_000)],
                    metadata: WrittenMetadata(type: 2, help: help))
            }
            send(RequestWriter.version2(series), isVersion2: true)
        }
        for _ in 0..<5 { say("first") }
        #expect(store.rememberedCount == 2)
        say("second")
        #expect(store.rememberedCount == 4)
        say("first")
        #expect(store.rememberedCount == 6)
        #expect(store.metadata["f"]?.help == "first")
        clock.advance(milliseconds: 600_000)
        say("first")
        #expect(store.rememberedCount == 8)
    }

    @Test("metadata without a name, with text that is no UTF-8 or that the request lacks is left out and counted")
    func invalid() {
        send(
            RequestWriter.version1(
                [],
                metadata: [
                    WrittenMetadata(type: 1, family: "", help: "nameless"),
                    WrittenMetadata(type: 1, family: "good", help: "h"),
                ]))
        let invalidText: [UInt8] = [0xFF, 0xC3]
        var writer = ProtobufWriter()
        writer.appendMessage(3) { message in
            message.appendUnsigned(1, 1)
            message.appendText(2, "broken")
            message.appendBytes(4, invalidText.span)
        }
        #expect(send(writer.bytes).status == 204)
        writer = ProtobufWriter()
        writer.appendText(4, "")
        writer.appendText(4, "__name__")
        writer.appendMessage(5) { series in
            series.appendUnsigneds(1, [1, 0])
            series.appendMessage(5) { $0.appendUnsigned(3, 1_000_000_000_000) }
        }
        #expect(send(writer.bytes, isVersion2: true).status == 204)
        #expect(store.metadata == ["good": MetricMetadata(type: .counter, help: "h")])
        #expect(metric("apus_remote_write_invalid_metadata_total") == 3)
    }

    @Test("a request whose samples are refused still says what families are")
    func refusedSamples() {
        store.state.withLock { $0.seriesLimit = 0 }
        let message = RequestWriter.version1(
            [WrittenSeries(labels: [("__name__", "f")], samples: [(1, 1_000)])],
            metadata: [WrittenMetadata(type: 2, family: "f", help: "h")])
        #expect(send(message).status == 400)
        #expect(store.metadata["f"] == MetricMetadata(type: .gauge, help: "h"))
    }
}
