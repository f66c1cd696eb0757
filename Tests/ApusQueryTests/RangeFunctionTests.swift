import ApusModel
import ApusQuery
import ApusTestSupport
import Testing

@Suite("Range functions")
struct RangeFunctionTests {
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

    @Test(
        "extremes are the same whether windows overlap or stand alone",
        arguments: ["max_over_time", "min_over_time", "ts_of_max_over_time", "ts_of_min_over_time"])
    func extremesOfWindows(function: String) async throws {
        var generator = SeededGenerator(seed: 7)
        let store = MemoryQueryable()
        let rare: [Double] = [.nan, .infinity, -.infinity, 2]
        let values = (0..<120).map { _ in
            Bool.random(using: &generator)
                ? Double(Int.random(in: -3...3, using: &generator)) : rare.randomElement(using: &generator) ?? 0
        }
        store.add(
            SampleColumns(timestamps: values.indices.map { Int64($0) * 1_000 }, values: values),
            to: LabelSet([Label(name: "__name__", value: "m")]))
        let engine = try QueryEngine(queryable: store)
        for seconds in 1...7 {
            let text = "\(function)(m[\(seconds)s])"
            let overlapping = try await engine.range(text, from: 0, through: 119_000, step: 1_000)
            guard case .matrix(let matrix) = overlapping.value else { return }
            for index in values.indices {
                let alone = try await engine.instant(text, at: Int64(index) * 1_000)
                guard case .vector(let vector) = alone.value else { return }
                #expect(vector.map(\.value) == [matrix[0].samples.values[index]] || vector[0].value.isNaN)
                #expect(vector[0].value.isNaN == matrix[0].samples.values[index].isNaN)
            }
        }
    }
}
