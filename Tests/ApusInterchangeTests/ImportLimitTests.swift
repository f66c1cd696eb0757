import ApusInterchange
import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

@Suite("Limits on the series of imports")
struct ImportLimitTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Ten series of a metric on each of three days, two samples each, and one of another metric.
    private static let text: [UInt8] = {
        var lines: [String] = []
        for day in 0..<3 {
            for number in 0..<10 {
                for step in 0..<2 { lines.append("many{n=\"\(number)\"} 1 \(1_700_000_000 + day * 86_400 + step)") }
            }
        }
        return Array((lines + ["other 1 1700000000", "# EOF\n"]).joined(separator: "\n").utf8)
    }()

    private static func limits(perMetric: Int) -> SeriesLimits {
        var limits = SeriesLimits()
        limits.seriesPerMetric = perMetric
        return limits
    }

    private func stored() throws -> SeriesTable {
        let storage = try Storage(folder: folder.path)
        defer { storage.close() }
        return try storage.table()
    }

    @Test("an import takes as many series as the limits allow, the same in every block, and tells of the rest")
    func folderImport() throws {
        let target = try BlockImport(folder: folder.path, limits: Self.limits(perMetric: 4))
        let summary = try OpenMetricsImport.run(TextSource(name: "text", bytes: Self.text), into: target)
        #expect(summary.refusedSamples == 6 * 6)
        #expect(
            summary.refusedSeries.map(\.refusal)
                == [SeriesRefusal(reason: .seriesPerMetric, subject: "many", limit: 4)])
        #expect(summary.refusedSeries.map(\.count) == [6], "each series counts once, whatever blocks it is in")
        #expect(summary.samples == 4 * 6 + 1)
        let table = try stored()
        #expect(table.count == 5)
        #expect(table.filter { $0.key.metricName == "many" }.allSatisfy { $0.value.count == 6 })
    }

    @Test("series that the head has are taken, new ones count beside them, and the store counts what was refused")
    func storeImport() throws {
        var options = StorageOptions()
        options.limits = Self.limits(perMetric: 4)
        let storage = try Storage(folder: folder.path, options: options)
        defer { storage.close() }
        _ = try storage.resolve([series("many", ["n": "7"]), series("many", ["n": "9"]), series("many", ["n": "x"])])
        let summary = try Backfill(into: storage).take(openMetrics: Self.text)
        #expect(summary.refusedSamples == 7 * 6)
        let names = Set(try storage.table().keys.compactMap { $0["n"] })
        #expect(names.count == 3 && names.isSuperset(of: ["7", "9"]))
        let refused = storage.refusedSeries(limit: 5)
        #expect(refused.map(\.count) == [7] && refused.first?.refusal.subject == "many")
        #expect(storage.statistics.refusedSeries.reduce(0, +) == 7)
    }

    @Test("each kind of limit holds for blocks of Prometheus, too")
    func prometheusBlock() throws {
        let columns = SampleColumns(timestamps: [1_700_000_000_000], values: [1])
        var table: SeriesTable = [:]
        for number in 0..<10 {
            table[series("a", ["n": "\(number)", "zone": "z\(number % 5)"])] = columns
            table[series("b", ["n": "\(number)"])] = columns
        }
        let block = try writeBlock(table, in: folder.path)
        func taken(_ change: (inout SeriesLimits) throws -> Void) throws -> (Int, Set<SeriesRefusal.Reason>) {
            var limits = SeriesLimits()
            try change(&limits)
            let target = try TemporaryFolder()
            let summary = try PrometheusFolder.take(block, into: try BlockImport(folder: target.path, limits: limits))
            #expect(summary.samples + summary.refusedSamples == 20)
            return (summary.samples, Set(summary.refusedSeries.map(\.refusal.reason)))
        }
        #expect(try taken { _ in } == (20, []))
        #expect(try taken { $0.series = 7 } == (7, [.series]))
        #expect(try taken { $0.seriesPerMetric = 3 } == (6, [.seriesPerMetric]))
        #expect(try taken { $0.limitValues(of: "zone", to: 2) } == (14, [.valuesPerLabel]))
        let matcher = Matcher("__name__", .equal, "b")
        #expect(try taken { try $0.limitSeries("b", matchers: [matcher], to: 2) } == (12, [.seriesOfSelector]))
    }
}
