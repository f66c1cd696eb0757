import ApusBytes
import ApusExposition
import ApusModel
import ApusTestSupport
import Testing

struct ProtobufReaderTests {
    private static let native = HistogramReading(takesNative: true, keepsClassic: false)

    private static func body() -> [UInt8] {
        var builder = FamilyBuilder()
        builder.add(
            "requests_total", type: 0, help: "Requests\nserved", unit: "",
            metrics: [
                { metric in
                    FamilyBuilder.labels([("zone", "é"), ("code", "200")], &metric)
                    metric.appendMessage(3) { counter in
                        counter.appendDouble(1, 7)
                        FamilyBuilder.exemplar(2, "t1", 0.5, seconds: 12, &counter)
                    }
                },
                { metric in
                    FamilyBuilder.labels([("code", "500")], &metric)
                    metric.appendMessage(3) { $0.appendDouble(1, .nan) }
                    metric.appendSigned(6, 1_234)
                },
            ])
        builder.add(
            "temperature_celsius", type: 1, unit: "celsius",
            metrics: [{ metric in metric.appendMessage(2) { $0.appendDouble(1, -3.5) } }])
        builder.add("plain", type: 3, metrics: [{ metric in metric.appendMessage(5) { $0.appendDouble(1, 1) } }])
        builder.add(
            "size", type: 2,
            metrics: [
                { metric in
                    metric.appendMessage(4) { summary in
                        summary.appendUnsigned(1, 3)
                        summary.appendDouble(2, 4.5)
                        summary.appendMessage(3) { quantile in
                            quantile.appendDouble(1, 0.5)
                            quantile.appendDouble(2, 1.5)
                        }
                    }
                }
            ])
        builder.add("latency", type: 4, metrics: [{ histogram(7, &$0) }])
        return builder.body
    }

    /// A histogram in both forms: 2 + 3 + 1 observations, and 1 in the zero bucket.
    private static func histogram(_ count: UInt64, _ metric: inout ProtobufWriter) {
        FamilyBuilder.labels([("path", "/")], &metric)
        metric.appendMessage(7) { histogram in
            histogram.appendUnsigned(1, count)
            histogram.appendDouble(2, 9.5)
            histogram.appendMessage(3) { bucket in
                bucket.appendUnsigned(1, 5)
                bucket.appendDouble(2, 1)
                FamilyBuilder.exemplar(3, "t2", 0.7, seconds: nil, &bucket)
            }
            histogram.appendZigZag(5, 2)
            histogram.appendDouble(6, 0.001)
            histogram.appendUnsigned(7, 1)
            for (offset, length) in [(-1, 2), (3, 1)] {
                histogram.appendMessage(12) { span in
                    span.appendZigZag(1, Int64(offset))
                    span.appendUnsigned(2, UInt64(length))
                }
            }
            histogram.appendZigZags(13, [2, 1, -2])
            FamilyBuilder.exemplar(16, "t3", 0.9, seconds: 20, &histogram)
            FamilyBuilder.exemplar(16, "t4", 0.8, seconds: nil, &histogram)
        }
    }

    private static func read(
        _ body: [UInt8], _ histograms: HistogramReading = .classic, with reader: inout ExpositionReader,
        into scraped: inout ScrapedBody
    ) throws(ExpositionError) -> [String: Double] {
        try reader.read(body.span, format: .protobuf, histograms: histograms, into: &scraped)
        var result: [String: Double] = [:]
        for index in scraped.slots.indices {
            result[reader.labels(of: scraped.slots[index]).description] = scraped.values[index]
        }
        return result
    }

    @Test("families of every type become the series of the text formats, with metadata, times and exemplars")
    func everyType() throws {
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        let values = try Self.read(Self.body(), with: &reader, into: &scraped)
        #expect(values.count == 11)
        #expect(values[#"requests_total{code="200", zone="é"}"#] == 7)
        #expect(values[#"requests_total{code="500"}"#]?.bitPattern == SpecialValue.normalNaNBits)
        #expect(values["temperature_celsius"] == -3.5)
        #expect(values["plain"] == 1)
        #expect(values[#"size{quantile="0.5"}"#] == 1.5)
        #expect(values["size_sum"] == 4.5)
        #expect(values["size_count"] == 3)
        #expect(values[#"latency_bucket{le="1.0", path="/"}"#] == 5)
        #expect(values[#"latency_bucket{le="+Inf", path="/"}"#] == 7)
        #expect(values[#"latency_sum{path="/"}"#] == 9.5)
        #expect(values[#"latency_count{path="/"}"#] == 7)
        #expect(scraped.histograms.isEmpty)
        #expect(scraped.timestamps[1] == 1_234)
        #expect(scraped.timestamps[0] == ScrapedBody.noTimestamp)
        let exemplars = scraped.exemplars.map(\.exemplar)
        #expect(exemplars.map { $0.labels["trace_id"] } == ["t1", "t2"])
        #expect(exemplars.map(\.timestamp) == [12_005, nil])
        let metadata = Dictionary(uniqueKeysWithValues: scraped.metadata.map { ($0.family, $0.metadata) })
        #expect(metadata["requests_total"] == MetricMetadata(type: .counter, help: "Requests\nserved"))
        #expect(metadata["temperature_celsius"] == MetricMetadata(type: .gauge, unit: "celsius"))
        #expect(metadata["latency"]?.type == .histogram)
        #expect(metadata["plain"]?.type == .unknown)
    }

    @Test("a native histogram is one sample, with the classic form beside it when that is wanted")
    func nativeHistogram() throws {
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        let values = try Self.read(Self.body(), Self.native, with: &reader, into: &scraped)
        #expect(values.keys.filter { $0.hasPrefix("latency") } == [#"latency{path="/"}"#])
        let placed = try #require(scraped.histograms.first)
        #expect(scraped.histograms.count == 1)
        #expect(reader.labels(of: scraped.slots[placed.position]).description == #"latency{path="/"}"#)
        #expect(scraped.values[placed.position].isNaN)
        let histogram = placed.histogram
        #expect(histogram.schema == 2)
        #expect(histogram.count == 7)
        #expect(histogram.sum == 9.5)
        #expect(histogram.zeroCount == 1)
        #expect(histogram.zeroThreshold == 0.001)
        #expect(histogram.positiveBuckets == [2, 3, 1])
        #expect(histogram.positiveSpans == [.init(offset: -1, length: 2), .init(offset: 3, length: 1)])
        #expect(scraped.exemplars.map { $0.exemplar.labels["trace_id"] } == ["t1", "t3"])

        let both = HistogramReading(takesNative: true, keepsClassic: true)
        let all = try Self.read(Self.body(), both, with: &reader, into: &scraped)
        #expect(all.keys.filter { $0.hasPrefix("latency") }.count == 5)
        #expect(scraped.histograms.count == 1)
    }

    @Test("a float histogram and a gauge histogram keep their kind")
    func floatAndGauge() throws {
        var builder = FamilyBuilder()
        builder.add(
            "g", type: 5,
            metrics: [
                { metric in
                    metric.appendMessage(7) { histogram in
                        histogram.appendDouble(4, 2.5)
                        histogram.appendZigZag(5, 0)
                        histogram.appendMessage(12) { $0.appendUnsigned(2, 2) }
                        histogram.appendDoubles(14, [1.5, 1])
                    }
                }
            ])
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        _ = try Self.read(builder.body, Self.native, with: &reader, into: &scraped)
        let histogram = try #require(scraped.histograms.first?.histogram)
        #expect(histogram.positiveBuckets == [1.5, 1])
        #expect(histogram.count == 2.5)
        #expect(histogram.counterResetHint == .gauge)
    }

    @Test("a second body of the same series brings no new slot and no new metadata")
    func steadyState() throws {
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        let first = try Self.read(Self.body(), Self.native, with: &reader, into: &scraped)
        let slots = scraped.slots
        let second = try Self.read(Self.body(), Self.native, with: &reader, into: &scraped)
        #expect(scraped.slots == slots)
        #expect(scraped.newSlots.isEmpty)
        #expect(scraped.metadata.isEmpty)
        #expect(first.keys.sorted() == second.keys.sorted())
        #expect(reader.forget(unseenFor: 1).isEmpty)
    }

    @Test("series have the same slots whether they come as text or as protocol buffers")
    func sharedSlots() throws {
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        let text = Array("# TYPE size summary\nsize{quantile=\"0.5\"} 1.5\nsize_sum 4.5\nplain 1\n".utf8)
        try reader.read(text.span, format: .text, into: &scraped)
        #expect(scraped.newSlots.count == 3)
        _ = try Self.read(Self.body(), with: &reader, into: &scraped)
        #expect(scraped.newSlots.count == 8)
    }

    @Test("a body that is cut or changed anywhere is read or refused, and leaves the reader as it was")
    func hostileBodies() throws {
        let body = Self.body()
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        let expected = try Self.read(body, Self.native, with: &reader, into: &scraped)
        var refused = 0
        for end in 0..<body.count {
            do {
                _ = try Self.read(Array(body[..<end]), Self.native, with: &reader, into: &scraped)
            } catch {
                refused += 1
                #expect(scraped.count == 0)
                #expect(error.description.hasPrefix("byte "), "\(error)")
            }
        }
        #expect(refused == body.count - 5, "only whole families are a body")
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<5_000 {
            var changed = body
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                changed[Int.random(in: 0..<changed.count, using: &generator)] = UInt8.random(
                    in: 0...(.max), using: &generator)
            }
            _ = try? Self.read(changed, Self.native, with: &reader, into: &scraped)
        }
        let after = try Self.read(body, Self.native, with: &reader, into: &scraped)
        #expect(after.keys.sorted() == expected.keys.sorted())
    }

    @Test("what contradicts itself is refused with a reason")
    func refusals() {
        func problem(_ build: (inout FamilyBuilder) -> Void) -> String {
            var builder = FamilyBuilder()
            build(&builder)
            var reader = ExpositionReader()
            var scraped = ScrapedBody()
            do {
                _ = try Self.read(builder.body, Self.native, with: &reader, into: &scraped)
                return "read"
            } catch {
                return error.description
            }
        }
        #expect(problem { $0.add("", type: 1, metrics: []) }.contains("metric name"))
        #expect(
            problem { $0.add("a", type: 1, unit: "seconds", metrics: []) }.contains(
                #"unit "seconds" not a suffix of metric "a""#))
        #expect(problem { $0.add("a_seconds_total", type: 0, unit: "seconds", metrics: []) } == "read")
        let twice: (inout ProtobufWriter) -> Void = { FamilyBuilder.labels([("x", "1"), ("x", "2")], &$0) }
        #expect(problem { $0.add("a", type: 1, metrics: [twice]) }.contains(#"label name "x" is not unique"#))
        let named: (inout ProtobufWriter) -> Void = { FamilyBuilder.labels([("__name__", "b")], &$0) }
        #expect(problem { $0.add("a", type: 1, metrics: [named]) }.contains("is not unique"))
        let unnamed: (inout ProtobufWriter) -> Void = { FamilyBuilder.labels([("", "b")], &$0) }
        #expect(problem { $0.add("a", type: 1, metrics: [unnamed]) } != "read")
        let wrong: (inout ProtobufWriter) -> Void = { Self.histogram(8, &$0) }
        #expect(
            problem { $0.add("h", type: 4, metrics: [wrong]) }.contains(
                "7 observations found in buckets, but the Count field is 8"))
    }

    @Test("what is written as protocol buffers is read back as what the text format has")
    func written() throws {
        func write(_ mediaType: ExpositionMediaType) -> [UInt8] {
            var writer = ExpositionWriter(mediaType)
            let label = { (name: String, value: String) in
                var bytes: [UInt8] = []
                ExpositionText.appendLabel(name, value: value, escaping: .allowUTF8, isFirst: true, to: &bytes)
                return bytes
            }
            let noLabels: [UInt8] = []
            writer.beginFamily("c_total", type: .counter, help: "counts \"x\"")
            writer.appendSample(labels: label("path", "a\"b\\\n").span, value: 2.5)
            writer.appendSample(labels: label("path", "é").span, count: 3)
            writer.beginFamily("h", type: .histogram, help: "")
            for method in ["get", "put"] {
                for (bound, count) in [("0.5", 1), ("+Inf", 4)] as [(String, UInt64)] {
                    writer.appendSample(
                        suffix: "_bucket", labels: label("method", method).span, extraLabel: label("le", bound).span,
                        count: count)
                }
                writer.appendSample(suffix: "_sum", labels: label("method", method).span, value: 7.25)
                writer.appendSample(suffix: "_count", labels: label("method", method).span, count: 4)
            }
            writer.beginFamily("s", type: .summary, help: "")
            writer.appendSample(labels: noLabels.span, extraLabel: label("quantile", "0.9").span, value: 1)
            writer.appendSample(suffix: "_sum", labels: noLabels.span, value: 2)
            writer.appendSample(suffix: "_count", labels: noLabels.span, count: 1)
            writer.beginFamily("g", type: .gauge, help: "")
            writer.appendSample(labels: noLabels.span, value: -1, timestamp: 5_000)
            writer.beginFamily("u", type: .unknown, help: "")
            writer.appendSample(labels: noLabels.span, value: .infinity)
            return writer.finish()
        }
        let accept = ScrapeProtocol.acceptHeader(for: [.protobuf, .text004])
        let mediaType = ExpositionMediaType.negotiated(accept: accept)
        #expect(mediaType.format == .protobuf)
        let text = try readFresh(write(.classicText), as: .text)
        let messages = try readFresh(write(mediaType), as: .protobuf)
        #expect(Set(messages.samples) == Set(text.samples))
        #expect(messages.samples.count == 15)
    }
}
