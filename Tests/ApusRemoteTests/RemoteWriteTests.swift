import ApusBytes
import ApusClient
import ApusModel
import ApusRemote
import ApusTestSupport
import Synchronization
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

    @Test("series that are known by their bytes are not resolved again, and come back when the store forgot them")
    func cachedSeries() {
        let series = { (time: Int64) in
            (0..<300).map { number in
                WrittenSeries(labels: [("__name__", "m"), ("n", "\(number)")], samples: [(1, time)])
            }
        }
        #expect(send(series(1_000)).status == 204)
        #expect(store.resolvedCount == 300)
        #expect(send(series(2_000)).status == 204)
        #expect(store.resolvedCount == 300)
        store.forgetSeries()
        #expect(send(series(3_000)).status == 204)
        #expect(store.sampleCount == 300)
        #expect(send(series(4_000)).status == 204)
        #expect(store.sampleCount == 600)
        #expect(store.resolvedCount == 600)
        #expect(store.state.withLock { $0.batchSizes.max() ?? 0 } <= 101, "batches are bounded")
    }

    @Test("labels that do not lie together, or in no order, are one series with those that do")
    func scatteredLabels() {
        var writer = ProtobufWriter()
        writer.appendMessage(1) { message in
            message.appendMessage(1) { label in
                label.appendText(1, "job")
                label.appendText(2, "j")
            }
            message.appendMessage(2) { sample in
                sample.appendDouble(1, 5)
                sample.appendSigned(2, 1_000)
            }
            message.appendMessage(1) { label in
                label.appendText(1, "__name__")
                label.appendText(2, "a")
            }
            message.appendMessage(1) { label in label.appendText(1, "empty") }
        }
        #expect(send(writer.bytes).status == 204)
        #expect(store[#"a{job="j"}"#] == [.init(5, 1_000)])
    }

    @Test("what the store refuses is answered with 400 in the peers' words, and the rest is stored")
    func refusedSamples() {
        let name = { (text: String) in [("__name__", text)] }
        #expect(send([WrittenSeries(labels: name("a"), samples: [(1, 5_000)])]).status == 204)
        let reply = send([
            WrittenSeries(labels: name("a"), samples: [(2, 4_000), (3, 5_000), (4, 6_000)]),
            WrittenSeries(labels: name("b"), samples: [(1, 1_000_000 + 600_001), (1, 1_000)]),
            WrittenSeries(labels: name("c"), samples: [(7, 1_000)]),
        ])
        #expect(reply.status == 400)
        #expect(
            reply.text == """
                out of order sample for series {__name__="a"}
                duplicate sample for timestamp for series {__name__="a"}
                out of bounds: timestamp is too far in the future for series {__name__="b"}
                """)
        #expect(store["a"] == [.init(1, 5_000), .init(4, 6_000)])
        #expect(store["b"] == [.init(1, 1_000)])
        #expect(store["c"] == [.init(7, 1_000)])
        #expect(metric(#"apus_remote_write_refused_samples_total{reason="out_of_order"}"#) == 1)
        #expect(metric("apus_remote_write_samples_total") == 4)
    }

    @Test("series with bad labels are refused with 400, and the rest is stored")
    func badLabels() {
        let sample = [(value: 1.0, timestamp: Int64(1_000))]
        let reply = send([
            WrittenSeries(labels: [("job", "j")], samples: sample),
            WrittenSeries(labels: [("__name__", "a"), ("x", "1"), ("x", "2")], samples: sample),
            WrittenSeries(labels: [("__name__", "a"), ("", "2")], samples: sample),
            WrittenSeries(labels: [("__name__", "good")], samples: sample),
        ])
        #expect(reply.status == 400)
        #expect(reply.text == #"invalid metric name or labels, got {job="j"} (and 2 more)"#)
        #expect(store["good"] == [.init(1, 1_000)])
        #expect(store.sampleCount == 1)
        #expect(metric("prometheus_api_remote_write_invalid_labels_samples_total") == 3)
        let duplicate = send([
            WrittenSeries(labels: [("x", "1"), ("__name__", "a"), ("x", "2")], samples: sample)
        ])
        #expect(
            duplicate.text
                == #"invalid labels for series, labels {x="1", __name__="a", x="2"}, duplicated label x"#)
        var writer = ProtobufWriter()
        writer.appendMessage(1) { message in
            message.appendMessage(1) { label in
                label.appendText(1, "__name__")
                let bytes: [UInt8] = [0x61, 0xFF]
                label.appendBytes(2, bytes.span)
            }
            message.appendMessage(2) { $0.appendSigned(2, 1_000) }
        }
        #expect(send(writer.bytes).status == 400)
        #expect(store.sampleCount == 1)
    }

    @Test("a series without samples may refer to symbols that are not there: it stores nothing and refuses nothing")
    func badReferencesWithoutSamples() {
        // References 7 and 8, and nothing else.
        let empty: [UInt8] = [0x2A, 4, 0x0A, 2, 7, 8]
        #expect(send(empty, as: Self.version2).status < 300)
        let good = RequestWriter.version2([
            WrittenSeries(labels: [("__name__", "good")], samples: [(value: 1, timestamp: 1_000)])
        ])
        for message in [empty + good, good + empty] {
            #expect(send(message, as: Self.version2).status < 300)
        }
        #expect(store["good"].contains { $0 == .init(1, 1_000) })
        #expect(metric("prometheus_api_remote_write_invalid_labels_samples_total") ?? 0 == 0)
    }

    @Test("histograms are stored with absolute populations, of integers and of floats", arguments: [nil, version2])
    func histograms(contentType: String?) throws {
        var written = WrittenHistogram(
            timestamp: 1_000, sum: 12.5, schema: 3, zeroCount: 2, spans: [(-2, 2), (1, 1)], populations: [3, 5, 1])
        let labels = [("__name__", "h")]
        var float = written
        float.timestamp = 2_000
        float.isFloat = true
        float.hint = 3
        var custom = WrittenHistogram(timestamp: 3_000, sum: 1, schema: -53, zeroThreshold: 0)
        custom.spans = [(0, 2)]
        custom.populations = [1, 2]
        custom.customBounds = [0.5, 1]
        let marker = WrittenHistogram(timestamp: 4_000, sum: SpecialValue.staleMarker)
        let reply = send(
            [WrittenSeries(labels: labels, histograms: [written, float, custom, marker])], as: contentType)
        #expect(reply == RemoteWriteReply(status: 204, fields: reply.fields), "\(reply.text)")
        let stored = store["h"]
        try #require(stored.count == 4)
        let first = try #require(stored[0].histogram)
        #expect(first.positiveBuckets == [3, 5, 1])
        #expect(first.positiveSpans == [.init(offset: -2, length: 2), .init(offset: 1, length: 1)])
        #expect(first.count == 11)
        #expect(first.zeroCount == 2)
        #expect(first.sum == 12.5)
        #expect(first.schema == 3)
        let second = try #require(stored[1].histogram)
        #expect(second.positiveBuckets == first.positiveBuckets)
        #expect(second.counterResetHint == .gauge)
        #expect(stored[2].histogram?.customBounds == [0.5, 1])
        #expect(stored[3] == .init(SpecialValue.staleMarker, 4_000))
        #expect(metric("apus_remote_write_histograms_total") == 3)

        written.timestamp = 5_000
        written.schema = 10
        written.spans = [(1, 3)]
        #expect(send([WrittenSeries(labels: labels, histograms: [written])], as: contentType).status == 204)
        let reduced = try #require(store["h"].last?.histogram)
        #expect(reduced.schema == 8)
        #expect(reduced.positiveBuckets == [9])
    }

    @Test("a histogram that contradicts itself is refused in the peers' words, and the rest is stored")
    func badHistograms() {
        var bad = WrittenHistogram(timestamp: 1_000, sum: 1, spans: [(0, 2)], populations: [1, 1])
        bad.count = 7
        var negative = WrittenHistogram(timestamp: 1_000, spans: [(0, 1)], populations: [-1])
        negative.count = 0
        let mismatch = WrittenHistogram(timestamp: 1_000, schema: 12, spans: [(0, 5)], populations: [1, 1])
        let schema = WrittenHistogram(timestamp: 1_000, schema: 60)
        let words = [
            "2 observations found in buckets, but the Count field is 7", "observation count is negative",
            "histogram spans specify different number of buckets than provided", "histogram has an invalid schema",
        ]
        for (histogram, expected) in zip([bad, negative, mismatch, schema], words) {
            let reply = send([
                WrittenSeries(labels: [("__name__", "h")], samples: [(1, 500)], histograms: [histogram])
            ])
            #expect(reply.status == 400)
            #expect(reply.text.contains(expected), "\(reply.text)")
            #expect(reply.text.hasSuffix(#"for series {__name__="h"}"#))
        }
        #expect(store["h"] == [.init(1, 500)])
        #expect(metric(#"apus_remote_write_refused_samples_total{reason="invalid_histogram"}"#) == 4)
    }

    @Test("exemplars are stored with their series", arguments: [nil, version2])
    func exemplars(contentType: String?) {
        let reply = send(
            [
                WrittenSeries(
                    labels: [("__name__", "a")], samples: [(1, 1_000)],
                    exemplars: [([("trace_id", "t1")], 0.5, 900), ([("x", "1"), ("x", "2")], 1, 900)])
            ], as: contentType)
        #expect(reply.status == 204, "an exemplar never fails a request")
        let labels = LabelSet([Label(name: "trace_id", value: "t1")])
        #expect(store.exemplars(of: "a") == [Exemplar(labels: labels, value: 0.5, timestamp: 900)])
    }

    @Test("a limit on series keeps new ones out and lets known ones in")
    func seriesLimit() {
        let write = { (names: [String], time: Int64) in
            send(names.map { WrittenSeries(labels: [("__name__", $0)], samples: [(1, time)]) })
        }
        #expect(write(["a", "b"], 1_000).status == 204)
        store.state.withLock { $0.seriesLimit = 3 }
        let reply = write(["a", "c", "d", "b"], 2_000)
        #expect(reply.status == 400)
        #expect(
            reply.text == "the store holds its limit of 3 series; raise the limit or drop series by relabelling "
                + #"for series {__name__="d"}"#, "\(reply.text)")
        #expect(store["a"].count == 2)
        #expect(store["c"].count == 1)
        #expect(store.sampleCount == 5)
    }

    @Test("a store that fails makes the sender send again")
    func failingStore() {
        let series = [WrittenSeries(labels: [("__name__", "a")], samples: [(1, 1_000)])]
        store.state.withLock { $0.failure = .notDurable("disk is full") }
        #expect(send(series) == RemoteWriteReply(status: 500, text: "disk is full"))
        store.state.withLock { $0.failure = nil }
        #expect(send(series).status == 204)
    }

    @Test("types and encodings that are not read are answered with 415")
    func unsupportedMedia() {
        func status(_ contentType: String?, _ encoding: String?) -> Int {
            receiver.receive(body: [0], contentType: contentType, contentEncoding: encoding).status
        }
        #expect(status("application/x-protobuf", "snappy") == 204)
        #expect(status(nil, nil) == 204)
        #expect(status("application/x-protobuf;proto=prometheus.WriteRequest", "Snappy") == 204)
        #expect(status("application/json", "snappy") == 415)
        #expect(status("application/x-protobuf;proto=unknown.Message", "snappy") == 415)
        #expect(status("application/x-protobuf;proto", "snappy") == 415)
        #expect(status("application/x-protobuf", "gzip") == 415)
    }

    @Test("bodies over the limits are refused before memory is taken")
    func largeBodies() throws {
        var limits = RemoteWriteLimits()
        limits.bodyBytes = 100
        limits.decodedBytes = 1_000
        limits.samples = 5
        let small = try RemoteWriteReceiver(store: store, limits: limits, registry: MetricRegistry())
        func status(_ body: [UInt8]) -> Int {
            small.receive(body: body, contentType: nil, contentEncoding: nil).status
        }
        #expect(status(Array(repeating: 0, count: 101)) == 413)
        let zeros = [UInt8](repeating: 0, count: 1_001)
        #expect(status(SnappyBlock.compress(zeros.span)) == 413)
        // A claim of 900 bytes with nothing behind it, and of 2⁶⁰.
        #expect(status([0x84, 0x07]) == 400)
        #expect(status([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]) == 400)
        let many = RequestWriter.version1([
            WrittenSeries(labels: [("__name__", "a")], samples: (0..<6).map { (1, Int64($0)) })
        ])
        #expect(status(SnappyBlock.compress(many.span)) == 400)
        #expect(store.sampleCount == 0)
    }

    @Test("a request that is cut or changed anywhere is stored or refused, and never more", arguments: [nil, version2])
    func hostileRequests(contentType: String?) {
        let series = [
            WrittenSeries(
                labels: [("__name__", "a"), ("job", "j")], samples: [(1, 1_000)],
                exemplars: [([("trace_id", "t1")], 0.5, 900)],
                histograms: [
                    WrittenHistogram(timestamp: 2_000, sum: 1, spans: [(0, 2)], populations: [1, 2])
                ])
        ]
        let message = contentType == nil ? RequestWriter.version1(series) : RequestWriter.version2(series)
        for end in 0..<message.count {
            #expect([204, 400].contains(send(Array(message[..<end]), as: contentType).status))
        }
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<3_000 {
            var changed = message
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                changed[Int.random(in: 0..<changed.count, using: &generator)] = UInt8.random(
                    in: 0...(.max), using: &generator)
            }
            let status = send(changed, as: contentType).status
            #expect([204, 400].contains(status))
        }
        let block = SnappyBlock.compress(message.span)
        for end in 0..<block.count {
            let reply = receiver.receive(
                body: Array(block[..<end]), contentType: contentType, contentEncoding: "snappy")
            #expect(reply.status == 400)
        }
    }
}

struct SeriesCacheTests {
    @Test("a small cache forgets what is not used and still gives every series its samples")
    func boundedCache() throws {
        let store = RecordingStore()
        var limits = RemoteWriteLimits()
        limits.cacheBytes = 1 << 16
        let registry = MetricRegistry()
        let receiver = try RemoteWriteReceiver(store: store, limits: limits, registry: registry)
        var generator = SeededGenerator(seed: 1)
        var expected: [Int: Int] = [:]
        for round in 0..<60 {
            let numbers = (0..<100).map { _ in Int.random(in: 0..<3_000, using: &generator) }
            let series = Set(numbers).map { number in
                expected[number, default: 0] += 1
                return WrittenSeries(
                    labels: [("__name__", "metric_of_some_length"), ("number", "\(number)")],
                    samples: [(Double(number), Int64(round))])
            }
            let message = RequestWriter.version1(series)
            let body = SnappyBlock.compress(message.span)
            #expect(receiver.receive(body: body, contentType: nil, contentEncoding: nil).status == 204)
        }
        for (number, count) in expected {
            let samples = store[#"metric_of_some_length{number="\#(number)"}"#]
            #expect(samples.count == count)
            #expect(samples.allSatisfy { Double(bitPattern: $0.value) == Double(number) })
        }
        let text = String(decoding: registry.expose().body, as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("apus_remote_write_series_cache_bytes ") }
        let bytes = try #require(line.flatMap { Double($0.split(separator: " ")[1]) })
        #expect(bytes <= 131_072)
    }
}
