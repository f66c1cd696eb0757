import ApusBytes

/// Finds the number of a child by its label values.
///
/// The values lie back to back in one arena, each ended by 0xFF, which UTF-8 never holds; an open-addressing table over
/// seeded hashes finds them.
struct ChildIndex: Sendable {
    private var arena: [UInt8] = []
    /// Where the values of each child lie.
    private var ranges: [Range<Int>] = []
    /// The bytes in the arena that belong to no child any more.
    private var garbage = 0
    /// Child number plus one in the lower half and the upper half of its hash; 0 when free.
    ///
    /// The count is a power of two.
    private var table: [UInt64] = Array(repeating: 0, count: 8)
    private let hash = SeededHash.perProcess

    private static let separator: UInt8 = 0xFF

    /// The number of children.
    var count: Int { ranges.count }

    /// The number of the child with these values, or `nil`.
    func find(_ values: Span<String>) -> Int? {
        let hash = hashValue(values)
        let mask = table.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let entry = table[slot]
            if entry == 0 { return nil }
            if entry >> 32 == hash >> 32 {
                let child = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1
                if isChild(child, values) { return child }
            }
            slot = (slot + 1) & mask
        }
    }

    /// Adds a child that is not there yet; its number is the count before.
    mutating func add(_ values: Span<String>) {
        let start = arena.count
        for index in 0..<values.count {
            arena.append(contentsOf: values[index].utf8)
            arena.append(Self.separator)
        }
        ranges.append(start..<arena.count)
        if ranges.count * 2 > table.count {
            rebuild(tableSize: table.count * 2)
        } else {
            insert(child: ranges.count - 1, hash: hashValue(values))
        }
    }

    /// Removes a child; the last one takes its number.
    mutating func remove(_ child: Int) {
        garbage += ranges[child].count
        ranges.swapAt(child, ranges.count - 1)
        ranges.removeLast()
        if garbage * 2 > arena.count { compact() }
        rebuild(tableSize: table.count)
    }

    /// The values of a child.
    func values(of child: Int) -> [String] {
        arena[ranges[child]].split(separator: Self.separator, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Moves the values together, so that those of removed children take no memory.
    private mutating func compact() {
        var kept: [UInt8] = []
        for child in ranges.indices {
            let start = kept.count
            kept += arena[ranges[child]]
            ranges[child] = start..<kept.count
        }
        arena = kept
        garbage = 0
    }

    private func hashValue(_ values: Span<String>) -> UInt64 {
        var state: UInt64 = 0
        for index in 0..<values.count {
            let text = values[index].utf8
            state = (state ^ hash.hash(text.span)) &* 0x9E37_79B9_7F4A_7C15
        }
        return state ^ (state >> 29)
    }

    private func isChild(_ child: Int, _ values: Span<String>) -> Bool {
        var offset = ranges[child].lowerBound
        let end = ranges[child].upperBound
        for index in 0..<values.count {
            let text = values[index].utf8
            let length = text.count
            guard end - offset > length, arena[offset + length] == Self.separator,
                equalBytes(arena.span.extracting(offset..<(offset + length)), text.span)
            else { return false }
            offset += length + 1
        }
        return offset == end
    }

    private mutating func insert(child: Int, hash: UInt64) {
        let mask = table.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while table[slot] != 0 { slot = (slot + 1) & mask }
        table[slot] = (hash & 0xFFFF_FFFF_0000_0000) | UInt64(child + 1)
    }

    private mutating func rebuild(tableSize: Int) {
        table = Array(repeating: 0, count: tableSize)
        for child in ranges.indices { insert(child: child, hash: storedHash(child)) }
    }

    private func storedHash(_ child: Int) -> UInt64 {
        var state: UInt64 = 0
        var start = ranges[child].lowerBound
        for offset in ranges[child] where arena[offset] == Self.separator {
            state = (state ^ hash.hash(arena.span.extracting(start..<offset))) &* 0x9E37_79B9_7F4A_7C15
            start = offset + 1
        }
        return state ^ (state >> 29)
    }
}
