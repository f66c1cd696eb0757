import ApusExposition
import ApusModel
import ApusTestSupport
import Foundation
import Testing

@Suite("Recorded expositions", .enabled(if: SharedData.isPresent, "\(SharedData.absenceComment)"))
struct CorpusTests {
    /// Number of samples per file, as the collection's own description gives it.
    static let pages: [(String, Int)] = [
        ("expositions/prometheus-3.5.3.prom", 650), ("expositions/alertmanager-0.33.1.prom", 458),
        ("expositions/node-exporter-1.11.1.prom", 893), ("expositions/pushgateway-1.11.2.prom", 68),
        ("expositions/victoria-metrics-1.145.0.prom", 927), ("expositions/dockerd-20.10.24.prom", 465),
        ("expositions/dockerd-28.5.2.prom", 504), ("expositions/python-client-0.26.0.om", 62),
        ("expositions/python-client-0.26.0.utf8.om", 62), ("expositions/python-client-0.26.0.prom", 62),
        ("expositions/python-client-0.26.0.utf8.prom", 62),
        ("expositions/cadvisor-testdata/prometheus_metrics.prom", 287),
        ("expositions/cadvisor-testdata/prometheus_machine_metrics.prom", 66),
    ]

    private static func format(_ path: String) -> ExpositionFormat {
        path.contains(".om") ? .openMetrics : .text
    }

    @Test("a recorded page has the samples it should have, the same when it is read again", arguments: pages)
    func page(_ path: String, _ count: Int) throws {
        let body = try SharedData.bytes(path)
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        let first = try read(body, as: Self.format(path), with: &reader, into: &scraped)
        #expect(first.samples.count == count)
        #expect(scraped.newSlots.count == count)
        #expect(Set(first.samples.map(\.labels)).count == count)
        let second = try read(body, as: Self.format(path), with: &reader, into: &scraped)
        #expect(second == first)
        #expect(scraped.newSlots.isEmpty && scraped.metadata.isEmpty)
    }

    @Test("the parser conformance pages give the same samples with and without metadata")
    func textparse() throws {
        let folder = "conformance/textparse/"
        let with = try readFresh(SharedData.bytes(folder + "alltypes.237mfs.prom.txt"))
        let without = try readFresh(SharedData.bytes(folder + "alltypes.237mfs.nometa.prom.txt"))
        #expect(with.samples.count == without.samples.count)
        #expect(with.samples.map(\.bits) == without.samples.map(\.bits))
        #expect(with.samples.count > 1_000)
        #expect(try readFresh(SharedData.bytes(folder + "alltypes.5mfs.om.txt"), as: .openMetrics).samples.count > 10)
        #expect(try readFresh(SharedData.bytes(folder + "1histogram.om.txt"), as: .openMetrics).samples.count > 10)
    }

    @Test(
        "text and protobuf of one target name the same series, with the same values where they do not move",
        arguments: [
            "dockerd-20.10.24", "dockerd-28.5.2", "node-exporter-1.11.1", "alertmanager-0.33.1", "prometheus-3.5.3",
        ])
    func protobuf(_ name: String) throws {
        let text = try readFresh(SharedData.bytes("expositions/\(name).prom"))
        var values: [LabelSet: UInt64] = [:]
        for sample in text.samples { values[sample.labels] = sample.bits }
        let decoded = try JSONSerialization.jsonObject(with: Data(SharedData.bytes("expositions/\(name).pb.json")))
        let families = try #require(decoded as? [[String: Any]])
        var compared = 0
        var equal = 0
        for (labels, value) in families.flatMap(Self.simpleSamples) {
            guard let bits = values[labels] else {
                Issue.record("\(labels) is not among the samples of the text")
                continue
            }
            compared += 1
            if value.bitPattern == bits { equal += 1 }
        }
        // The two were taken a moment apart: counters of time and requests move, most others do not.
        #expect(compared > 50)
        #expect(equal * 10 > compared * 7, "\(equal) of \(compared) values are equal")
    }

    /// The counters, gauges and untyped samples of a decoded protobuf family.
    private static func simpleSamples(_ family: [String: Any]) -> [(LabelSet, Double)] {
        guard let name = family["name"] as? String else { return [] }
        return (family["metric"] as? [[String: Any]] ?? []).compactMap { metric in
            let carrier = ["counter", "gauge", "untyped"].compactMap { metric[$0] as? [String: Any] }.first
            guard let carrier else { return nil }
            var labels = [Label(name: LabelSet.metricName, value: name)]
            for (name, value) in metric["labels"] as? [String: String] ?? [:] {
                labels.append(Label(name: name, value: value))
            }
            let value: Double =
                switch carrier["value"] {
                case let number as NSNumber: number.doubleValue
                case let text as String: Double(text) ?? .nan
                default: 0
                }
            return (LabelSet(labels), value.isNaN ? SpecialValue.normalNaN : value)
        }
    }

    @Test("every good OpenMetrics conformance case is read")
    func conformanceGood() throws {
        let files = try SharedData.files(in: "expositions/openmetrics-conformance/good", endingWith: [".om"])
        #expect(files.count == 33)
        for file in files {
            do {
                _ = try readFresh(Array(Data(contentsOf: file)), as: .openMetrics)
            } catch {
                Issue.record("\(file.lastPathComponent): \(error)")
            }
        }
    }

    @Test("bad OpenMetrics conformance cases are refused as far as a scrape is strict")
    func conformanceBad() throws {
        let files = try SharedData.files(in: "expositions/openmetrics-conformance/bad", endingWith: [".om"])
        var accepted: [String] = []
        for file in files {
            let body = Array(try Data(contentsOf: file))
            if (try? readFresh(body, as: .openMetrics)) != nil { accepted.append(file.lastPathComponent) }
        }
        // What remains is about the meaning of families, which Prometheus does not check when it scrapes either.
        #expect(accepted.count <= 64, "accepted: \(accepted.joined(separator: " "))")
    }

    @Test("the text format's fuzz corpus is read and refused as a scrape should")
    func fuzzCorpus() throws {
        // Valid for Prometheus' scrapes; only a linter refuses them: no final newline, an unknown escape, repeated or late
        // metadata, a bound that is no number.
        let lenient: Set<String> = ["0", "1", "7", "12", "13", "14", "19"]
        for file in try SharedData.files(in: "expositions/expfmt-testdata/fuzz-corpus") {
            let name = file.lastPathComponent
            let isError = name.hasPrefix("from_test_parse_error_")
            let number = name.split(separator: "_").last.map(String.init) ?? ""
            let shouldRead = !isError || lenient.contains(number)
            let body = Array(try Data(contentsOf: file))
            let outcome = Result { () throws(ExpositionError) in try readFresh(body) }
            switch outcome {
            case .success: #expect(shouldRead, "\(name) was read")
            case .failure(let error): #expect(!shouldRead, "\(name): \(error)")
            }
        }
    }

    /// What the strict check says of a body; `nil` when it is valid.
    private static func problem(_ body: [UInt8], _ format: ExpositionFormat) -> ExpositionError? {
        do throws(ExpositionError) {
            try ExpositionCheck.check(body.span, format: format)
            return nil
        } catch {
            return error
        }
    }

    @Test("the strict check takes every good OpenMetrics conformance case and refuses every bad one with a place")
    func strictOpenMetrics() throws {
        for file in try SharedData.files(in: "expositions/openmetrics-conformance/good", endingWith: [".om"]) {
            let problem = Self.problem(Array(try Data(contentsOf: file)), .openMetrics)
            #expect(problem == nil, "\(file.lastPathComponent): \(problem.map { "\($0)" } ?? "")")
        }
        let bad = try SharedData.files(in: "expositions/openmetrics-conformance/bad", endingWith: [".om"])
        #expect(bad.count == 136)
        for file in bad {
            let problem = Self.problem(Array(try Data(contentsOf: file)), .openMetrics)
            #expect((problem?.line ?? 0) > 0, "\(file.lastPathComponent) is taken")
        }
    }

    @Test("the strict check takes every recorded page")
    func strictPages() throws {
        for (path, _) in Self.pages {
            let problem = Self.problem(try SharedData.bytes(path), Self.format(path))
            #expect(problem == nil, "\(path): \(problem.map { "\($0)" } ?? "")")
        }
        #expect(Self.problem(try SharedData.bytes("expositions/expfmt-testdata/prometheus.prom"), .text) == nil)
    }

    @Test("the strict check agrees with the text format's fuzz corpus")
    func strictFuzzCorpus() throws {
        let files = try SharedData.files(in: "expositions/expfmt-testdata/fuzz-corpus")
        #expect(files.count == 26)
        for file in files {
            let isBad = file.lastPathComponent.hasPrefix("from_test_parse_error_")
            let problem = Self.problem(Array(try Data(contentsOf: file)), .text)
            #expect((problem != nil) == isBad, "\(file.lastPathComponent): \(problem.map { "\($0)" } ?? "taken")")
        }
    }

    @Test("a page cut at any byte is read or refused, and the whole page is read as before")
    func truncated() throws {
        for (path, step) in [("python-client-0.26.0.utf8.om", 3), ("pushgateway-1.11.2.prom", 17)] {
            let body = try SharedData.bytes("expositions/" + path)
            var reader = ExpositionReader()
            var scraped = ScrapedBody()
            let whole = try read(body, as: Self.format(path), with: &reader, into: &scraped)
            for length in stride(from: 0, to: body.count, by: step) {
                let cut = Array(body[..<length])
                let again = try? read(cut, as: Self.format(path), with: &reader, into: &scraped)
                #expect(again == (try? readFresh(cut, as: Self.format(path))))
                if again == nil { #expect(scraped.count == 0) }
            }
            #expect(try read(body, as: Self.format(path), with: &reader, into: &scraped) == whole)
        }
    }
}
