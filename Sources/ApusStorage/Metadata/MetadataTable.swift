import ApusModel

/// What metric families say of themselves, the newest of each; bounded.
struct MetadataTable: Sendable {
    private struct Entry: Sendable {
        var metadata: MetricMetadata
        /// Grows with every change, so that the smallest was said the longest ago.
        var order: UInt64
    }

    private let maximumFamilies: Int
    private let maximumBytes: Int
    private var entries: [String: Entry] = [:]
    private var order: UInt64 = 0
    /// The bytes of all texts.
    private(set) var byteCount = 0

    /// An empty table; beyond a limit what was said the longest ago is forgotten.
    init(maximumFamilies: Int, maximumBytes: Int) {
        self.maximumFamilies = maximumFamilies
        self.maximumBytes = maximumBytes
    }

    /// The number of families.
    var count: Int { entries.count }

    /// What a family says of itself.
    subscript(_ family: String) -> MetricMetadata? { entries[family]?.metadata }

    /// All families, what was said the longest ago first.
    var families: [(family: String, metadata: MetricMetadata)] {
        entries.sorted { $0.value.order < $1.value.order }.map { ($0.key, $0.value.metadata) }
    }

    /// Takes over what a family says.
    ///
    /// - Returns: `false` when that was known, or is too long to be kept.
    mutating func set(_ family: String, _ metadata: MetricMetadata) -> Bool {
        let size = Self.size(family, metadata)
        guard size <= maximumBytes / 64, maximumFamilies > 0 else { return false }
        if let known = entries[family] {
            if known.metadata == metadata { return false }
            byteCount -= Self.size(family, known.metadata)
        }
        order += 1
        entries[family] = Entry(metadata: metadata, order: order)
        byteCount += size
        return true
    }

    /// Forgets a tenth more than is over the limits, what was said the longest ago first.
    ///
    /// - Returns: whether anything was forgotten.
    mutating func trim() -> Bool {
        guard entries.count > maximumFamilies || byteCount > maximumBytes else { return false }
        for (family, metadata) in families {
            if entries.count <= maximumFamilies / 10 * 9, byteCount <= maximumBytes / 10 * 9 { break }
            entries[family] = nil
            byteCount -= Self.size(family, metadata)
        }
        return true
    }

    private static func size(_ family: String, _ metadata: MetricMetadata) -> Int {
        family.utf8.count + metadata.help.utf8.count + metadata.unit.utf8.count + 64
    }
}
