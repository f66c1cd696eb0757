package import ApusModel
import ApusRegex
import Synchronization

extension Storage {
    /// The names, labels and pairs that take the most series in the head, at most `limit` of each, the largest first.
    package func cardinality(limit: Int) -> SeriesCardinality {
        // Without selectors there is nothing that could be wrong.
        (try? cardinality(CardinalityRequest(limit: limit))) ?? SeriesCardinality()
    }

    /// The same of selected series; in time proportional to their labels.
    ///
    /// - Throws: `QueryableError.invalidPattern`, naming the matcher.
    package func cardinality(_ request: CardinalityRequest) throws(QueryableError) -> SeriesCardinality {
        let selectors = try CompiledMatcher.compile(request.selectors)
        // A copy shares its memory with the index, so that counting holds nobody up.
        let index = head.index.withLock { $0 }
        let hidden = deletedSlots(in: index)
        var counter = CardinalityCounter()
        if selectors.isEmpty, hidden.isEmpty {
            counter.series = index.liveCount
            counter.reserveCapacity(index.postings.pairs.count)
            for (pair, list) in zip(index.postings.pairs, index.postings.lists) { counter.add(pair, list.count) }
        } else {
            let slots = selectors.isEmpty ? index.allSeries() : try index.series(matchingAny: selectors)
            for slot in slots where !hidden.contains(slot) {
                counter.series += 1
                index.labels.forEachPair(of: slot) { counter.count(name: $0, value: $1) }
            }
        }
        return counter.result(
            limit: max(0, request.limit), metric: index.symbol(of: LabelSet.metricName),
            focus: request.focusLabel.flatMap { index.symbol(of: $0) }, text: { index.labels.text(of: $0) },
            length: { index.labels.withText(of: $0) { $0.count } })
    }

    /// The same of blocks, deleted series included; in time proportional to the labels of each.
    ///
    /// - Parameter identifiers: the blocks; those that are not there any more are left out.
    /// - Throws: `QueryableError.invalidPattern`, naming the matcher.
    package func cardinality(
        _ request: CardinalityRequest, ofBlocks identifiers: Set<String>
    ) throws(QueryableError) -> [(block: String, cardinality: Result<SeriesCardinality, QueryableError>)] {
        let selectors = try CompiledMatcher.compile(request.selectors)
        let blocks = blocks.withLock { $0 }.blocks.filter { identifiers.contains($0.identifier) }
        return blocks.map { block in
            (
                block.identifier,
                Result { () throws(QueryableError) in
                    try block.cardinality(
                        limit: max(0, request.limit), selectors: selectors, focusLabel: request.focusLabel)
                }
            )
        }
    }

    /// What came and went lately, at most `limit` metrics for each span of time.
    package func growth(limit: Int) -> [SeriesGrowthWindow] {
        var growth = head.growth.withLock { $0 }
        return growth.report(limit: limit)
    }
}
