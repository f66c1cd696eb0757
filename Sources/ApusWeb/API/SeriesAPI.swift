import ApusModel
import ApusPromQL
import HTTPTypes

/// `/api/v1/series`, `/api/v1/labels` and `/api/v1/label/<name>/values`.
struct SeriesAPI: Sendable {
    let storage: any Queryable
    let threads: BlockingThreads

    func addRoutes(to routes: inout RouteTable) {
        routes.add(
            Route("/api/v1/series", [.get, .post], readiness: .whenReady, place: .eventLoop, takesForm: true) {
                request throws(APIError) in
                try await series(request)
            })
        routes.add(
            Route("/api/v1/labels", [.get, .post], readiness: .whenReady, place: .eventLoop, takesForm: true) {
                request throws(APIError) in
                try await labelNames(request)
            })
        routes.add(
            Route("/api/v1/label/:name/values", readiness: .whenReady, place: .eventLoop) { request throws(APIError) in
                try await labelValues(request)
            }, prefix: "/api/v1/label/", suffix: "/values")
    }

    private func series(_ request: WebRequest) async throws(APIError) -> Reply {
        guard !request.parameters.all("match[]").isEmpty else {
            throw APIError(.badData, "no match[] parameter provided")
        }
        let range = try range(request)
        let selectors: [[Matcher]]
        do {
            selectors = try Self.selectors(request)
        } catch {
            throw .invalid(parameter: "match[]", error.text)
        }
        let limit = try request.limit()
        let labelSets = try await read(range) { querier throws(QueryableError) in
            try Self.labelSets(of: selectors, querier)
        }
        return Self.reply(labelSets, limit: limit) { JSONText.append($0, to: &$1) }
    }

    private func labelNames(_ request: WebRequest) async throws(APIError) -> Reply {
        let limit = try request.limit()
        let range = try range(request)
        let selectors = try optionalSelectors(request)
        let names = try await read(range) { querier throws(QueryableError) in
            try querier.labelNames(matching: selectors)
        }
        return Self.reply(names, limit: limit) { JSONText.append($0, to: &$1) }
    }

    private func labelValues(_ request: WebRequest) async throws(APIError) -> Reply {
        let limit = try request.limit()
        let name = EscapedName.unescaped(request.pathVariable)
        let range = try range(request)
        let selectors = try optionalSelectors(request)
        let values = try await read(range) { querier throws(QueryableError) in
            try querier.labelValues(of: name, matching: selectors)
        }
        return Self.reply(values, limit: limit) { JSONText.append($0, to: &$1) }
    }

    /// Reads a list from storage on a thread that may block; an impossible range gives an empty list, as with the peers.
    private func read<Element: Sendable>(
        _ range: ClosedRange<Int64>?,
        _ work: @escaping @Sendable (any Querier) throws(QueryableError) -> [Element]
    ) async throws(APIError) -> [Element] {
        guard let range else { return [] }
        do {
            return try await threads.run(whenCancelled: QueryableError.cancelled) {
                [storage] () throws(QueryableError) in
                try work(try storage.querier(from: range.lowerBound, through: range.upperBound))
            }
        } catch {
            throw APIError(error)
        }
    }

    /// The series that any of the selectors selects, each once, sorted.
    private static func labelSets(of selectors: [[Matcher]], _ querier: any Querier) throws(QueryableError)
        -> [LabelSet]
    {
        var result: [LabelSet] = []
        for selector in selectors {
            let selection = try querier.select(selector)
            result.reserveCapacity(result.count + selection.count)
            for index in 0..<selection.count { result.append(selection.labels(at: index)) }
        }
        result.sort()
        var unique: [LabelSet] = []
        unique.reserveCapacity(result.count)
        for labels in result where unique.last != labels { unique.append(labels) }
        return unique
    }

    private static func reply<Element: Sendable>(
        _ elements: [Element],
        limit: Int?,
        append: @escaping @Sendable (Element, inout [UInt8]) -> Void
    ) -> Reply {
        guard let limit, elements.count > limit else { return .success(ArrayPieces(elements, appendElement: append)) }
        return .success(
            ArrayPieces(Array(elements.prefix(limit)), appendElement: append),
            warnings: [QueryAPI.truncationWarning])
    }

    /// The times asked for; `nil` when they are the wrong way round, which selects nothing.
    private func range(_ request: WebRequest) throws(APIError) -> ClosedRange<Int64>? {
        let start = try request.time("start") ?? TimestampText.validRange.lowerBound
        let end = try request.time("end") ?? TimestampText.validRange.upperBound
        return start <= end ? start...end : nil
    }

    private func optionalSelectors(_ request: WebRequest) throws(APIError) -> [[Matcher]] {
        do {
            return try Self.selectors(request)
        } catch {
            throw APIError(.badData, error.text)
        }
    }

    /// The selectors of a request's `match[]` parameters.
    static func selectors(_ request: WebRequest) throws(SelectorError) -> [[Matcher]] {
        var result: [[Matcher]] = []
        for text in request.parameters.all("match[]") {
            do {
                result.append(try Parser.parseSelector(text))
            } catch {
                throw SelectorError(error)
            }
        }
        return result
    }
}

/// Why a `match[]` parameter is refused.
struct SelectorError: Error {
    let text: String

    fileprivate init(_ error: ParseError) {
        // The parser says it of an expression and with a position, the peers here of the parameter.
        let selectsEverything = "must contain at least one non-empty matcher"
        text = error.message.hasSuffix(selectsEverything) ? "match[] \(selectsEverything)" : error.description
    }
}

extension APIError {
    /// How the API tells why stored data was not read.
    init(_ error: QueryableError) {
        switch error {
        case .invalidPattern: self.init(.badData, error.description)
        case .unreadable: self.init(.internalError, error.description)
        case .cancelled: self.init(.canceled, error.description)
        }
    }
}
