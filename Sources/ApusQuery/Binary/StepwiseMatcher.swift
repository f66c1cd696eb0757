import ApusModel
import ApusPromQL

/// Vector matching step by step, for vectors in which the partner of a series may change from step to step, or in which
/// the labels alone do not show that there is only one.
struct StepwiseMatcher {
    private let operation: MatchedOperation
    private let labelling: ResultLabels
    private let isOneToOne: Bool
    private let oneSide: String
    private let fills: (many: Double?, one: Double?)
    private let grid: StepGrid
    private var groups: [LabelSet: Group] = [:]
    private var table: RowTable
    /// The first conflict at each step: two series of the "one" side that match alike and both have a value.
    private var conflicts: [Int: QueryError] = [:]
    /// For each result row and step whether an element was matched to it, filtered away or not.
    private var claimed: [PresenceMask] = []
    /// The group that last wrote a row, to tell the two kinds of conflict apart.
    private var owners: [LabelSet] = []

    /// The "one" side of a match group.
    private struct Group {
        /// The value at each step.
        var row: Row
        /// The series that has the value at each step, when there are several.
        var members: [LabelSet]
        var memberAt: [Int32]
        /// The steps at which an element of the "many" side was matched.
        var matched: PresenceMask
    }

    init(
        operation: MatchedOperation, labelling: ResultLabels, isOneToOne: Bool, oneSide: String,
        fills: (many: Double?, one: Double?), grid: StepGrid
    ) {
        self.operation = operation
        self.labelling = labelling
        self.isOneToOne = isOneToOne
        self.oneSide = oneSide
        self.fills = fills
        self.grid = grid
        table = RowTable(stepCount: grid.count)
    }

    /// Whether any step has a conflict, which fails the query if the "many" side has any element there.
    var hasConflicts: Bool { !conflicts.isEmpty }

    /// The results so far.
    var source: RowSource { table.source }

    /// Takes the series of the "one" side that match alike.
    mutating func addGroup(_ key: LabelSet, members: [Int], rows: RowSource, matchLabels: LabelSet) {
        var group = Group(
            row: Row(count: grid.count), members: members.map { rows.series[$0].labels },
            memberAt: [Int32](repeating: 0, count: grid.count), matched: PresenceMask(count: grid.count))
        for (index, member) in members.enumerated() {
            let row = rows.rows[member]
            for step in row.values.indices where row.isPresent(at: step) {
                if group.row.isPresent(at: step) {
                    let other = group.members[Int(group.memberAt[step])]
                    if conflicts[step] == nil {
                        conflicts[step] = conflict(matchLabels, [other, group.members[index]].sorted())
                    }
                } else {
                    group.row.copyPoint(of: row, at: step, to: step)
                    group.memberAt[step] = Int32(truncatingIfNeeded: index)
                }
            }
        }
        groups[key] = group
    }

    private func conflict(_ matchLabels: LabelSet, _ pair: [LabelSet]) -> QueryError {
        let shown = pair.map(\.bracedDescription).joined(separator: ", ")
        return .execution(
            "found duplicate series for the match group \(matchLabels.bracedDescription) on the \(oneSide) hand-side"
                + " of the operation: [\(shown)];many-to-many matching not allowed: matching labels must be unique on"
                + " one side")
    }

    /// Matches one series of the "many" side.
    mutating func add(
        _ identity: SeriesIdentity, _ row: Row, group key: LabelSet, _ evaluation: Evaluation
    ) throws(QueryError) {
        // Conflicts of other groups count too where this side has any element: the whole vector is matched.
        if !conflicts.isEmpty {
            for step in row.values.indices where row.isPresent(at: step) {
                if let error = conflicts[step] { throw error }
            }
        }
        let count = grid.count
        var group =
            groups[key]
            ?? Group(
                row: Row(count: count), members: [],
                memberAt: [Int32](repeating: 0, count: count), matched: PresenceMask(count: count))
        var partner = group.row
        if let fill = fills.one {
            for step in partner.values.indices where !partner.isPresent(at: step) { partner.set(fill, at: step) }
        }
        var result = row
        operation.combine(many: row, one: partner, into: &result)
        var target = -1
        var targetMember: Int32 = -2
        for step in 0..<count where row.isPresent(at: step) && partner.isPresent(at: step) {
            if isOneToOne, group.matched.contains(step) {
                throw .execution(
                    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")
            }
            group.matched.insert(step)
            let member = group.row.isPresent(at: step) ? group.memberAt[step] : -1
            if target < 0 || member != targetMember {
                let one = member >= 0 ? group.members[Int(member)] : nil
                target = try rowIndex(labelling.identity(many: identity, one: one), evaluation)
                targetMember = member
            }
            try claim(target, at: step, for: key)
            if result.isPresent(at: step) { table.set(target, at: step, from: result) }
        }
        groups[key] = group
    }

    /// Where the "many" side has no element for a group, matches the value that `fill` gives for it.
    mutating func fillMany() throws(QueryError) {
        guard let fill = fills.many else { return }
        let filled = Row([Double](repeating: fill, count: grid.count))
        for (key, group) in groups {
            var result = filled
            operation.combine(many: filled, one: group.row, into: &result)
            for step in 0..<grid.count where group.row.isPresent(at: step) && !group.matched.contains(step) {
                let one = group.members[Int(group.memberAt[step])]
                let identity = labelling.identity(many: SeriesIdentity(labels: key), one: one)
                let target = table.row(for: identity)
                growClaims(to: target)
                try claim(target, at: step, for: key)
                if result.isPresent(at: step) { table.set(target, at: step, from: result) }
            }
        }
    }

    private mutating func rowIndex(_ identity: SeriesIdentity, _ evaluation: Evaluation) throws(QueryError) -> Int {
        let index = table.row(for: identity)
        if index >= claimed.count { try evaluation.hold(grid.count) }
        growClaims(to: index)
        return index
    }

    private mutating func growClaims(to index: Int) {
        while claimed.count <= index {
            claimed.append(PresenceMask(count: grid.count))
            owners.append(.empty)
        }
    }

    /// Marks a result as taken at a step.
    private mutating func claim(_ index: Int, at step: Int, for key: LabelSet) throws(QueryError) {
        if claimed[index].contains(step) {
            guard !isOneToOne, owners[index] == key else { throw .duplicateLabelSet }
            throw .execution("multiple matches for labels: grouping labels must ensure unique matches")
        }
        claimed[index].insert(step)
        owners[index] = key
    }
}

extension LabelSet {
    /// The labels in braces, the metric's name among them like any other.
    fileprivate var bracedDescription: String {
        let parts = labels.map { "\($0.name)=\(QuotedText.quoted($0.value))" }
        return "{\(parts.joined(separator: ", "))}"
    }
}
