package import ApusModel
import Glibc

/// Random series for comparing evaluators: one set of series for each seed.
///
/// There are counters with resets, gauges, constants, NaN and infinities, huge and tiny values, staleness markers, gaps,
/// regular and irregular times, series that differ in one label only, UTF-8 names, classic buckets, native histograms of
/// both kinds, series that are floats at first and histograms later, and info metrics.
package struct RandomData: Sendable {
    /// A series with its samples.
    package struct Series: Sendable {
        /// The labels.
        package var labels: LabelSet
        /// The samples.
        package var samples: SampleColumns
    }

    /// The series, each with samples.
    package var series: [Series] = []
    /// The time of the first samples, in milliseconds since the epoch.
    package let start: Int64
    /// The time of the last samples.
    package let end: Int64
    /// The usual distance of samples in milliseconds.
    package let interval: Int64

    private var random: SeededGenerator

    /// The data of a seed; without native histograms when `hasHistograms` is false.
    package init(seed: UInt64, hasHistograms: Bool = true) {
        random = SeededGenerator(seed: seed)
        start = [0, 1_700_000_000_000, 1_700_000_003_700][Int.random(in: 0..<3, using: &random)]
        interval = [10_000, 15_000, 60_000][Int.random(in: 0..<3, using: &random)]
        end = start + interval * Int64.random(in: 20...80, using: &random)
        let instances = (0..<Int.random(in: 2...4, using: &random)).map { "i\($0)" }
        for instance in instances {
            for job in ["a", "b"].prefix(Int.random(in: 1...2, using: &random)) {
                addTarget(instance: instance, job: job, hasHistograms: hasHistograms)
            }
        }
        for (name, value) in [("constant", 42.0), ("huge", 3e300), ("tiny", 4e-300)] {
            add([("__name__", name), ("job", "a")]) { _, _ in value }
        }
        add([("__name__", "http.requests"), ("k8s.pod", "pöd-1"), ("job", "a")]) { index, _ in Double(index * 3) }
        add([("__name__", "http.requests"), ("k8s.pod", "pöd-2"), ("job", "b")]) { index, _ in Double(index) }
    }

    /// A store with the series.
    package func store() -> MemoryQueryable {
        let store = MemoryQueryable()
        for one in series { store.add(one.samples, to: one.labels) }
        return store
    }

    private mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < probability
    }

    private mutating func addTarget(instance: String, job: String, hasHistograms: Bool) {
        let base = [("instance", instance), ("job", job)]
        for code in ["200", "404", "500"].prefix(Int.random(in: 1...3, using: &random)) {
            var total = Double.random(in: 0...50, using: &random).rounded()
            add([("__name__", "requests_total"), ("code", code)] + base) { _, random in
                if Int.random(in: 0..<25, using: &random) == 0 { total = 0 }
                total += Double(Int.random(in: 0...20, using: &random))
                return total
            }
        }
        add([("__name__", "temperature")] + base) { _, random in
            (Double.random(in: -30...30, using: &random) * 8).rounded() / 8
        }
        add([("__name__", "memory_bytes"), ("zone", chance(0.5) ? "x" : "y")] + base) { _, random in
            Double(Int.random(in: 0...4, using: &random)) * 1024
        }
        add([("__name__", "strange")] + base) { _, random in
            switch Int.random(in: 0..<10, using: &random) {
            case 0: .nan
            case 1: .infinity
            case 2: -.infinity
            case 3: -0.0
            default: Double.random(in: -2...2, using: &random)
            }
        }
        add([("__name__", "up")] + base) { _, random in Int.random(in: 0..<8, using: &random) == 0 ? 0 : 1 }
        add([("__name__", "target_info"), ("version", chance(0.5) ? "1" : "2"), ("os", "linux")] + base) { _, _ in 1 }
        if chance(0.5) { add([("__name__", "build_info"), ("revision", "r1")] + base) { _, _ in 1 } }
        addBuckets(base)
        if hasHistograms { addHistograms(base) }
    }

    private mutating func addBuckets(_ base: [(String, String)]) {
        let bounds = ["0.1", "0.5", "1", "2.5", "+Inf"]
        var share = 0.0
        for bound in bounds {
            share += Double(Int.random(in: 0...5, using: &random))
            let slope = share
            add([("__name__", "latency_seconds_bucket"), ("le", bound)] + base) { index, random in
                // Now and then a bucket is behind the one below it.
                Int.random(in: 0..<60, using: &random) == 0 ? slope * Double(index) * 0.9 : slope * Double(index)
            }
        }
        if chance(0.2) {
            add([("__name__", "latency_seconds_bucket"), ("le", "many")] + base) { _, _ in 1 }
        }
    }

    private mutating func addHistograms(_ base: [(String, String)]) {
        addHistogram([("__name__", "native_seconds")] + base, isCustom: false, isCounter: true)
        addHistogram([("__name__", "custom_seconds")] + base, isCustom: true, isCounter: true)
        addHistogram([("__name__", "native_gauge")] + base, isCustom: chance(0.3), isCounter: false)
        if chance(0.5) {
            addHistogram([("__name__", "mixed")] + base, isCustom: chance(0.3), isCounter: true, floatShare: 0.3)
        }
    }

    // MARK: Samples

    /// Times from start to end: regular or not, with gaps and breaks.
    private mutating func times() -> [(time: Int64, isStale: Bool)] {
        let isRegular = chance(0.7)
        let lateStart = chance(0.2) ? (end - start) / 3 : 0
        let earlyEnd = chance(0.2) ? (end - start) / 4 : 0
        var result: [(time: Int64, isStale: Bool)] = []
        var time = start + lateStart
        while time <= end - earlyEnd {
            let dice = Int.random(in: 0..<100, using: &random)
            if dice < 3 {
                result.append((time, true))
                time += interval * Int64.random(in: 0...8, using: &random)
            } else if dice < 6 {
                time += interval * Int64.random(in: 1...10, using: &random)
            } else {
                result.append((time, false))
            }
            time += isRegular ? interval : Int64.random(in: interval / 4...interval * 2, using: &random)
        }
        return result
    }

    private mutating func add(_ labels: [(String, String)], _ value: (Int, inout SeededGenerator) -> Double) {
        var columns = SampleColumns()
        for (index, slot) in times().enumerated() {
            columns.append(slot.isStale ? SpecialValue.staleMarker : value(index, &random), at: slot.time)
        }
        add(columns, labels)
    }

    private mutating func add(_ columns: SampleColumns, _ labels: [(String, String)]) {
        guard columns.count > 0 else { return }
        series.append(Series(labels: LabelSet(labels.map { Label(name: $0.0, value: $0.1) }), samples: columns))
    }

    private mutating func addHistogram(
        _ labels: [(String, String)], isCustom: Bool, isCounter: Bool, floatShare: Double = 0
    ) {
        var schema = isCustom ? NativeHistogram.customBoundsSchema : Int32.random(in: -1...3, using: &random)
        let allBounds: [[Double]] = [[0.1, 0.5, 1, 2.5], [0.1, 1, 2.5, 10], [-1, 0, 1]]
        var bounds = isCustom ? allBounds[Int.random(in: 0..<2, using: &random)] : []
        var observed = [Double](repeating: 0, count: 8)
        let hasNegative = !isCustom && chance(0.3)
        var columns = SampleColumns()
        for slot in times() {
            if slot.isStale {
                columns.append(SpecialValue.staleMarker, at: slot.time)
                continue
            }
            if chance(floatShare) {
                columns.append(Double(Int.random(in: 0...100, using: &random)), at: slot.time)
                continue
            }
            if chance(0.05) || !isCounter { observed = observed.map { _ in 0 } }
            if chance(0.03), !isCustom { schema = Int32.random(in: -1...3, using: &random) }
            if chance(0.03), isCustom { bounds = allBounds[Int.random(in: 0..<3, using: &random)] }
            for index in observed.indices where chance(0.6) {
                observed[index] += Double(Int.random(in: 0...6, using: &random))
            }
            columns.append(
                histogram(
                    observed, schema: schema, bounds: bounds, hasNegative: hasNegative, isCounter: isCounter),
                at: slot.time)
        }
        add(columns, labels)
    }

    private mutating func histogram(
        _ observed: [Double], schema: Int32, bounds: [Double], hasNegative: Bool, isCounter: Bool
    ) -> NativeHistogram {
        var result = NativeHistogram()
        result.schema = schema
        result.customBounds = bounds
        result.counterResetHint = isCounter ? .unknown : .gauge
        if bounds.isEmpty {
            result.zeroThreshold = 0.001
            result.zeroCount = observed[0]
            result.positiveSpans = [.init(offset: -1, length: 2), .init(offset: 1, length: 2)]
            result.positiveBuckets = Array(observed[1...4])
            if hasNegative {
                result.negativeSpans = [.init(offset: 0, length: 3)]
                result.negativeBuckets = Array(observed[5...7])
            }
        } else {
            result.positiveSpans = [.init(offset: 0, length: UInt32(bounds.count + 1))]
            result.positiveBuckets = Array(observed[0...bounds.count])
        }
        result.count = result.zeroCount
        for population in result.positiveBuckets + result.negativeBuckets { result.count += population }
        result.sum = (result.count * 1.75 * 8).rounded() / 8
        // Without empty buckets, whose mere presence Prometheus takes for observations of that sign.
        return ReferenceHistogram(result).native
    }
}
