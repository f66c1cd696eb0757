import ApusModel

/// The series that the benchmark writes, and their values.
struct BenchSeries {
    /// The series of a target, which one append brings as a scrape does.
    static let perTarget = 1_000

    /// As one of 50 metrics of a target with 1,000 series has them.
    ///
    /// - Parameter generation: the series of another generation are other ones; `nil` where they stay.
    static func labels(_ number: Int, generation: Int?) -> LabelSet {
        let target = number / perTarget
        let metric = number % perTarget / 20
        var labels = [
            Label(name: LabelSet.metricName, value: "bench_metric_\(metric)_total"),
            Label(name: "instance", value: "host-\(target):9100"), Label(name: "job", value: "bench"),
            Label(name: "path", value: "/api/v1/resource/\(number % 20)"),
            Label(name: "method", value: number % 2 == 0 ? "GET" : "POST"),
        ]
        if let generation { labels.append(Label(name: "pod", value: "bench-\(target)-\(generation)")) }
        return LabelSet(labels)
    }
}

/// Values of the shapes that series of services have: constants, counters that stand still or run, gauges.
struct SampleValues {
    private(set) var values: [Double]
    private var state: UInt64 = 42

    init(count: Int) {
        values = (0..<count).map { Double($0 % 1_000) }
    }

    /// Goes on to the next sample of each series.
    mutating func advance() {
        for index in values.indices {
            switch index % 6 {
            case 0: break
            case 1: values[index] += 1
            case 2: values[index] += Double(next() % 100)
            case 3: if next() % 10 == 0 { values[index] += 1 }
            case 4: values[index] = Double(next() % 10_000) / 100
            default: values[index] += Double(next() >> 40) * 1e-6
            }
        }
    }

    /// Source: Marsaglia, "Xorshift RNGs".
    private mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
