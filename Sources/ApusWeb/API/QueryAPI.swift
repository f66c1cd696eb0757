import ApusModel
import ApusPromQL
import ApusQuery
import HTTPTypes

/// `/api/v1/query`, `/api/v1/query_range` and `/api/v1/explain`.
struct QueryAPI: Sendable {
    static let truncationWarning = "results truncated due to limit"

    let engine: any QueryService
    let clock: any WallClock

    func addRoutes(to routes: inout RouteTable) {
        routes.add(
            Route("/api/v1/query", [.get, .post], readiness: .whenReady, place: .eventLoop, takesForm: true) {
                request throws(APIError) in
                let limit = try request.limit()
                return try await query(request, try request.instantTime(clock), limit: limit)
            })
        routes.add(
            Route("/api/v1/query_range", [.get, .post], readiness: .whenReady, place: .eventLoop, takesForm: true) {
                request throws(APIError) in
                let limit = try request.limit()
                return try await query(request, try request.rangeTimes(), limit: limit)
            })
        routes.add(
            Route("/api/v1/explain", [.get, .post], readiness: .whenReady, place: .eventLoop, takesForm: true) {
                request throws(APIError) in
                try await explain(request)
            })
    }

    private func query(_ request: WebRequest, _ times: QueryTimes, limit: Int?) async throws(APIError) -> Reply {
        let options = try request.queryOptions()
        let text = request.query
        let result = try await evaluate(request) { [engine] () throws(QueryError) in
            switch times {
            case .instant(let time):
                try await engine.instant(text, at: time, options: options)
            case .range(let start, let end, let step):
                try await engine.range(text, from: start, through: end, step: step, options: options)
            }
        }
        return reply(result, limit: limit, request: request)
    }

    /// Explains a range when `start` is given, else an instant.
    private func explain(_ request: WebRequest) async throws(APIError) -> Reply {
        let isRange = ["start", "end", "step"].contains { request.parameters[$0] != nil }
        let times = isRange ? try request.rangeTimes() : try request.instantTime(clock)
        let options = try request.queryOptions()
        let text = request.query
        let explanation = try await evaluate(request) { [engine] () throws(QueryError) in
            switch times {
            case .instant(let time):
                try await engine.explain(text, at: time, options: options)
            case .range(let start, let end, let step):
                try await engine.explain(text, from: start, through: end, step: step, options: options)
            }
        }
        return .success(
            WholePiece { ExplanationText.append(explanation, to: &$0) },
            warnings: explanation.warnings, infos: explanation.infos)
    }

    /// Runs an evaluation that ends when the client goes away.
    private func evaluate<Value: Sendable>(
        _ request: WebRequest,
        _ evaluation: @escaping @Sendable () async throws(QueryError) -> Value
    ) async throws(APIError) -> Value {
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
