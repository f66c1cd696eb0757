import ApusBytes

/// Finds the number of a child by the text of its label values.
///
/// The values lie in an arena, each ended by 0xFF, which UTF-8 never holds. An open-addressing table over a hash of them
/// finds the child.
struct ChildIndex: Sendable {
    private var arena: [UInt8] = []
    /// Where the values of each child lie.
    private var ranges: [Range<Int>] = []
    /// The bytes in the arena that belong to no child any more.
    private var garbage = 0
    /// The upper half of each child's hash.
    private var hashes: [UInt32] = []
    /// Child number plus one in the lower half and the upper half of its hash; 0 when free.
    ///
    /// The count is a power of two.
    private var table: [UInt64] = Array(repeating: 0, count: 8)
    private let hash = SeededHash.perProcess

    private static let separator: UInt8 = 0xFF

    /// The number of the child with these values, or `nil`.
    func find(_ values: Span<String>) -> Int? {
        let wanted = hash(of: values)
        let mask = table.count - 1
        var slot = Int(wanted) & mask
        while true {
            let entry = table[slot]
            if entry == 0 { return nil }
            if entry >> 32 == wanted {
                let child = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1
                if hasValues(child, values) { return child }
            }
            slot = (slot + 1) & mask
        }
    }

    /// Adds a child that is not there yet; its number is how many there were.
    mutating func add(_ values: Span<String>) {
        let start = arena.count
        for index in 0..<values.count {
            arena.append(contentsOf: values[index].utf8)
            arena.append(Self.separator)
        }
        ranges.append(start..<arena.count)
        hashes.append(hash(of: values))
        if ranges.count * 2 > table.count {
            rebuild(tableSize: table.count * 2)
        } else {
            insert(ranges.count - 1)
        }
    }

    /// Removes a child; the last one takes its number.
    mutating func remove(_ child: Int) {
        garbage += ranges[child].count
        let last = ranges.count - 1
        let freed = slot(of: child)
        table[slot(of: last)] = UInt64(hashes[last]) << 32 | UInt64(child + 1)
        free(freed)
        ranges.swapAt(child, last)
        ranges.removeLast()
        hashes.swapAt(child, last)
        hashes.removeLast()
        if garbage * 2 > arena.count { compact() }
    }

    /// The values of a child.
    func values(of child: Int) -> [String] {
        arena[ranges[child]].split(separator: Self.separator, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private func hash(of values: Span<String>) -> UInt32 {
        var state: UInt64 = 0
        for index in 0..<values.count {
            let text = values[index].utf8
            // Odd, so that nothing of what was before is lost; how often a value is there changes the result.
            state = (state ^ hash.hash(text.span)) &* 0x9E37_79B9_7F4A_7C15
        }
        return UInt32(truncatingIfNeeded: state >> 32)
    }

    private func hasValues(_ child: Int, _ values: Span<String>) -> Bool {
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

    private mutating func insert(_ child: Int) {
        let mask = table.count - 1
        var slot = Int(hashes[child]) & mask
        while table[slot] != 0 { slot = (slot + 1) & mask }
        table[slot] = UInt64(hashes[child]) << 32 | UInt64(child + 1)
    }

    /// The slot of a child that is in the table.
    private func slot(of child: Int) -> Int {
        let mask = table.count - 1
        var slot = Int(hashes[child]) & mask
        while Int(truncatingIfNeeded: table[slot] & 0xFFFF_FFFF) != child + 1 { slot = (slot + 1) & mask }
        return slot
    }

    /// Frees a slot and moves up those behind it, so that none is cut off from where its search begins.
    private mutating func free(_ slot: Int) {
        let mask = table.count - 1
        var hole = slot
        var next = (slot + 1) & mask
        while table[next] != 0 {
            let home = Int(truncatingIfNeeded: table[next] >> 32) & mask
            if (next - home) & mask >= (next - hole) & mask {
                table[hole] = table[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        table[hole] = 0
    }

    private mutating func rebuild(tableSize: Int) {
        table = Array(repeating: 0, count: tableSize)
        for child in ranges.indices { insert(child) }
    }
}
