package import ApusModel
package import ApusStorage

/// A block, and what takes the most series in it.
package struct BlockStatus: Sendable {
    /// What the block holds.
    package var facts: BlockFacts
    /// 1 for the shortest blocks, and one more for each threefold of their span.
    package var level: Int
    /// The largest lists of it, or why they cannot be read; `nil` for a block that nobody asked for.
    package var cardinality: Result<SeriesCardinality, QueryableError>?

    /// Of blocks that nobody names so many, the newest, have lists.
    private static let listedBlocks = 10

    /// The readable blocks of `storage` in the order of their first samples; blocks while names are counted.
    ///
    /// - Parameter identifiers: the blocks that have lists; `nil` for the newest.
    /// - Throws: `QueryableError.invalidPattern`, naming the matcher.
    package static func all(
        of storage: Storage, _ request: CardinalityRequest, identifiers: Set<String>?
    ) throws(QueryableError) -> [BlockStatus] {
        let facts = storage.blockFacts().readable
        let newest = facts.sorted { $0.maximumTime > $1.maximumTime }.prefix(listedBlocks).map(\.identifier)
        let lists = try storage.cardinality(request, ofBlocks: identifiers ?? Set(newest))
        let byBlock = Dictionary(lists.map { ($0.block, $0.cardinality) }) { first, _ in first }
        return facts.map { facts in
            BlockStatus(
                facts: facts, level: facts.level(blockRange: storage.options.blockRange),
                cardinality: byBlock[facts.identifier])
        }
    }
}
