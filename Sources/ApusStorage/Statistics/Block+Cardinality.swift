import ApusBytes
import ApusModel
import ApusRegex

extension Block {
    /// What takes the most series and values, at most `limit` entries of each list, the largest first.
    ///
    /// - Throws: `QueryableError.unreadable` when the index is damaged.
    func cardinality(
        limit: Int, selectors: [[CompiledMatcher]], focusLabel: String?
    ) throws(QueryableError) -> SeriesCardinality {
        var counter = CardinalityCounter()
        if selectors.isEmpty {
            counter.series = Int(header.seriesCount)
            try countAll(into: &counter)
        } else {
            for number in try series(matchingAny: selectors) {
                counter.series += 1
                let _: Void? = try forEachPair(of: number) { name, value in
                    counter.count(name: name, value: value)
                    return nil
                }
            }
        }
        var failure: QueryableError?
        func text(_ symbol: UInt32) -> String {
            do throws(QueryableError) { return String(copying: try self.text(of: symbol)) } catch {
                failure = error
                return ""
            }
        }
        func length(_ symbol: UInt32) -> Int {
            do throws(QueryableError) { return try self.text(of: symbol).count } catch {
                failure = error
                return 0
            }
        }
        let result = counter.result(
            limit: limit, metric: try symbol(of: LabelSet.metricName),
            focus: try focusLabel.flatMap { label throws(QueryableError) in try symbol(of: label) }, text: text,
            length: length)
        if let failure { throw failure }
        try demandWholeIndex()
        return result
    }

    /// The index has the number of series of each pair.
    private func countAll(into counter: inout CardinalityCounter) throws(QueryableError) {
        var names: [String] = []
        try forEachName { names.append(String(copying: $0)) }
        for name in names {
            guard let symbol = try symbol(of: name) else { continue }
            try forEachValue(of: name) { value, _, place in
                counter.add(UInt64(symbol) << 32 | UInt64(value), Int(place.count))
            }
        }
    }
}
