import ApusModel
import ApusQuery
import HTTPTypes

/// `/api/v1/queries`, `/api/v1/queries/<id>/kill` and `/api/v1/queries/heavy`: what queries cost, and how to end one.
struct RunningQueryAPI: Sendable {
    private static let prefix = "/api/v1/queries/"

    let engine: any QueryService

    func addRoutes(to routes: inout RouteTable) {
        routes.add(
            Route("/api/v1/queries") { _ throws(APIError) in
                let queries = engine.runningQueries
                return .success { bytes in append(queries, to: &bytes) }
            })
        routes.add(
            Route("/api/v1/queries/heavy") { _ throws(APIError) in
                let queries = engine.heavyQueries
                return .success { bytes in
                    var object = JSONObject(&bytes)
                    object.add("fingerprints", array: queries, to: &bytes, Self.append)
                    object.close(&bytes)
                }
            })
        routes.add(
            Route("/api/v1/queries/:id/kill", [.post], changesState: true) { request throws(APIError) in
                guard let id = UInt64(request.pathVariable), engine.kill(id) else {
                    throw APIError(
                        .notFound,
                        "no query \(QuotedText.quoted(request.pathVariable)) runs or waits; it may have ended")
                }
                return .success { JSONObject(&$0).close(&$0) }
            }, prefix: Self.prefix, suffix: "/kill")
    }

    private func append(_ queries: [RunningQuery], to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("queries", array: queries, to: &bytes, Self.append)
        let limits = engine.limits
        object.addName("limits", to: &bytes)
        var inner = JSONObject(&bytes)
        inner.add("concurrency", integer: limits.maxConcurrency, to: &bytes)
        inner.add("maxMemoryBytes", integer: limits.maxMemory, to: &bytes)
        inner.add("maxTotalMemoryBytes", integer: limits.maxTotalMemory, to: &bytes)
        inner.add("maxSamples", integer: limits.maxSamples, to: &bytes)
        inner.add("timeoutSeconds", number: Double(limits.timeout) / 1_000, to: &bytes)
        inner.add("maxQueued", integer: limits.maxQueued, to: &bytes)
        inner.close(&bytes)
        object.add("memoryBytes", integer: engine.heldMemoryBytes, to: &bytes)
        object.close(&bytes)
    }

    private static func append(_ query: RunningQuery, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        // As text: a number of this size would not survive JavaScript.
        object.add("id", String(query.id), to: &bytes)
        object.add("query", query.text, to: &bytes)
        object.add("kind", query.kind.rawValue, to: &bytes)
        object.add("state", query.state.rawValue, to: &bytes)
        object.add("started", TimestampText.rfc3339(query.started), to: &bytes)
        object.add("elapsedSeconds", number: query.elapsedSeconds, to: &bytes)
        object.add("seriesSelected", integer: query.seriesSelected, to: &bytes)
        object.add("samplesRead", integer: query.samplesRead, to: &bytes)
        object.add("memoryBytes", integer: query.memoryBytes, to: &bytes)
        object.add("peakMemoryBytes", integer: query.peakMemoryBytes, to: &bytes)
        object.add("client", query.client, to: &bytes)
        object.close(&bytes)
    }

    private static func append(_ query: HeavyQuery, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("fingerprint", query.fingerprint, to: &bytes)
        object.add("query", query.query, to: &bytes)
        object.add("count", integer: query.count, to: &bytes)
        object.add("slowCount", integer: query.slowCount, to: &bytes)
        object.add("totalSeconds", number: query.totalSeconds, to: &bytes)
        object.add("maxSeconds", number: query.maxSeconds, to: &bytes)
        object.add("samplesRead", integer: query.samplesRead, to: &bytes)
        object.add("maxMemoryBytes", integer: query.maxMemoryBytes, to: &bytes)
        object.add("failures", integer: query.failures, to: &bytes)
        object.add("lastSeen", TimestampText.rfc3339(query.lastSeen), to: &bytes)
        object.close(&bytes)
    }
}
