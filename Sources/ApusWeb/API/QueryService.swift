package import ApusQuery

/// Evaluates PromQL and tells of it: the query engine, or a fake in a test.
package protocol QueryService: Sendable {
    /// What holds for every query.
    var limits: QueryLimits { get }

    /// The value of an expression at one time, in milliseconds since the epoch.
    func instant(_ text: String, at time: Int64, options: QueryOptions) async throws(QueryError) -> QueryResult

    /// The values of an expression at evenly spaced times, both ends included; times and step in milliseconds.
    func range(_ text: String, from start: Int64, through end: Int64, step: Int64, options: QueryOptions)
        async throws(QueryError) -> QueryResult

    /// What each part of an expression does at one time, and why the result is empty when it is.
    func explain(_ text: String, at time: Int64, options: QueryOptions) async throws(QueryError) -> Explanation

    /// What each part of an expression does at evenly spaced times, and why the result is empty when it is.
    func explain(_ text: String, from start: Int64, through end: Int64, step: Int64, options: QueryOptions)
        async throws(QueryError) -> Explanation

    /// The queries that run and wait now.
    var runningQueries: [RunningQuery] { get }

    /// The bytes that all queries hold now.
    var heldMemoryBytes: Int { get }

    /// What queries have cost by their shape, the costliest first.
    var heavyQueries: [HeavyQuery] { get }

    /// Stops a query; says whether there was one with this name.
    func kill(_ id: UInt64) -> Bool
}

extension QueryEngine: QueryService {}
