import ApusModel
import ApusStorage

/// `/api/v1/status/tsdb/blocks`: the blocks, and of some of them what takes the most series.
///
/// Source: Prometheus' answer of that name, which has the blocks' `meta.json`.
struct BlockStatusAPI: Sendable {
    let status: @Sendable (CardinalityRequest, Set<String>?) throws(QueryableError) -> [BlockStatus]
    let threads: BlockingThreads

    func addRoutes(to routes: inout RouteTable) {
        routes.add(
            Route("/api/v1/status/tsdb/blocks", readiness: .whenReady) { request throws(APIError) in
                try await answer(request)
            })
    }

    private func answer(_ request: WebRequest) async throws(APIError) -> Reply {
        let asked = try StorageStatusAPI.request(request)
        let named = request.parameters.all("ulid")
        let result: Result<[BlockStatus], QueryableError> = try await threads.run(
            whenCancelled: APIError(.canceled, "the request was cancelled")
        ) { [status] () throws(APIError) in
            do throws(QueryableError) {
                return .success(try status(asked, named.isEmpty ? nil : Set(named)))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let blocks):
            return .success { bytes in
                var object = JSONObject(&bytes)
                object.add("blocks", array: blocks, to: &bytes) { Self.append($0, asked, to: &$1) }
                object.close(&bytes)
            }
        case .failure(let error): throw .invalid(parameter: "match[]", error.description)
        }
    }

    private static func append(_ block: BlockStatus, _ request: CardinalityRequest, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("ulid", block.facts.identifier, to: &bytes)
        object.add("minTime", integer: Int(block.facts.minimumTime), to: &bytes)
        // The end as Prometheus gives it: the first millisecond after.
        object.add("maxTime", integer: Int(block.facts.maximumTime &+ 1), to: &bytes)
        object.addName("stats", to: &bytes)
        var stats = JSONObject(&bytes)
        stats.add("numSamples", integer: block.facts.samples, to: &bytes)
        stats.add("numSeries", integer: block.facts.series, to: &bytes)
        stats.add("numChunks", integer: block.facts.chunks, to: &bytes)
        stats.close(&bytes)
        object.add("version", integer: 1, to: &bytes)
        object.addName("compaction", to: &bytes)
        var compaction = JSONObject(&bytes)
        compaction.add("level", integer: block.level, to: &bytes)
        compaction.close(&bytes)
        object.add("bytes", integer: block.facts.bytes, to: &bytes)
        switch block.cardinality {
        case .success(let cardinality)?:
            object.addName("cardinality", to: &bytes)
            append(cardinality, request, to: &bytes)
        case .failure(let error)?: object.add("error", error.description, to: &bytes)
        case nil: break
        }
        object.close(&bytes)
    }

    private static func append(
        _ cardinality: SeriesCardinality, _ request: CardinalityRequest, to bytes: inout [UInt8]
    ) {
        var object = JSONObject(&bytes)
        var lists = [
            ("seriesCountByMetricName", cardinality.seriesByMetricName),
            ("labelValueCountByLabelName", cardinality.valuesByLabelName),
            ("memoryInBytesByLabelName", cardinality.bytesByLabelName),
            ("seriesCountByLabelValuePair", cardinality.seriesByLabelPair),
            ("seriesCountByLabelName", cardinality.seriesByLabelName),
        ]
        if request.focusLabel != nil { lists.append(("seriesCountByFocusLabelValue", cardinality.seriesByFocusValue)) }
        for (name, list) in lists {
            let counts = list.map { StorageStatus.NamedCount($0.name, $0.count) }
            StorageStatusAPI.add(name, counts, limit: request.limit, to: &object, &bytes)
        }
        object.add("totalSeries", integer: cardinality.series, to: &bytes)
        object.add("totalLabelValuePairs", integer: cardinality.labelPairs, to: &bytes)
        object.close(&bytes)
    }
}
