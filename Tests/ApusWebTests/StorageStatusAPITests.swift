import ApusModel
import ApusStorage
import ApusTestSupport
import ApusWeb
import HTTPTypes
import Synchronization
import Testing

@Suite("Status of the store")
struct StorageStatusAPITests {
    private static let growth =
        #""growth":[{"window":"5m","coveredSeconds":0,"created":3,"removed":0,"metrics":[{"name":"a","created":2,"removed":0}]},"#
        + #"{"window":"1h","coveredSeconds":0,"created":3,"removed":0,"metrics":[{"name":"a","created":2,"removed":0}]},"#
        + #"{"window":"1d","coveredSeconds":0,"created":3,"removed":0,"metrics":[{"name":"a","created":2,"removed":0}]}]"#

    @Test("lists, growth, blocks and limits are told in one answer, lists with as many entries as asked for")
    func whole() async throws {
        let folder = try TemporaryFolder()
        var options = StorageOptions()
        options.limits.seriesPerMetric = 2
        let storage = try Storage(
            folder: folder.path, options: options, clock: ManualClock(milliseconds: WebHarness.now))
        defer { storage.close() }
        var batch = SampleBatch(timestamp: WebHarness.now)
        batch.references = try storage.resolve([
            .of(["__name__": "a", "n": "1"]), .of(["__name__": "a", "n": "2"]), .of(["__name__": "a", "n": "3"]),
            .of(["__name__": "b", "n": "1"]),
        ])
        batch.values = [1, 2, 3, 4]
        _ = try storage.append(batch)
        let web = try WebHarness {
            $0.storageStatus = { request throws(QueryableError) in try StorageStatus(storage, request) }
        }
        let time = WebHarness.now
        #expect(
            try await web.get("/api/v1/status/tsdb?limit=1").text
                == #"{"status":"success","data":{"headStats":{"numSeries":3,"numLabelPairs":4,"chunkCount":\#(storage.statistics.headChunks),"#
                + #""minTime":\#(time),"maxTime":\#(time)},"seriesCountByMetricName":[{"name":"a","value":2}],"#
                + #""labelValueCountByLabelName":[{"name":"__name__","value":2}],"#
                + #""memoryInBytesByLabelName":[{"name":"__name__","value":3}],"#
                + #""seriesCountByLabelValuePair":[{"name":"__name__=a","value":2}],"#
                + #""seriesCountByLabelName":[{"name":"__name__","value":3}],"totalSeries":3,"totalLabelValuePairs":4,"#
                + Self.growth + #","blocks":{"count":0,"samples":0,"bytes":0,"unreadable":0,"levels":[],"newest":[]},"#
                + #""limits":{"maxSeries":0,"maxSeriesPerMetric":2,"maxValuesPerLabel":0,"rules":0,"#
                + #""refused":[{"reason":"series_per_metric","name":"a","limit":2,"count":1,"lastTime":\#(time)}]}}}"#)
        let focused = try await web.get("/api/v1/status/tsdb?focusLabel=n&match[]=a").text
        #expect(focused.contains(#""seriesCountByMetricName":[{"name":"a","value":2}]"#))
        #expect(focused.contains(#""seriesCountByFocusLabelValue":[{"name":"1","value":1},{"name":"2","value":1}]"#))
        #expect(focused.contains(#""totalSeries":2,"totalLabelValuePairs":3"#))
    }

    @Test("blocks are told of together, by level and one by one")
    func blocks() async throws {
        let folder = try TemporaryFolder()
        let storage = try Storage(folder: folder.path, clock: ManualClock(milliseconds: WebHarness.now))
        defer { storage.close() }
        for step in 0..<8 {
            var batch = SampleBatch(timestamp: WebHarness.now - Int64(8 - step) * 1_800_000)
            batch.references = try storage.resolve([.of(["__name__": "a"])])
            batch.values = [1]
            _ = try storage.append(batch)
        }
        try storage.compact()
        let block = try #require(storage.blockFacts().readable.first)
        let web = try WebHarness {
            $0.storageStatus = { request throws(QueryableError) in try StorageStatus(storage, request) }
        }
        let text = try await web.get("/api/v1/status/tsdb").text
        let totals = #""count":1,"samples":\#(block.samples),"bytes":\#(block.bytes)"#
        #expect(
            text.contains(
                #""blocks":{\#(totals),"unreadable":0,"levels":[{"level":1,\#(totals)}],"newest":[{"ulid":"\#(block.identifier)","#
                    + #""level":1,"minTime":\#(block.minimumTime),"maxTime":\#(block.maximumTime),"series":1,"#
                    + #""chunks":\#(block.chunks),"samples":\#(block.samples),"bytes":\#(block.bytes)}]}"#), "\(text)")
    }

    @Test("each block is told of as Prometheus does, with what takes the most series in it")
    func eachBlock() async throws {
        let folder = try TemporaryFolder()
        let storage = try Storage(folder: folder.path, clock: ManualClock(milliseconds: WebHarness.now))
        defer { storage.close() }
        for step in 0..<8 {
            var batch = SampleBatch(timestamp: WebHarness.now - Int64(8 - step) * 1_800_000)
            batch.references = try storage.resolve(["1", "2"].map { .of(["__name__": "a", "n": $0]) })
            batch.values = [1, 2]
            _ = try storage.append(batch)
        }
        try storage.compact()
        let block = try #require(storage.blockFacts().readable.first)
        let web = try WebHarness {
            $0.blockStatus = { request, identifiers throws(QueryableError) in
                try BlockStatus.all(of: storage, request, identifiers: identifiers)
            }
        }
        let path = "/api/v1/status/tsdb/blocks"
        let facts =
            #"{"ulid":"\#(block.identifier)","minTime":\#(block.minimumTime),"maxTime":\#(block.maximumTime + 1),"#
            + #""stats":{"numSamples":\#(block.samples),"numSeries":2,"numChunks":\#(block.chunks)},"version":1,"#
            + #""compaction":{"level":1},"bytes":\#(block.bytes)"#
        let whole = try await web.get("\(path)?limit=1&focusLabel=n").text
        #expect(
            whole
                == #"{"status":"success","data":{"blocks":[\#(facts),"#
                + #""cardinality":{"seriesCountByMetricName":[{"name":"a","value":2}],"#
                + #""labelValueCountByLabelName":[{"name":"n","value":2}],"#
                + #""memoryInBytesByLabelName":[{"name":"__name__","value":2}],"#
                + #""seriesCountByLabelValuePair":[{"name":"__name__=a","value":2}],"#
                + #""seriesCountByLabelName":[{"name":"__name__","value":2}],"#
                + #""seriesCountByFocusLabelValue":[{"name":"1","value":1}],"totalSeries":2,"totalLabelValuePairs":3}}]}}"#
        )
        #expect(try await web.get("\(path)?match[]={n='2'}").text.contains(#""totalSeries":1,"#))
        // Of a block that is not named nothing is counted.
        #expect(try await web.get("\(path)?ulid=none").text == #"{"status":"success","data":{"blocks":[\#(facts)}]}}"#)
        #expect(try await web.get("\(path)?limit=0").status == 400)
        #expect(try await web.get("\(path)?match[]={").status == 400)
    }

    @Test(
        "parameters that make no sense are refused",
        arguments: [
            ("limit=0", "limit must be a positive number"), ("limit=-1", "limit must be"), ("limit=x", "limit must be"),
            ("limit=10001", "limit must not exceed 10000"), ("match[]={", "match[]"),
            ("match[]={}", "non-empty matcher"),
            ("match[]={a=~%22(%22}", "match[]"),
        ])
    func refused(parameters: String, words: String) async throws {
        let folder = try TemporaryFolder()
        let storage = try Storage(folder: folder.path)
        defer { storage.close() }
        let web = try WebHarness {
            $0.storageStatus = { request throws(QueryableError) in try StorageStatus(storage, request) }
        }
        let answer = try await web.get("/api/v1/status/tsdb?\(parameters)")
        #expect(answer.status == 400)
        #expect(answer.text.contains(words), "\(answer.text)")
    }
}
