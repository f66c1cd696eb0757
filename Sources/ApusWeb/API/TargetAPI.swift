import ApusModel
import ApusPromQL
import ApusRegex

/// `/api/v1/targets`, `/api/v1/targets/metadata`, `/api/v1/scrape_pools` and `/api/v1/metadata`.
struct TargetAPI: Sendable {
    let source: any TargetStatusSource
    /// What the store remembers of a metric family, or of all.
    let stored: @Sendable (_ family: String?) -> [(family: String, metadata: MetricMetadata)]
    let threads: BlockingThreads

    func addRoutes(to routes: inout RouteTable) {
        routes.add(
            Route("/api/v1/targets", readiness: .whenReady) { request throws(APIError) in await targets(request) })
        routes.add(
            Route("/api/v1/targets/metadata", readiness: .whenReady) { request throws(APIError) in
                try await targetMetadata(request)
            })
        routes.add(
            Route("/api/v1/scrape_pools", readiness: .whenReady) { _ throws(APIError) in await pools() })
        routes.add(
            Route("/api/v1/metadata", readiness: .whenReady) { request throws(APIError) in
                try await metadata(request)
            })
    }

    // MARK: - Targets

    private func targets(_ request: WebRequest) async -> Reply {
        let state = request.parameters["state"]?.lowercased() ?? "any"
        let pool = request.parameters["scrapePool"]
        let snapshot = await source.targets()
        let showsActive = state == "any" || state == "active"
        let showsDropped = state == "any" || state == "dropped"
        let active = snapshot.active
            .filter { showsActive && (pool == nil || $0.pool == pool) }
            .sorted { ($0.pool, $0.labels) < ($1.pool, $1.labels) }
        let dropped = snapshot.dropped
            .filter { showsDropped && (pool == nil || $0.pool == pool) }
            .sorted { ($0.pool, $0.discoveredLabels) < ($1.pool, $1.discoveredLabels) }
        let counts = snapshot.pools.sorted().map { (pool: $0, count: snapshot.droppedCounts[$0] ?? 0) }
        return .success(
            JoinedPieces([
                LiteralPiece("{\"activeTargets\":"), ArrayPieces(active, appendElement: Self.append),
                LiteralPiece(",\"droppedTargets\":"), ArrayPieces(dropped, appendElement: Self.append),
                LiteralPiece(",\"droppedTargetCounts\":"),
                WholePiece { bytes in
                    guard showsDropped else { return JSONText.append(literal: "null", to: &bytes) }
                    var object = JSONObject(&bytes)
                    for entry in counts { object.add(entry.pool, integer: entry.count, to: &bytes) }
                    object.close(&bytes)
                },
                LiteralPiece("}"),
            ]))
    }

    private static func append(_ target: TargetStatus, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("discoveredLabels", target.discoveredLabels, to: &bytes)
        object.add("labels", target.labels, to: &bytes)
        object.add("scrapePool", target.pool, to: &bytes)
        object.add("scrapeUrl", target.url, to: &bytes)
        object.add("globalUrl", target.globalURL, to: &bytes)
        object.add("lastError", target.lastError, to: &bytes)
        // Go's zero time, which the peers' clients take for "never".
        object.add(
            "lastScrape", target.lastScrape.map(TimestampText.rfc3339) ?? "0001-01-01T00:00:00Z", to: &bytes)
        object.add("lastScrapeDuration", number: target.lastScrapeDuration, to: &bytes)
        object.add("health", target.health.rawValue, to: &bytes)
        object.add("scrapeInterval", DurationText.string(target.interval), to: &bytes)
        object.add("scrapeTimeout", DurationText.string(target.timeout), to: &bytes)
        object.close(&bytes)
    }

    private static func append(_ target: DroppedTarget, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("discoveredLabels", target.discoveredLabels, to: &bytes)
        object.add("scrapePool", target.pool, to: &bytes)
        object.close(&bytes)
    }

    private func pools() async -> Reply {
        let pools = await source.targets().pools.sorted()
        return .success { bytes in
            JSONText.append(literal: "{\"scrapePools\":", to: &bytes)
            JSONText.append(pools, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
    }

    // MARK: - Metadata

    private func targetMetadata(_ request: WebRequest) async throws(APIError) -> Reply {
        let limit = try request.number("limit").flatMap { $0 >= 0 ? $0 : nil }
        let metric = request.parameters["metric"]
        let matchers = try Self.matchers(request.parameters["match_target"])
        var entries = await source.metadata().filter { entry in
            (metric == nil || entry.family == metric) && matchers.allSatisfy { $0.matches(in: entry.target) }
        }
        entries.sort { ($0.target, $0.family) < ($1.target, $1.family) }
        if let limit, entries.count > limit { entries.removeLast(entries.count - limit) }
        return .success(
            ArrayPieces(entries) { entry, bytes in
                var object = JSONObject(&bytes)
                object.add("target", entry.target, to: &bytes)
                // The family is known from the request when one was asked for; the peers leave it out then.
                if metric == nil { object.add("metric", entry.family, to: &bytes) }
                object.add("type", entry.metadata.type.rawValue, to: &bytes)
                object.add("help", entry.metadata.help, to: &bytes)
                object.add("unit", entry.metadata.unit, to: &bytes)
                object.close(&bytes)
            })
    }

    private func metadata(_ request: WebRequest) async throws(APIError) -> Reply {
        let limit = try request.number("limit").flatMap { $0 >= 0 ? $0 : nil }
        let limitPerMetric = try request.number("limit_per_metric").flatMap { $0 > 0 ? $0 : nil }
        let metric = request.parameters["metric"]
        var families: [String: Set<MetricMetadata>] = [:]
        for entry in await source.metadata() where metric == nil || entry.family == metric {
            families[entry.family, default: []].insert(entry.metadata)
        }
        let remembered = try await threads.run(whenCancelled: APIError(.canceled, "the request was cancelled")) {
            [stored] () throws(APIError) in stored(metric)
        }
        // What targets say now counts before what one said some time ago.
        for entry in remembered where families[entry.family] == nil { families[entry.family] = [entry.metadata] }
        var entries = families.map { (family: $0.key, metadata: Self.ordered($0.value)) }
        entries.sort { $0.family < $1.family }
        if let limit, entries.count > limit { entries.removeLast(entries.count - limit) }
        return .success(
            ArrayPieces(entries, opening: UInt8(ascii: "{"), closing: UInt8(ascii: "}")) { entry, bytes in
                JSONText.append(entry.family, to: &bytes)
                JSONText.append(literal: ":[", to: &bytes)
                for (index, metadata) in entry.metadata.prefix(limitPerMetric ?? entry.metadata.count).enumerated() {
                    if index > 0 { bytes.append(UInt8(ascii: ",")) }
                    var object = JSONObject(&bytes)
                    object.add("type", metadata.type.rawValue, to: &bytes)
                    object.add("unit", metadata.unit, to: &bytes)
                    object.add("help", metadata.help, to: &bytes)
                    object.close(&bytes)
                }
                bytes.append(UInt8(ascii: "]"))
            })
    }

    private static func ordered(_ metadata: Set<MetricMetadata>) -> [MetricMetadata] {
        metadata.sorted { ($0.type.rawValue, $0.unit, $0.help) < ($1.type.rawValue, $1.unit, $1.help) }
    }

    private static func matchers(_ text: String?) throws(APIError) -> [CompiledMatcher] {
        guard let text else { return [] }
        let matchers: [Matcher]
        do {
            matchers = try Parser.parseSelector(text)
        } catch {
            throw .invalid(parameter: "match_target", error.description)
        }
        var result: [CompiledMatcher] = []
        for matcher in matchers {
            do {
                result.append(try CompiledMatcher(matcher))
            } catch {
                throw .invalid(parameter: "match_target", error.description)
            }
        }
        return result
    }
}

extension CompiledMatcher {
    /// Whether a label set is selected.
    fileprivate func matches(in labels: LabelSet) -> Bool {
        let value = Array((labels[matcher.name] ?? "").utf8)
        return matches(value.span)
    }
}
