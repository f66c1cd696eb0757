/// What takes the most series or values in the head, or in a block: the lists of `/api/v1/status/tsdb`.
package struct SeriesCardinality: Sendable {
    /// A name with a count.
    package struct Entry: Sendable, Equatable {
        /// A metric's name, a label's name or value, or `name=value`.
        package var name: String
        /// Series, values or bytes.
        package var count: Int

        /// An entry with the given parts.
        package init(name: String, count: Int) {
            self.name = name
            self.count = count
        }
    }

    /// The series that were looked at.
    package var series = 0
    /// The different label pairs that they have.
    package var labelPairs = 0
    /// The metric names with the most series.
    package var seriesByMetricName: [Entry] = []
    /// The label names with the most values.
    package var valuesByLabelName: [Entry] = []
    /// The label names whose values take the most bytes, counted once per series.
    package var bytesByLabelName: [Entry] = []
    /// The label pairs with the most series.
    package var seriesByLabelPair: [Entry] = []
    /// The label names that the most series have.
    package var seriesByLabelName: [Entry] = []
    /// The values of the label in question with the most series.
    package var seriesByFocusValue: [Entry] = []
}
