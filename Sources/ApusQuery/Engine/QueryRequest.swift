import ApusPromQL

/// What is asked: an expression, its times and the options.
struct QueryRequest: Sendable {
    var text: String
    var kind: QueryKind
    var grid: StepGrid
    /// The end that was asked for, which may lie behind the last step: `@ end()`, `end()` and `range()` mean this one.
    var end: Int64
    /// The step in milliseconds as `step()` shows it: 0 for an instant query.
    var step: Int64
    var options: QueryOptions
    /// Whether each part is to be measured and an empty result to be explained.
    var isExplained = false
    /// When the query arrived, in milliseconds since the epoch.
    var arrival: Int64
}

/// What a query gives: its result, and the explanation when it was asked for.
struct QueryAnswer: Sendable {
    var result: QueryResult
    var explanation: Explanation?
}
