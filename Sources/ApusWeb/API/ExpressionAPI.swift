import ApusModel
import ApusPromQL
import HTTPTypes

/// `/api/v1/format_query`, `/api/v1/parse_query` and `/api/v1/query_exemplars`: what takes an expression apart without
/// evaluating it.
struct ExpressionAPI: Sendable {
    let options: ParserOptions
    let exemplars: (any ExemplarQueryable)?
    let threads: BlockingThreads

    func addRoutes(to routes: inout RouteTable) {
        routes.add(
            Route("/api/v1/format_query", [.get, .post], takesForm: true) { request throws(APIError) in
                let text = try await parsed(request) { $0.prettyText }
                return .success { JSONText.append(text, to: &$0) }
            })
        routes.add(
            Route("/api/v1/parse_query", [.get, .post], takesForm: true) { request throws(APIError) in
                let tree = try await parsed(request) { expression in
                    var bytes: [UInt8] = []
                    SyntaxTreeText.append(expression, to: &bytes)
                    return bytes
                }
                return .success { $0 += tree }
            })
        routes.add(
            Route("/api/v1/query_exemplars", [.get, .post], readiness: .whenReady, takesForm: true) {
                request throws(APIError) in
                try await exemplars(request)
            })
    }

    /// What `transform` makes of the query's tree, on a thread that has the stack for deep ones.
    private func parsed<Value: Sendable>(
        _ request: WebRequest, _ transform: @escaping @Sendable (Expression) -> Value
    ) async throws(APIError) -> Value {
        let text = request.query
        return try await threads.run(whenCancelled: APIError(.canceled, "the request was cancelled")) {
            [options] () throws(APIError) in
            do throws(ParseError) {
                return transform(try Parser.parse(text, options: options))
            } catch {
                throw .invalid(parameter: "query", error.description)
            }
        }
    }

    private func exemplars(_ request: WebRequest) async throws(APIError) -> Reply {
        let start = try request.time("start") ?? TimestampText.validRange.lowerBound
        let end = try request.time("end") ?? TimestampText.validRange.upperBound
        guard start <= end else {
            throw APIError(.badData, "end timestamp must not be before start timestamp")
        }
        let text = request.query
        let series = try await threads.run(whenCancelled: APIError(.canceled, "the request was cancelled")) {
            [options, exemplars] () throws(APIError) -> [ExemplarSeries] in
            let selectors: [[Matcher]]
            do throws(ParseError) {
                selectors = try Parser.parse(text, options: options).selectors
            } catch {
                throw APIError(.badData, error.description)
            }
            guard let exemplars, !selectors.isEmpty else { return [] }
            do throws(QueryableError) {
                return try exemplars.exemplars(matching: selectors, from: start, through: end)
            } catch {
                throw APIError(error)
            }
        }
        return .success(ArrayPieces(series, appendElement: Self.append))
    }

    private static func append(_ series: ExemplarSeries, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("seriesLabels", series.labels, to: &bytes)
        object.add("exemplars", array: series.exemplars, to: &bytes) { exemplar, bytes in
            var entry = JSONObject(&bytes)
            entry.add("labels", exemplar.labels, to: &bytes)
            entry.addName("value", to: &bytes)
            JSONText.append(sampleValue: exemplar.value, to: &bytes)
            entry.addName("timestamp", to: &bytes)
            JSONText.append(timestamp: exemplar.timestamp ?? 0, to: &bytes)
            entry.close(&bytes)
        }
        object.close(&bytes)
    }
}
