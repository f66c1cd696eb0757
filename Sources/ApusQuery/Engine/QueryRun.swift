import ApusPromQL

/// The evaluation of one query from its text to its answer, on one thread and its helpers.
struct QueryRun {
    private let request: QueryRequest
    private let query: QueryState
    private let waited: Duration

    init(_ request: QueryRequest, query: QueryState, waited: Duration) {
        self.request = request
        self.query = query
        self.waited = waited
    }

    /// The answer, or why there is none, with what it took.
    func ending() -> QueryJob.Ending {
        var times = QueryTimes()
        var expression: Expression?
        let outcome: QueryJob.Outcome
        do throws(QueryError) {
            outcome = .success(try answer(&times, &expression))
        } catch {
            outcome = .failure(error)
        }
        return QueryJob.Ending(outcome: outcome, expression: expression, statistics: statistics(times))
    }

    /// When the parts of an evaluation ended.
    private struct QueryTimes {
        let begin = ContinuousClock.now
        var prepared: ContinuousClock.Instant?
        var evaluated: ContinuousClock.Instant?
    }

    private func answer(
        _ times: inout QueryTimes, _ parsed: inout Expression?
    ) throws(QueryError) -> QueryAnswer {
        try query.check(in: "query queue")
        let expression: Expression
        do {
            expression = try Parser.parse(request.text, options: query.limits.features.parserOptions)
        } catch {
            throw .parse(error)
        }
        parsed = expression
        let plan = QueryPlan(expression, source: query.source)
        query.sharing.adopt(plan)
        times.prepared = ContinuousClock.now
        let builder = ResultBuilder(evaluator: Evaluator(evaluation: Evaluation(query)))
        let value =
            try request.kind == .range ? builder.range(plan.expression) : builder.instant(plan.expression)
        times.evaluated = ContinuousClock.now
        // Who was told that the query is ended must not see it succeed.
        try query.check(in: "query execution")
        let sorted = builder.sorted(value, keepsOrder: request.kind == .instant && expression.hasOrderedValue)
        let annotations = query.remarks.shown(
            limit: query.limits.maxAnnotations, source: query.source, sharing: query.sharing)
        let result = QueryResult(
            value: sorted, warnings: annotations.warnings, infos: annotations.infos, statistics: statistics(times))
        guard request.isExplained else { return QueryAnswer(result: result) }
        return QueryAnswer(
            result: result,
            explanation: Explainer(expression, request: request, query: query).explanation(of: result))
    }

    private func statistics(_ times: QueryTimes) -> QueryStatistics {
        let end = ContinuousClock.now
        var result = query.statistics
        result.queueNanoseconds = waited.nanoseconds
        if let prepared = times.prepared {
            result.preparationNanoseconds = (prepared - times.begin).nanoseconds
            result.evaluationNanoseconds = ((times.evaluated ?? end) - prepared).nanoseconds
        }
        if let evaluated = times.evaluated { result.sortNanoseconds = (end - evaluated).nanoseconds }
        return result
    }
}

extension Duration {
    /// The length in whole nanoseconds.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    }

    /// The length in seconds.
    var seconds: Double { Double(nanoseconds) / 1e9 }
}

extension Expression {
    /// Whether the elements of an instant vector come in an order that means something.
    fileprivate var hasOrderedValue: Bool {
        switch withoutParentheses {
        case .aggregation(let node): node.operation == .topk || node.operation == .bottomk
        case .call(let call):
            [.sort, .sortDesc, .sortByLabel, .sortByLabelDesc].contains(call.function)
        default: false
        }
    }
}
