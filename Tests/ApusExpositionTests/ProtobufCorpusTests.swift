import ApusExposition
import ApusModel
import ApusTestSupport
import Foundation
import Testing

@Suite("Recorded protocol buffers", .enabled(if: SharedData.isPresent, "\(SharedData.absenceComment)"))
struct ProtobufCorpusTests {
    static let pages = [
        "prometheus-3.5.3", "alertmanager-0.33.1", "node-exporter-1.11.1", "pushgateway-1.11.2", "dockerd-20.10.24",
        "dockerd-28.5.2",
    ]

    /// A number that the decoded page has as a number, or as a text where JSON has none.
    private static func number(_ any: Any?) -> Double {
        if let number = any as? NSNumber { return number.doubleValue }
        return (any as? String).flatMap { Double($0) } ?? 0
    }

    /// The series that a decoded page stands for, with their values, and the native histograms' counts and populations.
    private static func expected(
        _ families: [[String: Any]], takesNative: Bool
    ) -> (samples: [LabelSet: UInt64], native: [LabelSet: [Double]]) {
        var samples: [LabelSet: UInt64] = [:]
        var native: [LabelSet: [Double]] = [:]
        for family in families {
            let name = family["name"] as? String ?? ""
            for metric in family["metric"] as? [[String: Any]] ?? [] {
                let labels = metric["labels"] as? [String: String] ?? [:]
                func set(_ suffix: String, _ extra: (String, Double)?, _ value: Double) {
                    var builder = LabelSetBuilder()
                    for (name, value) in labels { builder.set(name, to: value) }
                    builder.set(LabelSet.metricName, to: name + suffix)
                    if let extra {
                        let text = extra.1 == .infinity ? "+Inf" : "\(extra.1)"
                        // Both spell a float with the shortest digits and a point, but for exponents.
                        builder.set(extra.0, to: text.replacing("e-0", with: "e-"))
                    }
                    samples[builder.labelSet()] = (value.isNaN ? SpecialValue.normalNaN : value).bitPattern
                }
                for kind in ["counter", "gauge", "untyped"] {
                    if let one = metric[kind] as? [String: Any] { set("", nil, number(one["value"])) }
                }
                if let summary = metric["summary"] as? [String: Any] {
                    set("_count", nil, number(summary["sample_count"]))
                    set("_sum", nil, number(summary["sample_sum"]))
                    for quantile in summary["quantile"] as? [[String: Any]] ?? [] {
                        set("", ("quantile", number(quantile["quantile"])), number(quantile["value"]))
                    }
                }
                guard let histogram = metric["histogram"] as? [String: Any] else { continue }
                if takesNative, number(histogram["zero_threshold"]) > 0 {
                    set("", nil, .nan)
                    var population = 0.0
                    var populations: [Double] = []
                    for delta in histogram["positive_delta"] as? [Any] ?? [] {
                        population += number(delta)
                        if population > 0 { populations.append(population) }
                    }
                    let newest = samples.keys.first { $0.metricName == name && $0.count == labels.count + 1 }
                    if let newest, labels.isEmpty { native[newest] = populations }
                    continue
                }
                set("_count", nil, number(histogram["sample_count"]))
                set("_sum", nil, number(histogram["sample_sum"]))
                set("_bucket", ("le", .infinity), number(histogram["sample_count"]))
                for bucket in histogram["bucket"] as? [[String: Any]] ?? [] {
                    set("_bucket", ("le", number(bucket["upper_bound"])), number(bucket["cumulative_count"]))
                }
            }
        }
        return (samples, native)
    }

    @Test("a recorded body has the values that an independent decoder found", arguments: pages, [false, true])
    func page(_ name: String, _ takesNative: Bool) throws {
        let body = try SharedData.bytes("expositions/\(name).pb")
        let json = try JSONSerialization.jsonObject(with: Data(SharedData.bytes("expositions/\(name).pb.json")))
        let expected = Self.expected(try #require(json as? [[String: Any]]), takesNative: takesNative)
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        let histograms = HistogramReading(takesNative: takesNative, keepsClassic: false)
        for _ in 0..<2 {
            try reader.read(body.span, format: .protobuf, histograms: histograms, into: &scraped)
            var found: [LabelSet: UInt64] = [:]
            for index in scraped.slots.indices {
                found[Self.withPlainNumbers(reader.labels(of: scraped.slots[index]))] = scraped.values[index].bitPattern
            }
            var wanted: [LabelSet: UInt64] = [:]
            for (labels, value) in expected.samples { wanted[Self.withPlainNumbers(labels)] = value }
            #expect(found.count == wanted.count)
            for (labels, value) in wanted where !Self.isSame(found[labels], value) { Issue.record("\(labels)") }
            for (labels, populations) in expected.native {
                let placed = scraped.histograms.first { reader.labels(of: scraped.slots[$0.position]) == labels }
                #expect(placed?.histogram.positiveBuckets == populations, "\(labels)")
            }
            #expect(
                scraped.histograms.isEmpty == expected.native.isEmpty || !takesNative || !scraped.histograms.isEmpty)
        }
    }

    /// Whether two values are the same but for the last digits, which the reader of JSON does not always get right.
    private static func isSame(_ found: UInt64?, _ wanted: UInt64) -> Bool {
        guard let found else { return false }
        let (a, b) = (Double(bitPattern: found), Double(bitPattern: wanted))
        return found == wanted || (a - b).magnitude <= 4 * a.ulp
    }

    /// The labels with bounds to seven digits, as far as the reader of JSON can be trusted.
    private static func withPlainNumbers(_ labels: LabelSet) -> LabelSet {
        guard let bound = labels["le"], let value = Double(bound.replacing("+Inf", with: "inf")) else { return labels }
        var builder = LabelSetBuilder(labels)
        builder.set("le", to: "\(Float(value))")
        return builder.labelSet()
    }
}
