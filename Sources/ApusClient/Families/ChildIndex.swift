import ApusBytes

/// Finds the number of a child by its label values.
///
/// The key of a child is two words for each of its first label values: those of up to 15 bytes themselves, so that no text
/// need be compared for them, a hash of longer ones. What the words do not hold lies in an arena, value by value, each
/// ended by 0xFF, which UTF-8 never holds. An open-addressing table over the mixed words finds the child.
struct ChildIndex: Sendable {
    private typealias Words = InlineArray<16, UInt64>

    /// The key of given values.
    private struct Key {
        var words = Words(repeating: 0)
        var hash: UInt64 = 0
        /// Whether the words stand for values that they do not hold.
        var needsText = false
    }

    /// The number of values that have words of their own.
    private let packedCount: Int
    /// The number of words of a key: two more for all other values together.
    private let wordCount: Int
    /// The words of all children.
    private var words: [UInt64] = []
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
    private static let maximumPackedCount = 7
    /// Drawn at random when the process starts, so that nobody can aim for collisions.
    private static let secrets = (UInt64.random(in: .min ... .max) | 1, UInt64.random(in: .min ... .max) | 1)

    private let secrets = Self.secrets

    /// An index of children with `valueCount` values each; `nil` for any number.
    init(valueCount: Int?) {
        packedCount = min(valueCount ?? 0, Self.maximumPackedCount)
        wordCount = 2 * (packedCount + (valueCount == packedCount ? 0 : 1))
    }

    /// The number of children.
    var count: Int { ranges.count }

    /// The number of the child with these values, or `nil`.
    func find(_ values: Span<String>) -> Int? {
        let key = key(values)
        let mask = table.count - 1
        var slot = Int(truncatingIfNeeded: key.hash >> 32) & mask
        while true {
            let entry = table[slot]
            if entry == 0 { return nil }
            if entry >> 32 == key.hash >> 32 {
                let child = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1
                if isEqual(key, child), !key.needsText || hasValues(child, values) { return child }
            }
            slot = (slot + 1) & mask
        }
    }

    /// Adds a child that is not there yet; its number is the count before.
    mutating func add(_ values: Span<String>) {
        let key = key(values)
        for index in 0..<wordCount { words.append(key.words[index]) }
        let start = arena.count
        for index in 0..<values.count {
            arena.append(contentsOf: values[index].utf8)
            arena.append(Self.separator)
        }
        ranges.append(start..<arena.count)
        hashes.append(UInt32(truncatingIfNeeded: key.hash >> 32))
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
        for index in 0..<wordCount { words[child * wordCount + index] = words[last * wordCount + index] }
        words.removeLast(wordCount)
        ranges.swapAt(child, last)
        ranges.removeLast()
        hashes.swapAt(child, last)
        hashes.removeLast()
        if garbage * 2 > arena.count { compact() }
        rebuild(tableSize: table.count)
    }

    /// The values of a child.
    func values(of child: Int) -> [String] {
        arena[ranges[child]].split(separator: Self.separator, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: - Keys

    @inline(__always)
    private func key(_ values: Span<String>) -> Key {
        var key = Key()
        for index in 0..<min(packedCount, values.count) {
            let text = values[index].utf8
            let bytes = text.span
            let (low, high) = pack(bytes, needsText: &key.needsText)
            key.words[2 * index] = low
            key.words[2 * index + 1] = high
            key.hash = mix(key.hash, low, high)
        }
        if wordCount > 2 * packedCount {
            var rest: UInt64 = 0
            for index in packedCount..<max(packedCount, values.count) {
                let text = values[index].utf8
                rest = mix(rest, hash.hash(text.span), UInt64(truncatingIfNeeded: index))
            }
            key.words[2 * packedCount] = rest
            key.needsText = true
            key.hash = mix(key.hash, rest, 0)
        }
        return key
    }

    @inline(__always)
    private func mix(_ state: UInt64, _ low: UInt64, _ high: UInt64) -> UInt64 {
        let product = (state ^ low ^ secrets.0).multipliedFullWidth(by: high ^ secrets.1)
        return product.high ^ product.low
    }

    /// A value as two words: up to 15 bytes with their number behind them, or the hash of more.
    @inline(__always)
    private func pack(_ text: Span<UInt8>, needsText: inout Bool) -> (UInt64, UInt64) {
        let count = text.count
        let bytes = unsafe text.bytes
        var low: UInt64 = 0
        var high: UInt64 = 0
        // Every load lies within `count` bytes.
        switch count {
        case 0: break
        case 1..<4:
            low = UInt64(unsafe bytes.unsafeLoad(fromUncheckedByteOffset: 0, as: UInt8.self))
            low |= UInt64(unsafe bytes.unsafeLoad(fromUncheckedByteOffset: count / 2, as: UInt8.self)) << 8
            low |= UInt64(unsafe bytes.unsafeLoad(fromUncheckedByteOffset: count - 1, as: UInt8.self)) << 16
        case 4..<8:
            low = UInt64(unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt32.self))
            low |= UInt64(unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: count - 4, as: UInt32.self)) << 32
        case 8..<16:
            low = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt64.self)
            high = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: count - 8, as: UInt64.self)
            // The bytes from the eighth on, so that the number fits behind them.
            high = count == 8 ? 0 : high &>> UInt64(truncatingIfNeeded: 8 * (16 - count))
        default:
            needsText = true
            return (hash.hash(text), UInt64(truncatingIfNeeded: count) | 0xFF << 56)
        }
        return (low, high | UInt64(truncatingIfNeeded: count) << 56)
    }

    @inline(__always)
    private func isEqual(_ key: borrowing Key, _ child: Int) -> Bool {
        let start = child * wordCount
        var difference: UInt64 = 0
        // By spans: an index into the words themselves copies all of them each time.
        let wanted = key.words.span
        let stored = words.span.extracting(start..<(start + wordCount))
        for index in 0..<wordCount { difference |= stored[index] ^ wanted[index] }
        return difference == 0
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

    // MARK: - Memory

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
        var slot = Int(truncatingIfNeeded: hashes[child]) & mask
        while table[slot] != 0 { slot = (slot + 1) & mask }
        table[slot] = UInt64(hashes[child]) << 32 | UInt64(child + 1)
    }

    private mutating func rebuild(tableSize: Int) {
        table = Array(repeating: 0, count: tableSize)
        for child in ranges.indices { insert(child) }
    }
}
