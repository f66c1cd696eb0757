import ApusConfig
import ApusExposition
import ApusModel
import ApusPromQL

/// What people and programs write: expositions, expressions, configurations.
enum TextTargets {
    static let all = [
        exposition("exposition-text", .text, seeds: textSeeds),
        exposition("exposition-openmetrics", .openMetrics, seeds: openMetricsSeeds),
        exposition("exposition-protobuf", .protobuf, seeds: protobufSeeds),
        expression, series, configuration, targetGroups,
    ]

    // MARK: Expositions

    /// A body that is read twice goes the way of known lines the second time, and must give the same.
    private static func exposition(_ name: String, _ format: ExpositionFormat, seeds: [[UInt8]]) -> FuzzTarget {
        FuzzTarget(name, seeds: seeds) { bytes in
            for histograms in format == .protobuf
                ? [HistogramReading.classic, HistogramReading(takesNative: true, keepsClassic: true)] : [.classic]
            {
                var reader = ExpositionReader()
                guard let first = read(bytes, format, histograms, &reader) else { continue }
                guard let second = read(bytes, format, histograms, &reader) else {
                    preconditionFailure("a body that was read is refused the second time")
                }
                demand(first.slots == second.slots, "series differ when a body is read again")
                demand(
                    first.values.map(\.bitPattern) == second.values.map(\.bitPattern)
                        && first.timestamps == second.timestamps,
                    "samples differ when a body is read again")
                demand(second.newSlots.isEmpty, "a body that is read again has new series")
                for slot in first.newSlots {
                    demand(
                        LabelSet(validating: reader.labels(of: slot).run) != nil, "labels of a series are out of order")
                }
            }
        }
    }

    private static func read(
        _ bytes: [UInt8], _ format: ExpositionFormat, _ histograms: HistogramReading,
        _ reader: inout ExpositionReader
    ) -> ScrapedBody? {
        var body = ScrapedBody()
        do throws(ExpositionError) {
            try reader.read(bytes.span, format: format, histograms: histograms, into: &body)
        } catch {
            demand(error.line >= 0 && !error.description.isEmpty, "an error without a place")
            return nil
        }
        return body
    }

    private static let textSeeds = [
        """
        # HELP http_requests_total The \\n total.
        # TYPE http_requests_total counter
        http_requests_total{method="post",code="200"} 1027 1395066363000
        http_requests_total{method="post",code="400"}    3 1395066363000
        # TYPE rpc summary
        rpc{quantile="0.5"} 4773
        rpc_sum 1.7560473e+07
        rpc_count 2693
        # TYPE h histogram
        h_bucket{le="0.1"} 1
        h_bucket{le="+Inf"} 2
        h_sum NaN
        h_count 2
        {"with.dots","a.b"="\\"x\\\\"} -Inf

        """,
        "a 1\nb{} 0x1p-3\n c{d=\"e\",} +Inf 5\n",
    ].map { Array($0.utf8) }

    private static let openMetricsSeeds = [
        """
        # TYPE foo counter
        # UNIT foo_seconds seconds
        # HELP foo Help with \\\\ and \\n.
        foo_total{a="b"} 17.0 1520879607.789 # {trace_id="x"} 0.67 1520879607.7
        foo_created{a="b"} 1520872607.123
        # TYPE h histogram
        h_bucket{le="1.0"} 3 # {} 0.5
        h_bucket{le="+Inf"} 4
        h_count 4
        h_sum 5.5
        # TYPE s stateset
        s{s="on"} 1
        # TYPE i info
        i_info{v="1"} 1
        # EOF

        """
    ].map { Array($0.utf8) }

    /// Two families: a counter with a label, and a native histogram; each behind its length.
    private static let protobufSeeds: [[UInt8]] = {
        let label = field(1, joined(field(1, "a"), field(2, "b")))
        let counter = field(4, joined(label, field(3, joined([9], double(5)))))
        let histogram = field(
            7,
            joined(
                [8, 7, 0x11], double(2.5), [0x28, 2, 0x31], double(0.001), [0x38, 1], field(12, [8, 0, 16, 2]),
                field(13, [6, 2])))
        return [
            delimited(joined(field(1, "c_total"), field(2, "help"), [0x18, 0], counter)),
            delimited(joined(field(1, "h"), [0x18, 4], field(4, histogram))),
        ]
    }()

    private static func field(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        joined([number << 3 | 2, UInt8(bytes.count)], bytes)
    }

    private static func delimited(_ bytes: [UInt8]) -> [UInt8] { joined([UInt8(bytes.count)], bytes) }

    private static func double(_ value: Double) -> [UInt8] { StoreTemplate.littleEndian(value.bitPattern) }

    // MARK: Expressions

    /// What is printed of an expression must be read back to what prints the same.
    private static let expression = FuzzTarget("promql", seeds: expressionSeeds) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        guard let expression = try? Parser.parse(text) else { return }
        let printed = expression.description
        let again: Expression
        do throws(ParseError) { again = try Parser.parse(printed) } catch {
            // A text at the limit of the parser may become longer or deeper by its parentheses.
            if text.utf8.count > 500 { return }
            preconditionFailure("\(printed.debugDescription) is printed and cannot be read: \(error)")
        }
        demand(again.description == printed, "printed as \(printed), then as \(again.description)")
    }

    private static let series = FuzzTarget("promql-series", seeds: [Array("a{b=\"c\", d='e'}".utf8)]) { bytes in
        guard let labels = try? Parser.parseSeries(String(decoding: bytes, as: UTF8.self)) else { return }
        demand(LabelSet(validating: labels.run) != nil, "the labels of a series are out of order")
    }

    private static let expressionSeeds = [
        "sum by (job, le) (rate(http_requests_total{code=~\"5..\",job!=\"x\"}[5m:30s] offset -1h @ start()))",
        "histogram_quantile(0.9, a) > bool 1 and on(b) group_left(c) (d unless -e ^ 2)",
        "topk(3, {\"a.b\", c='d'}) + count_values without () (\"v\", 0x1F) % 1e3 atan2 Inf",
        "label_replace(a @ 123.5, \"b\", \"$1\", \"c\", \"(.*)\") or vector(time())",
        "avg_over_time((a > 0)[1h30m:]) * 2 # comment",
    ].map { Array($0.utf8) }

    // MARK: Configurations

    private static let configuration = FuzzTarget("configuration", seeds: configurationSeeds) { bytes in
        // Includes would be looked for on the disk of whoever runs this.
        let text = String(decoding: bytes, as: UTF8.self)
        if text.contains("files") { return }
        do throws(ConfigurationError) {
            _ = try Configuration.parse(bytes, file: "/nowhere/apus.yml") { $0 == "SET" ? "value" : nil }
        } catch {
            demand(!error.description.isEmpty, "an error without a text")
        }
    }

    private static let targetGroups = FuzzTarget("target-groups", seeds: targetGroupSeeds) { bytes in
        do throws(ConfigurationError) {
            _ = try TargetGroupFile.parse(bytes, file: "/nowhere/targets.json")
        } catch {
            demand(!error.description.isEmpty, "an error without a text")
        }
    }

    private static let configurationSeeds = [
        """
        global: {scrape_interval: 15s, external_labels: {region: "${SET}-$$"}}
        scrape_configs:
          - job_name: a
            scheme: https
            basic_auth: {username: u, password: p}
            tls_config: {insecure_skip_verify: true}
            static_configs: [{targets: ["localhost:9090", "[::1]:1"], labels: {x: "y"}}]
            relabel_configs:
              - {source_labels: [__address__], regex: "(.*):.*", target_label: host, replacement: "$1", action: replace}
              - {regex: "tmp_.*", action: labeldrop}
              - {source_labels: [a, b], modulus: 8, target_label: s, action: hashmod}
        storage: {tsdb: {out_of_order_time_window: 30m}}
        """,
        "a: &x [1, 2]\nb: *x\nc: !!str 5\nd: |\n  text\ne: >-\n  folded\n",
    ].map { Array($0.utf8) }

    private static let targetGroupSeeds = [
        "[{\"targets\": [\"a:1\"], \"labels\": {\"b\": \"c\"}}]", "- targets: [a:1, b:2]\n  labels:\n    c: d\n",
    ].map { Array($0.utf8) }
}
