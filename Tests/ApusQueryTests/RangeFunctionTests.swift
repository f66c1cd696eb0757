import ApusModel
import ApusQuery
import ApusTestSupport
import Testing

@Suite("Range functions against their definitions")
struct RangeFunctionTests {
    /// What a random series is made of.
    enum Shape: CaseIterable {
        case gauge, counter, constant, wild

        func next(after value: Double, _ generator: inout SeededGenerator) -> Double {
            switch self {
            case .gauge: return Double.random(in: -100...100, using: &generator)
            case .counter:
                if Int.random(in: 0..<12, using: &generator) == 0 { return Double.random(in: 0...5, using: &generator) }
                return value + Double(Int.random(in: 0...50, using: &generator))
            case .constant: return 42.25
            case .wild:
                switch Int.random(in: 0..<10, using: &generator) {
                case 0: return .nan
                case 1: return .infinity
                case 2: return -.infinity
                case 3: return Double.random(in: -1e18...1e18, using: &generator)
                default: return Double.random(in: -10...10, using: &generator)
                }
            }
        }
    }

    private static func series(_ shape: Shape, _ generator: inout SeededGenerator) -> [ReferenceFunctions.Sample] {
        var result: [ReferenceFunctions.Sample] = []
        var time: Int64 = 0
        var value = 0.0
        for _ in 0..<Int.random(in: 1...300, using: &generator) {
            time += Int64.random(in: 14_000...16_000, using: &generator)
            if Int.random(in: 0..<20, using: &generator) == 0 {
                time += Int64.random(in: 0...400_000, using: &generator)
            }
            value = shape.next(after: value, &generator)
            let isStale = Int.random(in: 0..<40, using: &generator) == 0
            result.append((time, isStale ? SpecialValue.staleMarker : value))
        }
        return result
    }

    private static func areClose(_ a: Double, _ b: Double, scale: Double) -> Bool {
        if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
        if a.isInfinite || b.isInfinite { return a == b }
        return (a - b).magnitude <= 1e-9 * max(a.magnitude, b.magnitude) + 1e-12 * scale
    }

    @Test("every kernel gives what its definition gives, on random series", arguments: 1...12)
    func kernels(seed: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let store = MemoryQueryable()
        var all: [String: [ReferenceFunctions.Sample]] = [:]
        for shape in Shape.allCases {
            for copy in 0..<2 {
                let samples = Self.series(shape, &generator)
                let name = "\(shape)_\(copy)"
                all[name] = samples
                store.add(
                    SampleColumns(timestamps: samples.map(\.time), values: samples.map(\.value)),
                    to: LabelSet([Label(name: "__name__", value: "m_total"), Label(name: "id", value: name)]))
            }
        }
        let engine = try QueryEngine(queryable: store)
        let step = [7_000, 15_000, 60_000, 1_000_000].randomElement(using: &generator) ?? 15_000
        let rangeSeconds = [1, 40, 300, 3_600].randomElement(using: &generator) ?? 300
        let start = Int64.random(in: 0...600_000, using: &generator)
        let end = start + Int64(step) * 150
        for name in ReferenceFunctions.names {
            let query = ReferenceFunctions.query(name, "m_total[\(rangeSeconds)s]")
            let result = try await engine.range(query, from: start, through: end, step: Int64(step))
            guard case .matrix(let matrix) = result.value else {
                Issue.record("no matrix for \(query)")
                continue
            }
            var points: [String: [Int64: Double]] = [:]
            for series in matrix {
                points[series.labels["id"] ?? ""] = Dictionary(
                    uniqueKeysWithValues: zip(series.samples.timestamps, series.samples.values))
            }
            for (id, samples) in all {
                let finite = samples.map(\.value.magnitude).filter(\.isFinite)
                // Squares of the values decide the rounding of a variance.
                let largest = finite.max() ?? 1
                let scale = name == "stdvar_over_time" ? largest * largest : largest
                for index in 0...150 {
                    let time = start + Int64(index) * Int64(step)
                    let expected = ReferenceFunctions.value(
                        name, samples, at: time, range: Int64(rangeSeconds) * 1_000)
                    let actual = points[id]?[time]
                    let isSame =
                        if let expected, let actual { Self.areClose(expected, actual, scale: scale) } else {
                            expected == nil && actual == nil
                        }
                    if !isSame {
                        Issue.record(
                            "seed \(seed): \(query) of \(id) at \(time): expected \(String(describing: expected)), got \(String(describing: actual))"
                        )
                        return
                    }
                }
            }
        }
    }

    @Test("what left the window leaves no trace in a sum, however large it was")
    func hugeValuesLeaveNoTrace() async throws {
        let store = MemoryQueryable()
        let values: [Double] = [1e300, -1e300, 1, 2, 3, .infinity, 4, 5, 6, .nan, 7, 8, 9]
        store.add(
            SampleColumns(timestamps: values.indices.map { Int64($0) * 1_000 }, values: values),
            to: LabelSet([Label(name: "__name__", value: "m")]))
        let engine = try QueryEngine(queryable: store)
        for index in [4, 8, 12] {
            let result = try await engine.range("sum_over_time(m[3s])", from: 0, through: 12_000, step: 1_000)
            guard case .matrix(let matrix) = result.value else { return }
            let expected = values[(index - 2)...index].reduce(0, +)
            #expect(matrix[0].samples.values[index] == expected)
        }
    }
}
