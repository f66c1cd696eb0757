import ApusModel
import ApusPromQL
package import ApusQuery
import HTTPTypes

/// Evaluates PromQL: the query engine, or a fake in a test.
package protocol QueryService: Sendable {
    /// The value of an expression at one time, in milliseconds since the epoch.
    func instant(_ text: String, at time: Int64, options: QueryOptions) async throws(QueryError) -> QueryResult

    /// The values of an expression at evenly spaced times, both ends included; times and step in milliseconds.
    func range(_ text: String, from start: Int64, through end: Int64, step: Int64, options: QueryOptions)
        async throws(QueryError) -> QueryResult
}

extension QueryEngine: QueryService {}

/// `/api/v1/query`, `/api/v1/query_range` and `/api/v1/format_query`.
struct QueryAPI: Sendable {
    static let truncationWarning = "results truncated due to limit"
    private static let maxPoints: Int64 = 11_000

    let engine: any QueryService
    let clock: any WallClock

    func addRoutes(to routes: inout RouteTable) {
        routes.add(
            Route("/api/v1/query", [.get, .post], readiness: .whenReady, takesForm: true) { request throws(APIError) in
                try await instant(request)
            })
        routes.add(
            Route("/api/v1/query_range", [.get, .post], readiness: .whenReady, takesForm: true) {
                request throws(APIError) in
                try await range(request)
            })
        routes.add(
            Route("/api/v1/format_query", [.get, .post], takesForm: true) { request throws(APIError) in
                try format(request)
            })
    }

    private func instant(_ request: WebRequest) async throws(APIError) -> Reply {
        let limit = try request.limit()
        let time = try request.time("time") ?? clock.now()
        let options = try options(request)
        let text = request.parameters["query"] ?? ""
        let result = try await evaluate(request) { [engine] () throws(QueryError) in
            try await engine.instant(text, at: time, options: options)
        }
        return reply(result, limit: limit, request: request)
    }

    private func range(_ request: WebRequest) async throws(APIError) -> Reply {
        let limit = try request.limit()
        let start = try request.requiredTime("start")
        let end = try request.requiredTime("end")
        guard end >= start else {
            throw .invalid(parameter: "end", "end timestamp must not be before start time")
        }
        let step: Int64
        do {
            step = try ParameterText.duration(request.parameters["step"] ?? "")
        } catch {
            throw .invalid(parameter: "step", error.description)
        }
        guard step > 0 else {
            throw .invalid(
                parameter: "step",
                "zero or negative query resolution step widths are not accepted. Try a positive integer")
        }
        guard (end - start) / step <= Self.maxPoints else {
            throw APIError(
                .badData,
                "exceeded maximum resolution of 11,000 points per timeseries. "
                    + "Try decreasing the query resolution (?step=XX)")
        }
        let options = try options(request)
        let text = request.parameters["query"] ?? ""
        let result = try await evaluate(request) { [engine] () throws(QueryError) in
            try await engine.range(text, from: start, through: end, step: step, options: options)
        }
        return reply(result, limit: limit, request: request)
    }

    private func format(_ request: WebRequest) throws(APIError) -> Reply {
        let text: String
        do {
            text = try Parser.parse(request.parameters["query"] ?? "").description
        } catch {
            throw .invalid(parameter: "query", error.description)
        }
        return .success { JSONText.append(text, to: &$0) }
    }

    private func options(_ request: WebRequest) throws(APIError) -> QueryOptions {
        let timeout = try request.duration("timeout")
        if let timeout, timeout <= 0 { throw .invalid(parameter: "query", "context deadline exceeded") }
        var lookback: Int64?
        if let text = request.parameters["lookback_delta"] {
            do {
                lookback = try ParameterText.duration(text)
            } catch {
                throw APIError(.badData, "error parsing lookback delta duration: \(error)")
            }
        }
        // Zero, and what is below, means the engine's setting, as with the peers.
        return QueryOptions(timeout: timeout, lookback: lookback.flatMap { $0 > 0 ? $0 : nil })
    }

    /// Runs an evaluation that ends when the client goes away.
    private func evaluate(
        _ request: WebRequest,
        _ evaluation: @escaping @Sendable () async throws(QueryError) -> QueryResult
    ) async throws(APIError) -> QueryResult {
        do {
            return try await ConnectionWatch.cancellingOnClose(of: request.connection, evaluation)
        } catch {
            throw APIError(error)
        }
    }

    private func reply(_ result: QueryResult, limit: Int?, request: WebRequest) -> Reply {
        var result = result
        if let limit {
            var isTruncated = false
            switch result.value {
            case .vector(let samples) where samples.count > limit:
                result.value = .vector(Array(samples.prefix(limit)))
                isTruncated = true
            case .matrix(let series) where series.count > limit:
                result.value = .matrix(Array(series.prefix(limit)))
                isTruncated = true
            default: break
            }
            if isTruncated { result.warnings.append(Self.truncationWarning) }
        }
        let statistics = request.parameters["stats"] == nil ? nil : result.statistics
        return .success(
            QueryPieces(result.value, statistics: statistics), warnings: result.warnings, infos: result.infos)
    }
}

extension APIError {
    /// How the API tells why a query has no result.
    init(_ error: QueryError) {
        switch error {
        case .parse(let error): self = .invalid(parameter: "query", error.description)
        case .badData(let text): self = .invalid(parameter: "query", text)
        case .execution(let text): self.init(.execution, text)
        case .timeout(let text): self.init(.timeout, text)
        case .cancelled(let text): self.init(.canceled, text)
        case .tooBusy(let text): self.init(.timeout, text)
        case .storage(let text): self.init(.internalError, text)
        }
    }
}
