import ApusModel
import ApusStorage

/// `/api/v1/status/tsdb`: what the store holds, what takes the most series in the head, and what came lately.
struct StorageStatusAPI: Sendable {
    private static let defaultLimit = 10
    private static let maxLimit = 10_000

    let status: @Sendable (CardinalityRequest) throws(QueryableError) -> StorageStatus
    let threads: BlockingThreads

    func addRoutes(to routes: inout RouteTable) {
        routes.add(
            Route("/api/v1/status/tsdb", readiness: .whenReady) { request throws(APIError) in
                try await answer(request)
            })
    }

    private func answer(_ request: WebRequest) async throws(APIError) -> Reply {
        let asked = try Self.request(request)
        let result: Result<StorageStatus, QueryableError> = try await threads.run(
            whenCancelled: APIError(.canceled, "the request was cancelled")
        ) { [status] () throws(APIError) in
            do throws(QueryableError) { return .success(try status(asked)) } catch { return .failure(error) }
        }
        switch result {
        case .success(let status): return .success { Self.append(status, asked, to: &$0) }
        case .failure(let error): throw .invalid(parameter: "match[]", error.description)
        }
    }

    /// What a request asks of the lists.
    static func request(_ request: WebRequest) throws(APIError) -> CardinalityRequest {
        var limit = defaultLimit
        if let text = request.parameters["limit"] {
            guard let number = Int(text), number > 0 else {
                throw APIError(.badData, "limit must be a positive number")
            }
            guard number <= maxLimit else { throw APIError(.badData, "limit must not exceed \(maxLimit)") }
            limit = number
        }
        do throws(SelectorError) {
            return CardinalityRequest(
                limit: limit, selectors: try SeriesAPI.selectors(request), focusLabel: request.parameters["focusLabel"])
        } catch {
            throw .invalid(parameter: "match[]", error.text)
        }
    }

    // MARK: JSON

    private static func append(
        _ status: StorageStatus, _ request: CardinalityRequest, to bytes: inout [UInt8]
    ) {
        var object = JSONObject(&bytes)
        object.addName("headStats", to: &bytes)
        var head = JSONObject(&bytes)
        head.add("numSeries", integer: status.seriesCount, to: &bytes)
        head.add("numLabelPairs", integer: status.labelPairCount, to: &bytes)
        head.add("chunkCount", integer: status.chunkCount, to: &bytes)
        head.add("minTime", integer: Int(status.minTime), to: &bytes)
        head.add("maxTime", integer: Int(status.maxTime), to: &bytes)
        head.close(&bytes)
        var lists = [
            ("seriesCountByMetricName", status.seriesCountByMetricName),
            ("labelValueCountByLabelName", status.labelValueCountByLabelName),
            ("memoryInBytesByLabelName", status.memoryInBytesByLabelName),
            ("seriesCountByLabelValuePair", status.seriesCountByLabelPair),
            ("seriesCountByLabelName", status.seriesCountByLabelName),
        ]
        if request.focusLabel != nil { lists.append(("seriesCountByFocusLabelValue", status.seriesCountByFocusValue)) }
        for (name, list) in lists { add(name, list, limit: request.limit, to: &object, &bytes) }
        object.add("totalSeries", integer: status.selectedSeriesCount, to: &bytes)
        object.add("totalLabelValuePairs", integer: status.selectedLabelPairCount, to: &bytes)
        object.add("growth", array: status.growth, to: &bytes, append(window:to:))
        object.addName("blocks", to: &bytes)
        append(blocksOf: status, limit: request.limit, to: &bytes)
        object.addName("limits", to: &bytes)
        append(limitsOf: status, to: &bytes)
        object.close(&bytes)
    }

    /// Adds a list of names with numbers.
    static func add(
        _ name: String, _ list: [StorageStatus.NamedCount], limit: Int, to object: inout JSONObject,
        _ bytes: inout [UInt8]
    ) {
        object.add(name, array: list.prefix(limit), to: &bytes) { entry, bytes in
            var object = JSONObject(&bytes)
            object.add("name", entry.name, to: &bytes)
            object.add("value", integer: entry.value, to: &bytes)
            object.close(&bytes)
        }
    }

    private static func append(window: SeriesGrowthWindow, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("window", DurationText.string(window.length), to: &bytes)
        object.add("coveredSeconds", integer: Int(window.covered / 1_000), to: &bytes)
        object.add("created", integer: window.created, to: &bytes)
        object.add("removed", integer: window.gone, to: &bytes)
        object.add("metrics", array: window.metrics, to: &bytes) { metric, bytes in
            var object = JSONObject(&bytes)
            object.add("name", metric.name, to: &bytes)
            object.add("created", integer: metric.created, to: &bytes)
            object.add("removed", integer: metric.gone, to: &bytes)
            object.close(&bytes)
        }
        object.close(&bytes)
    }

    /// All blocks together, those of each level together, and the newest one by one.
    private static func append(blocksOf status: StorageStatus, limit: Int, to bytes: inout [UInt8]) {
        let levels = status.blocks.map { $0.level(blockRange: status.blockRange) }
        var object = JSONObject(&bytes)
        addTotals(of: status.blocks, to: &object, &bytes)
        object.add("unreadable", integer: status.unreadableBlockCount, to: &bytes)
        object.add("levels", array: Set(levels).sorted(), to: &bytes) { level, bytes in
            var object = JSONObject(&bytes)
            object.add("level", integer: level, to: &bytes)
            addTotals(of: zip(status.blocks, levels).filter { $0.1 == level }.map(\.0), to: &object, &bytes)
            object.close(&bytes)
        }
        let newest = zip(status.blocks, levels).sorted { $0.0.maximumTime > $1.0.maximumTime }.prefix(limit)
        object.add("newest", array: newest, to: &bytes) { entry, bytes in
            let (block, level) = entry
            var object = JSONObject(&bytes)
            object.add("ulid", block.identifier, to: &bytes)
            object.add("level", integer: level, to: &bytes)
            object.add("minTime", integer: Int(block.minimumTime), to: &bytes)
            object.add("maxTime", integer: Int(block.maximumTime), to: &bytes)
            object.add("series", integer: block.series, to: &bytes)
            object.add("chunks", integer: block.chunks, to: &bytes)
            object.add("samples", integer: block.samples, to: &bytes)
            object.add("bytes", integer: block.bytes, to: &bytes)
            object.close(&bytes)
        }
        object.close(&bytes)
    }

    private static func addTotals(of blocks: [BlockFacts], to object: inout JSONObject, _ bytes: inout [UInt8]) {
        object.add("count", integer: blocks.count, to: &bytes)
        object.add("samples", integer: blocks.reduce(0) { $0 &+ $1.samples }, to: &bytes)
        object.add("bytes", integer: blocks.reduce(0) { $0 &+ $1.bytes }, to: &bytes)
    }

    /// The limits, 0 where there is none, and what they refused.
    private static func append(limitsOf status: StorageStatus, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("maxSeries", integer: status.limits.series ?? 0, to: &bytes)
        object.add("maxSeriesPerMetric", integer: status.limits.seriesPerMetric ?? 0, to: &bytes)
        object.add("maxValuesPerLabel", integer: status.limits.valuesPerLabel ?? 0, to: &bytes)
        object.add("rules", integer: status.limits.ruleCount, to: &bytes)
        object.add("refused", array: status.refused, to: &bytes) { entry, bytes in
            var object = JSONObject(&bytes)
            object.add("reason", entry.refusal.reason.rawValue, to: &bytes)
            object.add("name", entry.refusal.subject, to: &bytes)
            object.add("limit", integer: entry.refusal.limit, to: &bytes)
            object.add("count", integer: entry.count, to: &bytes)
            object.add("lastTime", integer: Int(entry.lastTime), to: &bytes)
            object.close(&bytes)
        }
        object.close(&bytes)
    }
}
