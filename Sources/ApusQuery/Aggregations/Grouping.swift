import ApusBytes
import ApusModel
import ApusPromQL

/// The groups of an aggregation: which series each has.
struct SeriesGroups: Sendable {
    /// The labels of each group, in the order in which they were first met.
    private(set) var identities: [SeriesIdentity] = []
    /// The positions of each group's series, ascending.
    private(set) var members: [[Int]] = []

    /// Groups series by the labels that a grouping keeps.
    init(_ series: [SeriesIdentity], by grouping: Grouping, metadataNames: LabelNames) {
        let names = LabelNames(grouping.isWithout ? grouping.labels + metadataNames.names : grouping.labels)
        let keepsName = !grouping.isWithout && grouping.labels.contains(LabelSet.metricName)
        var indices: [LabelSet: Int] = [:]
        for (position, identity) in series.enumerated() {
            let labels: LabelSet =
                if grouping.isWithout {
                    names.dropping(identity.labels)
                } else if names.isEmpty {
                    .empty
                } else {
                    names.keeping(identity.labels)
                }
            let dropsName = keepsName && identity.dropsName
            if let index = indices[labels] {
                members[index].append(position)
                if dropsName { identities[index].dropsName = true }
            } else {
                indices[labels] = members.count
                members.append([position])
                identities.append(SeriesIdentity(labels: labels, dropsName: dropsName))
            }
        }
    }

    /// Pieces of groups of about equal size for threads: a group is in as many pieces in a row as its size demands.
    func pieces(seriesCount: Int) -> [(group: Int, members: Range<Int>)] {
        let size = max(256, (seriesCount + 63) / 64)
        return members.indices.flatMap { group in
            stride(from: 0, to: members[group].count, by: size).map { start in
                (group, start..<min(members[group].count, start + size))
            }
        }
    }
}
