import ApusQuery
import ApusTestSupport
import Testing

@Suite("Feature flags of PromQL")
struct FeatureTests {
    @Test("features have the peers' names, and names of other parts are told apart")
    func names() {
        var features = EngineFeatures()
        #expect(features[.experimentalFunctions] && features[.fillModifiers] && !features[.typeAndUnitLabels])
        let isKnown = features.enable(named: "type-and-unit-labels")
        let isOfStorageKnown = features.enable(named: "exemplar-storage")
        #expect(isKnown && !isOfStorageKnown)
        #expect(features[.typeAndUnitLabels])
        features[.durationExpressions] = false
        #expect(features[.durationExpressions])
    }

    @Test("an experimental function is refused when its feature is off")
    func experimentalFunctions() async throws {
        var limits = QueryLimits()
        limits.features[.experimentalFunctions] = false
        let strict = try QueryEngine(queryable: MemoryQueryable(), limits: limits)
        await #expect(throws: QueryError.self) { try await strict.instant("limitk(1, x)", at: 0) }
        let open = try QueryEngine(queryable: MemoryQueryable())
        _ = try await open.instant("limitk(1, x)", at: 0)
    }

    @Test("samples of every step are told when asked for and the feature is on")
    func stepStatistics() async throws {
        var limits = QueryLimits()
        limits.features[.perStepStatistics] = true
        let engine = try QueryEngine(queryable: CountingStore(seriesCount: 2), limits: limits)
        var options = QueryOptions()
        options.wantsStepStatistics = true
        let result = try await engine.range(
            "sum_over_time(m[3s])", from: 10_000, through: 12_000, step: 1_000, options: options)
        #expect(result.statistics.samplesPerStep?.map(\.timestamp) == [10_000, 11_000, 12_000])
        #expect(result.statistics.samplesPerStep?.map(\.count) == [6, 6, 6])
        #expect(result.statistics.queryableSamples == 18)
        #expect(result.statistics.samplesRead == 10)
        let plain = try await engine.range("sum_over_time(m[3s])", from: 10_000, through: 12_000, step: 1_000)
        #expect(plain.statistics.samplesPerStep == nil)
    }
}
