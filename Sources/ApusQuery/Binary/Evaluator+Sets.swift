import ApusModel
import ApusPromQL

extension Evaluator {
    /// `and`, `or` and `unless`.
    func combineSets(
        _ node: BinaryExpression, _ left: any SeriesSource, _ right: any SeriesSource, _ key: MatchingKey,
        on grid: StepGrid
    ) throws(QueryError) -> any SeriesSource {
        if node.operation == .or { return try union(left, right, key, on: grid) }
        let masks = try presence(of: right, key, on: grid)
        let keepsPresent = node.operation == .and
        // Without a partner the whole series is kept, or left out.
        var kept: [(series: Int, mask: PresenceMask?)] = []
        var leftOut: [Int] = []
        for (position, identity) in left.series.enumerated() {
            let mask = masks[key.labels(of: identity.labels)]
            if mask == nil && keepsPresent {
                leftOut.append(position)
            } else {
                kept.append((position, mask))
            }
        }
        try readForRemarks(left, of: node.left, leftOut, on: grid)
        return MaskedSource(
            base: left, series: kept.map { left.series[$0.series] }, members: kept, keepsPresent: keepsPresent)
    }

    /// For each match group of a source the steps at which any of its series has a value.
    private func presence(
        of source: any SeriesSource, _ key: MatchingKey, on grid: StepGrid
    ) throws(QueryError) -> [LabelSet: PresenceMask] {
        let groups = Array(key.index(source.series))
        let parts = evaluation.parts(of: groups.count)
        let masks = try evaluation.parallel(parts: parts.count) { part, scratch throws(QueryError) in
            var masks: [PresenceMask] = []
            var row = scratch.takeRow(grid.count)
            for group in parts[part] {
                var mask = PresenceMask(count: grid.count)
                for member in groups[group].value {
                    try source.read(member, into: &row, scratch: &scratch)
                    mask.insertPresent(of: row)
                }
                masks.append(mask)
            }
            scratch.giveBack(row)
            return masks
        }
        var result: [LabelSet: PresenceMask] = [:]
        for (group, mask) in zip(groups, masks.joined()) { result[group.key] = mask }
        return result
    }

    /// `or`: the left vector, and the elements of the right one that match none of the left at their step.
    private func union(
        _ left: any SeriesSource, _ right: any SeriesSource, _ key: MatchingKey, on grid: StepGrid
    ) throws(QueryError) -> any SeriesSource {
        let leftRows = try materialise(left, on: grid)
        let masks = try presence(of: leftRows, key, on: grid)
        let rest = MaskedSource(
            base: right, series: right.series,
            members: right.series.enumerated().map { position, identity in
                (position, masks[key.labels(of: identity.labels)])
            }, keepsPresent: false)
        return try joiningDuplicates(JoinedSource(first: leftRows, second: rest), on: grid)
    }
}

/// The steps at which something has a value.
struct PresenceMask: Sendable {
    private var words: [UInt64]

    init(count: Int) {
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    func contains(_ step: Int) -> Bool { words[step >> 6] & (1 << UInt64(step & 63)) != 0 }

    mutating func insert(_ step: Int) { words[step >> 6] |= 1 << UInt64(step & 63) }

    mutating func insertPresent(of row: Row) {
        for step in row.values.indices where row.isPresent(at: step) { insert(step) }
    }
}

/// Series of another source at those steps at which their partners are present, or are not.
private struct MaskedSource: SeriesSource {
    let base: any SeriesSource
    let series: [SeriesIdentity]
    /// For each series its position in `base`, and its partners' presence: none at any step when `nil`.
    let members: [(series: Int, mask: PresenceMask?)]
    let keepsPresent: Bool

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        let member = members[index]
        try base.read(member.series, into: &row, scratch: &scratch)
        guard let mask = member.mask else { return }
        row.keepPresent { step in mask.contains(step) == keepsPresent }
    }
}

/// The series of one source, then those of another.
private struct JoinedSource: SeriesSource {
    let first: any SeriesSource
    let second: any SeriesSource
    let series: [SeriesIdentity]

    init(first: any SeriesSource, second: any SeriesSource) {
        self.first = first
        self.second = second
        series = first.series + second.series
    }

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        let firstCount = first.series.count
        if index < firstCount {
            try first.read(index, into: &row, scratch: &scratch)
        } else {
            try second.read(index - firstCount, into: &row, scratch: &scratch)
        }
    }
}
