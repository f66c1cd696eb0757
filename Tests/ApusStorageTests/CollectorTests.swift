import ApusClient
import ApusStorage
import ApusTestSupport
import Testing

@Suite("Metrics of the store")
struct CollectorTests {
    @Test("the store's statistics are exposed under the names that dashboards know")
    func exposed() throws {
        let folder = try TemporaryFolder()
        let storage = try Storage(folder: folder.path, clock: ManualClock(milliseconds: 10_000))
        defer { storage.close() }
        try storage.store([series("a"), series("b")], at: 1_000) { Double($0) }
        let registry = MetricRegistry()
        try registry.register(StorageCollector(storage))
        let exposition = registry.expose()
        #expect(exposition.failures.isEmpty)
        let lines = String(decoding: exposition.body, as: UTF8.self).split(separator: "\n")
        #expect(lines.contains("prometheus_tsdb_head_series 2"))
        #expect(lines.contains("prometheus_tsdb_head_samples_appended_total 2"))
        #expect(lines.contains("prometheus_tsdb_head_max_time 1000"))
        #expect(lines.contains("prometheus_tsdb_wal_corruptions_total 0"))
    }
}
