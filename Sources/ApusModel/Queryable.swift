/// Why stored data could not be read.
package enum QueryableError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A matcher's pattern is not RE2 syntax.
    case invalidPattern(matcher: String, reason: String)
    /// Stored bytes could not be read or are damaged; the text names the file and what to do.
    case unreadable(String)
    /// The caller gave up, or the store is closing.
    case cancelled

    package var description: String {
        switch self {
        case .invalidPattern(let matcher, let reason): "invalid pattern in matcher \(matcher): \(reason)"
        case .unreadable(let text): text
        case .cancelled: "the query was cancelled"
        }
    }
}

/// Something whose series can be selected and read: the local store, a remote one, or a fake in a test.
package protocol Queryable: Sendable {
    /// Opens a view of what is stored now between two times, both included, in milliseconds since the epoch.
    ///
    /// The view keeps what it needs alive (mapped files, sealed columns) until it is released; what is appended or
    /// compacted meanwhile does not disturb it.
    func querier(from start: Int64, through end: Int64) throws(QueryableError) -> any Querier
}

/// A view of a store between two times.
///
/// Calls may block on disk and come from any thread.
package protocol Querier: Sendable {
    /// The series that all `matchers` select and that may have samples in the view's range, each once, in no
    /// particular order.
    func select(_ matchers: [Matcher]) throws(QueryableError) -> any SeriesSelection

    /// The label names of the series that any of the `selectors` (each a list of matchers) selects, sorted by bytes;
    /// of all series when there are none.
    func labelNames(matching selectors: [[Matcher]]) throws(QueryableError) -> [String]

    /// The values of the label `name` among those series, sorted by bytes.
    func labelValues(of name: String, matching selectors: [[Matcher]]) throws(QueryableError) -> [String]
}

/// Selected series, read by position so that several threads can each take a part.
package protocol SeriesSelection: Sendable {
    /// The number of series.
    var count: Int { get }

    /// The label set of the series at `index`.
    func labels(at index: Int) -> LabelSet

    /// Appends the samples of the series at `index` from `start` through `end`, both included and ascending, to `columns`.
    ///
    /// Staleness markers are samples like others. One call reads one whole series; nothing is decoded beyond the range
    /// but what shares a block with it.
    func read(_ index: Int, from start: Int64, through end: Int64, into columns: inout SampleColumns)
        throws(QueryableError)

    /// Summaries of the same series whose runs lie between multiples of `alignment` milliseconds; `nil` when there are none.
    func summaries(alignedTo alignment: Int64) -> (any SummarySelection)?

    /// Where between two times the samples of the series at `index` are gone and only roll-ups of them are left, so that `read` gives the
    /// first and the last sample of each bucket; `nil` when nowhere.
    func rolledSpan(of index: Int, from start: Int64, through end: Int64) -> RolledSpan?
}

/// The exemplars of one series.
package struct ExemplarSeries: Sendable {
    /// The series' labels.
    package var labels: LabelSet
    /// Its exemplars, ascending by time, each with a time.
    package var exemplars: [Exemplar]

    /// The exemplars of the series with `labels`.
    package init(labels: LabelSet, exemplars: [Exemplar]) {
        self.labels = labels
        self.exemplars = exemplars
    }
}

/// Something that keeps exemplars.
package protocol ExemplarQueryable: Sendable {
    /// The exemplars between two times, both included, of the series that any of the `selectors` (each a list of
    /// matchers) selects; each series once, sorted by labels.
    func exemplars(
        matching selectors: [[Matcher]], from start: Int64, through end: Int64
    ) throws(QueryableError) -> [ExemplarSeries]
}
