import ApusPromQL

/// Finds out why the result of a query is empty, by asking the data.
struct ReasonSearch {
    init(_ expression: Expression, query: QueryState, isEmpty: Bool) {}

    /// The reasons, the most telling first.
    func reasons() -> [Explanation.Reason] { [] }
}
