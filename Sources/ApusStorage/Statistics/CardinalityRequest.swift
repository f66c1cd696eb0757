package import ApusModel

/// What is asked of the cardinality of the head.
package struct CardinalityRequest: Sendable {
    /// The most entries of each list.
    package var limit: Int
    /// Only series that one of these selects; empty for all.
    package var selectors: [[Matcher]]
    /// A label whose values are counted.
    package var focusLabel: String?

    /// A request for lists of `limit` entries.
    package init(limit: Int, selectors: [[Matcher]] = [], focusLabel: String? = nil) {
        self.limit = limit
        self.selectors = selectors
        self.focusLabel = focusLabel
    }
}
