import ApusModel
import ApusPromQL

/// What the search for a reason may use: the data of the query, and time and memory of its own.
struct ReasonContext: Sendable {
    /// The query whose result is empty.
    let query: QueryState
    /// Evaluates parts of it again, within the limits of the search.
    let evaluator: Evaluator

    init(_ query: QueryState) {
        self.query = query
        var setting = query.setting
        setting.deadline = min(
            .now + .milliseconds(query.limits.maxReasonTime), max(query.deadline, .now + .milliseconds(100)))
        setting.countsSteps = false
        // No recorder: the figures are those of the query itself. No helpers: nobody waits for the reason's sake.
        evaluator = Evaluator(
            evaluation: Evaluation(
                QueryState(
                    setting, queryable: query.queryable, limits: query.limits, memory: query.memory, helpers: nil,
                    recorder: nil)))
    }

    /// Fails when the search has taken long enough.
    func check() throws(QueryError) {
        try evaluator.evaluation.check()
    }

    /// The times that data can have.
    static let allTimes = (first: TimestampText.validRange.lowerBound, last: TimestampText.validRange.upperBound)

    /// The series that matchers select between two times.
    func select(
        _ matchers: [Matcher], _ times: (first: Int64, last: Int64) = allTimes
    ) throws(QueryError) -> any SeriesSelection {
        try check()
        do {
            return try query.queryable.querier(from: times.first, through: times.last).select(matchers)
        } catch {
            throw QueryError(error)
        }
    }

    /// The values of a label among the series that matchers select, whenever they were.
    func values(of label: String, among matchers: [Matcher]) throws(QueryError) -> [String] {
        try check()
        do {
            return try query.queryable.querier(from: Self.allTimes.first, through: Self.allTimes.last)
                .labelValues(of: label, matching: matchers.isEmpty ? [] : [matchers])
        } catch {
            throw QueryError(error)
        }
    }

    /// The labels of the series that matchers select, whenever they were; without the metric's name.
    func labels(among matchers: [Matcher]) throws(QueryError) -> [String] {
        try check()
        do {
            return try query.queryable.querier(from: Self.allTimes.first, through: Self.allTimes.last)
                .labelNames(matching: matchers.isEmpty ? [] : [matchers])
                .filter { $0 != LabelSet.metricName }
        } catch {
            throw QueryError(error)
        }
    }

    /// The samples of a selected series between two times, staleness markers among them.
    func samples(
        _ selection: any SeriesSelection, _ index: Int, _ times: (first: Int64, last: Int64)
    ) throws(QueryError) -> SampleColumns {
        try check()
        var columns = SampleColumns()
        do {
            try selection.read(index, from: times.first, through: times.last, into: &columns)
        } catch {
            throw QueryError(error)
        }
        return columns
    }
}
