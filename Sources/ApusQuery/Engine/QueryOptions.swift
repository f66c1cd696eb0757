/// What one query asks for beside its text and times.
package struct QueryOptions: Sendable {
    /// The HTTP request that brought a query, for the query log.
    package struct Request: Sendable {
        /// The client's address.
        package var clientIP: String
        /// The method: `GET`, `POST`.
        package var method: String
        /// The path.
        package var path: String

        /// A request.
        package init(clientIP: String, method: String, path: String) {
            self.clientIP = clientIP
            self.method = method
            self.path = path
        }
    }

    /// How long the query may take, in milliseconds, if shorter than the engine's limit.
    package var timeout: Int64?
    /// How long a sample counts as the current one, in milliseconds, instead of the engine's setting.
    package var lookback: Int64?
    /// Who asks, as the list of running queries shows it: an address, a name, a rule group.
    package var client = ""
    /// The HTTP request that brought the query.
    package var request: Request?
    /// Whether the statistics hold the samples of every step, provided that the feature is on.
    package var wantsStepStatistics = false

    /// The engine's settings.
    package init(timeout: Int64? = nil, lookback: Int64? = nil) {
        self.timeout = timeout
        self.lookback = lookback
    }
}
