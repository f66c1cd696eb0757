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
}
