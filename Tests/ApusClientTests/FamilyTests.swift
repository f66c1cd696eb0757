import ApusClient
import ApusExposition
import ApusModel
import ApusTestSupport
import Dispatch
import Synchronization
import Testing

@Suite("Families, states and several registries")
struct FamilyTests {
    @Test("a curried family reaches the children of the whole family with its values")
    func curried() throws {
        let registry = MetricRegistry()
        let requests = try registry.counter("r_total", help: "R.", labels: ["code", "method", "host"])
        let gets: MetricFamily<Counter, 2> = try requests.curried(["method": "get"])
        gets["200", "a"].increment()
        #expect(requests["200", "get", "a"] === gets["200", "a"])
        let ok: MetricFamily<Counter, 1> = try gets.curried(["code": "200"])
        #expect(ok["a"] === gets["200", "a"])
        #expect(requests.curried("200", "get")["a"] === ok["a"])
        #expect(requests.curried("200")["get", "a"] === ok["a"])
        #expect(try requests.child(for: ["200", "get", "a"]) === ok["a"])
        requests["200", "put", "a"].increment()
        requests["500", "get", "b"].increment()
        #expect((gets.count, ok.count, requests.count) == (2, 1, 3))
        #expect(gets.remove(["500", "b"]))
        #expect(gets.removeAll() == 1)
        #expect(requests.count == 1)
        #expect(requests.removeAll() == 1)
    }

    @Test("fixing labels that are not there, or too many, is an error and no crash")
    func curryingErrors() throws {
        let requests = try MetricRegistry().counter("r_total", help: "R.", labels: ["code", "method"])
        #expect(throws: MetricError.self) { let _: MetricFamily<Counter, 1> = try requests.curried(["path": "/"]) }
        #expect(throws: MetricError.self) { let _: MetricFamily<Counter, 2> = try requests.curried(["code": "1"]) }
        let ok = requests.curried("200")
        #expect(throws: MetricError.self) { let _: MetricFamily<Counter, 0> = try ok.curried(["code": "1"]) }
        #expect(throws: MetricError.wrongLabelCount(metric: "r_total", expected: 2, given: 1)) {
            try requests.child(for: ["200"])
        }
    }

    @Test("children that come and go are found, counted and exposed as in a dictionary")
    func childModel() throws {
        var generator = SeededGenerator(seed: 5)
        let registry = MetricRegistry()
        let family = try registry.gauge("g", help: "G.", labels: ["a", "b"])
        var model: [[String]: Double] = [:]
        // Texts of all lengths, some held for long and some made anew each time.
        let held = (0..<9).map { String(repeating: "long ", count: 1 + $0) }
        for step in 0..<4_000 {
            let number = Int.random(in: 0..<9, using: &generator)
            let values = [
                "\(UInt8.random(in: 0..<30, using: &generator))",
                Bool.random(using: &generator) ? held[number] : String(repeating: "long ", count: 1 + number),
            ]
            if Int.random(in: 0..<3, using: &generator) == 0 {
                #expect(family.remove([values[0], values[1]]) == (model.removeValue(forKey: values) != nil))
            } else {
                family[values[0], values[1]].set(step)
                model[values] = Double(step)
            }
            guard step % 500 == 0 else { continue }
            #expect(family.count == model.count)
            let scrape = try Scrape(registry, .text)
            #expect(scrape.values.count == model.count)
            for (values, value) in model {
                let labels = zip(["a", "b"], values).map { Label(name: $0, value: $1) }
                #expect(scrape.values[LabelSet([Label(name: "__name__", value: "g")] + labels)] == value)
            }
            let lines = text(registry).split(separator: "\n").dropFirst(2).map { $0.split(separator: " ")[0] }
            #expect(lines == lines.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        }
    }

    enum Phase: String, CaseIterable, Sendable {
        case starting, ready, draining
    }

    @Test("a value that is changed in place is another value, and the first again when it is changed back")
    func changedInPlace() throws {
        let family = try MetricRegistry().counter("c_total", help: "C.", labels: ["path", "method"])
        var path = "/images/of/the/day/"
        path.reserveCapacity(64)
        family[path, "get"].increment()
        let first = family["/images/of/the/day/", "get"]
        #expect(family[path, "get"] === first)
        path.append("7")
        #expect(family[path, "get"] !== first)
        path.removeLast()
        #expect(family[path, "get"] === first)
        #expect(family.count == 2)
        #expect(first.value == 1)
    }

    @Test("a child that is removed while others ask for it is given to nobody afterwards")
    func removedMeanwhile() throws {
        let family = try MetricRegistry().counter("c_total", help: "C.", labels: ["code", "method"])
        for _ in 0..<20 {
            DispatchQueue.concurrentPerform(iterations: 4) { thread in
                for step in 0..<500 {
                    if thread == 0, step % 5 == 0 { family.remove(["200", "get"]) }
                    family["200", "get"].increment()
                }
            }
            let child = family["200", "get"]
            let given = Mutex<[Counter]>([])
            DispatchQueue.concurrentPerform(iterations: 16) { _ in
                let counter = family["200", "get"]
                given.withLock { $0.append(counter) }
            }
            #expect(given.withLock { $0.allSatisfy { $0 === child } })
            #expect(family.count == 1)
        }
    }

    @Test("more children than are remembered are all found")
    func manyChildren() throws {
        let family = try MetricRegistry().counter("c_total", help: "C.", labels: ["a", "b"])
        for round in 1...3 {
            for number in 0..<3_000 { family["\(number)", "the same value, which is long"].increment() }
            #expect(family.count == 3_000)
            #expect(family["\(round)", "the same value, which is long"].value == Double(round))
        }
    }

    @Test("states, facts and untyped values have the same series in all formats")
    func states() throws {
        let registry = MetricRegistry()
        let phase = try registry.stateSet("phase", help: "P.", of: Phase.self)
        let health = try registry.stateSet("health", help: "H.", of: Phase.self, labels: ["disk"])
        phase.set(.ready)
        phase.turn(.draining, on: true)
        health["sda"].set(.starting)
        try registry.info("app_info", help: "A.", ["version": "1", "commit": "b"])
        try registry.untyped("old", help: "O.").set(2)
        #expect(phase.isOn(.ready) && phase.isOn(.draining) && !phase.isOn(.starting))
        let text = try Scrape(registry, .text)
        #expect(text.values.count == 8)
        #expect(text.values.values.reduce(0, +) == 6)
        let openMetrics = try Scrape(registry, .openMetrics)
        #expect(openMetrics.values == text.values)
        #expect(openMetrics.metadata["phase"]?.type == .stateSet)
        #expect(openMetrics.metadata["app"]?.type == .info)
        #expect(try Scrape(registry, .protobuf).values == text.values)
        #expect(throws: MetricError.self) { try registry.info("b_info", help: "", ["a": "1", "a": "2"]) }
        #expect(throws: MetricError.self) { try registry.stateSet("x", help: "", of: Phase.self, labels: ["x"]) }
        #expect(throws: MetricError.invalidName("a:b")) { try registry.stateSet("a:b", help: "", of: Phase.self) }
        enum Nameless: String, CaseIterable, Sendable { case none = "" }
        #expect(throws: MetricError.invalidState(metric: "y")) {
            try registry.stateSet("y", help: "", of: Nameless.self)
        }
    }

    @Test("exemplars stand behind totals and buckets, and labels that are too long are left out")
    func exemplars() throws {
        let registry = MetricRegistry()
        let counter = try registry.counter("c_total", help: "C.")
        let histogram = try registry.histogram("h", help: "H.", buckets: [1, 2])
        counter.increment(exemplar: ["trace_id": "a\"b"])
        histogram.observe(0.5, exemplar: ["trace_id": "c"])
        histogram.observe(0.75, exemplar: ["trace_id": "d"])
        histogram.observe(9, exemplar: ["trace_id": String(repeating: "x", count: 121)])
        counter.increment(by: 2.5, exemplar: ["": "x"])
        #expect(counter.value == 3.5)
        for format in [ExpositionFormat.openMetrics, .protobuf] {
            let exemplars = try Scrape(registry, format).exemplars
            #expect(
                Set(exemplars.map { "\($0.labels.labels.map(\.value)) \($0.value)" }) == [
                    "[\"a\\\"b\"] 1.0", "[\"d\"] 0.75",
                ])
            #expect(exemplars.allSatisfy { ($0.timestamp ?? 0) > 1_600_000_000_000 })
        }
        #expect(!ExemplarLabels(dictionaryLiteral: ("a", "1"), ("a", "2")).isValid)
        #expect(!ExemplarLabels(dictionaryLiteral: ("a.b", "1"), ("a_b", "2")).isValid)
        #expect(!ExemplarLabels(dictionaryLiteral: ("__a", "1")).isValid)
        let native = try registry.histogram("n", help: "N.", native: NativeBuckets())
        native.observe(1, exemplar: ["trace_id": "e"])
        #expect(try Scrape(registry, .protobuf).exemplars.contains { $0.labels.labels.map(\.value) == ["e"] })
    }

    @Test("created times are in protocol buffers always, and in OpenMetrics when they are asked for")
    func created() throws {
        for exposes in [false, true] {
            let clock = ManualClock(milliseconds: 1_700_000_000_123)
            let registry = MetricRegistry(clock: clock, exposesCreatedSamples: exposes)
            _ = try registry.counter("c_total", help: "C.", labels: ["a"])["b"]
            _ = try registry.histogram("h", help: "H.", buckets: [1])
            _ = try registry.summary("s", help: "S.")
            let body = text(registry, accept: Accept.openMetrics)
            #expect(body.contains("c_created{a=\"b\"} 1700000000.123\n") == exposes)
            #expect(body.contains("h_created 1700000000.123\n") == exposes)
            #expect(body.contains("s_created 1700000000.123\n") == exposes)
            #expect(!text(registry).contains("_created"))
            _ = try Scrape(registry, .openMetrics)
            let message = registry.expose(accept: Accept.protobuf).body
            // Seconds 1700000000 as field 1, nanoseconds 123000000 as field 2.
            let time: [UInt8] = [0x08, 0x80, 0xE2, 0xCF, 0xAA, 0x06, 0x10, 0xC0, 0xA9, 0xD3, 0x3A]
            #expect((0...(message.count - time.count)).count { Array(message[$0..<($0 + time.count)]) == time } == 3)
        }
    }

    @Test("registries are scraped as one; what contradicts itself is left out and named")
    func merged() throws {
        let first = MetricRegistry()
        let second = try MetricRegistry(constantLabels: ["lib": "x"])
        let third = MetricRegistry()
        try first.counter("a_total", help: "A.").increment()
        try second.counter("a_total", help: "A.").increment(by: 2)
        try third.counter("a_total", help: "A.").increment(by: 3)
        try second.gauge("b", help: "B.").set(1)
        try third.histogram("b", help: "B.", buckets: [1]).observe(1)
        let merged = MergedRegistries(first, second, third)
        let answer = merged.expose()
        #expect(
            text(merged) == """
                # HELP a_total A.
                # TYPE a_total counter
                a_total 1
                a_total{lib="x"} 2
                # HELP b B.
                # TYPE b gauge
                b{lib="x"} 1

                """)
        #expect(
            Set(answer.failures) == [
                MetricError.duplicateSample(metric: "a_total").description,
                MetricError.conflictingFamilies("b").description,
            ])
        #expect(String(decoding: merged.expose(only: ["b"]).body, as: UTF8.self).hasPrefix("# HELP b"))
    }

    @Test("a reset takes every instrument back, and keeps families and children")
    func reset() throws {
        let registry = MetricRegistry()
        let counter = try registry.counter("c_total", help: "C.", labels: ["a"])["x"]
        let gauge = try registry.gauge("g", help: "G.")
        let histogram = try registry.histogram("h", help: "H.", buckets: [1])
        let native = try registry.histogram("n", help: "N.", native: NativeBuckets())
        let summary = try registry.summary("s", help: "S.", quantiles: [0.5])
        func use() {
            counter.increment(by: 2.5)
            gauge.set(4)
            for instrument in [histogram, native, summary] as [any Observing] { instrument.observe(3) }
        }
        use()
        let used = text(registry)
        registry.reset()
        #expect(
            text(registry).split(separator: "\n").allSatisfy {
                $0.hasPrefix("#") || $0.hasSuffix(" 0") || $0.hasSuffix("NaN")
            })
        #expect(histogram.snapshot.count == 0 && histogram.snapshot.sum == 0)
        use()
        #expect(text(registry) == used)
    }

    @Test("names are escaped as the scraper asks")
    func escaping() throws {
        let registry = MetricRegistry()
        try registry.counter("http.requests_made", help: "H.", labels: ["label with 😱"])["v"].increment()
        func line(_ escaping: String) -> String {
            let accept = "text/plain;version=1.0.0;escaping=\(escaping)"
            let lines = text(registry, accept: accept).split(separator: "\n")
            return String(lines.last ?? "")
        }
        #expect(line("allow-utf-8") == "{\"http.requests_made\",\"label with 😱\"=\"v\"} 1")
        #expect(line("underscores") == "http_requests_made{label_with__=\"v\"} 1")
        #expect(line("dots") == "http_dot_requests__made{label__with____=\"v\"} 1")
        #expect(line("values") == "U__http_2e_requests__made{U__label_20_with_20__1f631_=\"v\"} 1")
        #expect(throws: MetricError.duplicateName("http_requests_made")) {
            try registry.gauge("http_requests_made", help: "")
        }
        #expect(throws: MetricError.self) { try registry.gauge("g", help: "", labels: ["a.b", "a_b"]) }
    }

    @Test("a timer gives its time to the instrument that began it, or to one chosen at the end")
    func timers() async throws {
        let registry = MetricRegistry()
        let histogram = try registry.histogram("h_seconds", help: "H.", buckets: [60])
        let other = try registry.summary("s_seconds", help: "S.")
        let timer = histogram.startTimer()
        #expect(timer.stop() > .zero)
        RunningTimer().stop(other)
        let alone = RunningTimer()
        #expect(alone.stop() >= .zero)
        #expect((histogram.snapshot.count, other.count) == (1, 1))
        let gauge = try registry.gauge("last_seconds", help: "L.")
        #expect(gauge.setDuration(of: { 7 }) == 7)
        #expect(gauge.value > 0)
        gauge.set(0)
        let answer = await gauge.setDuration { () async -> Int in
            await Task.yield()
            return 9
        }
        #expect(answer == 9)
        #expect(gauge.value > 0)
    }

    @Test("whatever is measured, each format stays valid", arguments: [1, 2] as [UInt64])
    func valid(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let registry = try MetricRegistry(
            constantLabels: MetricLabels(["host\(seed)": "a\"\n\\\0é"]), exposesCreatedSamples: seed % 2 == 0)
        let counter = try registry.counter("requests.made", help: "R \\ \"\n\0.", labels: ["한", "b"])
        let histogram = try registry.histogram("h_seconds", help: "H.", unit: "seconds", labels: ["a"])
        let signed = try registry.histogram("signed", help: "", buckets: [-1, 0, 1], native: NativeBuckets())
        let summary = try registry.summary("s", help: "S\\", quantiles: [0, 0.5, 1], labels: ["a"])
        let gauge = try registry.gauge("g:h", help: "G.", labels: ["a"])
        let phase = try registry.stateSet("phase.now", help: "P.", of: Phase.self, labels: ["a"])
        let values = [
            0, -0.0, 1, -1, 0.5, 1e300, -1e300, .leastNonzeroMagnitude, .nan, .infinity, -.infinity,
            .greatestFiniteMagnitude,
        ]
        let texts = ["", "x", "\\", "\"", "\n", "\r", "\0", " ", "}", "{", "#", "é", "a,b=\"c\"", "\u{FEFF}"]
        for _ in 0..<200 {
            let value = values.randomElement(using: &generator) ?? 0
            let text = texts.randomElement(using: &generator) ?? ""
            let exemplar: ExemplarLabels = ["trace.id": text, "span": text]
            counter[text, "\(value)"].increment(by: value, exemplar: exemplar)
            histogram[text].observe(value, exemplar: exemplar)
            signed.observe(value)
            summary[text].observe(value)
            gauge[text].set(value)
            phase[text].set(Phase.allCases.randomElement(using: &generator) ?? .ready)
            if Int.random(in: 0..<30, using: &generator) == 0 { registry.reset() }
        }
        for escaping in ["allow-utf-8", "underscores", "dots", "values"] {
            for (type, format) in [
                ("text/plain;version=1.0.0", ExpositionFormat.text),
                ("application/openmetrics-text;version=1.0.0", .openMetrics),
                (Accept.protobuf, .protobuf),
            ] {
                let body = registry.expose(accept: "\(type);escaping=\(escaping)").body
                #expect(throws: Never.self, "\(type) \(escaping)") {
                    try ExpositionCheck.check(body.span, format: format)
                }
            }
        }
    }

    @Test("a counter that a closure or a collector reads never shows less than nothing")
    func readCounters() throws {
        struct Falling: Collector {
            static let family = MetricDescriptor(.counter, "falling_total", help: "F.")
            var families: [MetricDescriptor] { [Self.family] }
            func collect(into samples: inout CollectedSamples) throws(MetricError) {
                try samples.append(-1, to: Self.family)
            }
        }
        let registry = MetricRegistry()
        try registry.counter("c_total", help: "C.") { .nan }
        try registry.gauge("g", help: "G.") { .nan }
        try registry.register(Falling())
        let answer = registry.expose()
        #expect(String(decoding: answer.body, as: UTF8.self) == "# HELP g G.\n# TYPE g gauge\ng NaN\n")
        #expect(answer.failures.count == 2 && answer.failures.allSatisfy { $0.contains("cannot have the value") })
    }

    @Test("constant labels may be known only when the program runs, and a name given twice is an error")
    func constantLabels() throws {
        let registry = try MetricRegistry(constantLabels: MetricLabels(["b": "2", "a": "1"]))
        try registry.gauge("g", help: "G.", constantLabels: ["c": "3"]).set(1)
        #expect(text(registry).hasSuffix("g{a=\"1\",b=\"2\",c=\"3\"} 1\n"))
        let twice = MetricError.invalidLabelName("a", metric: "h", reason: "occurs twice")
        #expect(throws: twice) { try registry.gauge("h", help: "", constantLabels: ["a": "1"]) }
        #expect(throws: MetricError.self) { try MetricRegistry(constantLabels: ["a": "1", "a": "2"]) }
    }

    @Test("the registry that all share has the process and the runtime in it")
    func defaultRegistry() throws {
        let answer = MetricRegistry.default.expose()
        let body = String(decoding: answer.body, as: UTF8.self)
        #expect(answer.failures == [])
        #expect(body.contains("\nprocess_cpu_seconds_total ") && body.contains("\nswift_info{"))
        #expect(throws: MetricError.duplicateName("process_cpu_seconds_total")) {
            try MetricRegistry.default.register(ProcessCollector())
        }
    }

    @Test("a histogram with buckets below zero stays valid in OpenMetrics")
    func negativeBounds() throws {
        let registry = MetricRegistry()
        try registry.histogram("h", help: "H.", buckets: [-1, 1]).observe(-5)
        #expect(try Scrape(registry, .openMetrics).values.count == 3)
        #expect(try Scrape(registry, .text).values.count == 5)
    }
}
