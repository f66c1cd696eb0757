package import ApusModel
import Synchronization

/// A metric family and what a target says of it; shared by all targets that say the same.
package final class FamilyMetadata: Sendable {
    /// The family's name.
    package let family: String
    /// Type, help and unit.
    package let metadata: MetricMetadata

    init(family: String, metadata: MetricMetadata) {
        self.family = family
        self.metadata = metadata
    }
}

/// Keeps one copy of each family's metadata, however many targets have it.
final class FamilyTable: Sendable {
    private struct Key: Hashable {
        let family: String
        let metadata: MetricMetadata
    }

    /// Beyond it sharing begins anew; what targets hold stays theirs.
    private static let largestCount = 65_536

    private let families = Mutex<[Key: FamilyMetadata]>([:])

    func shared(_ family: String, _ metadata: MetricMetadata) -> FamilyMetadata {
        families.withLock { families in
            let key = Key(family: family, metadata: metadata)
            if let known = families[key] { return known }
            if families.count >= Self.largestCount { families.removeAll() }
            let made = FamilyMetadata(family: family, metadata: metadata)
            families[key] = made
            return made
        }
    }
}

/// The metadata of one target's families.
struct TargetMetadata: Sendable {
    /// What is beyond is not remembered, so that a hostile target cannot fill the memory.
    private static let largestCount = 20_000

    private(set) var families: [FamilyMetadata] = []

    /// Takes over what a body said anew.
    mutating func merge(_ changes: [(family: String, metadata: MetricMetadata)], sharing table: FamilyTable) {
        guard !changes.isEmpty else { return }
        var positions: [String: Int] = [:]
        for (position, known) in families.enumerated() { positions[known.family] = position }
        for (family, metadata) in changes {
            let shared = table.shared(family, metadata)
            if let position = positions[family] {
                families[position] = shared
            } else if families.count < Self.largestCount {
                positions[family] = families.count
                families.append(shared)
            }
        }
    }
}
