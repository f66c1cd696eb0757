import ApusBytes

/// The series of a target: which line stands for each slot, found by the hash of the label set.
///
/// Two texts of one label set (labels in another order, other blanks) have one slot. Label sets are not kept, they are
/// read again from the line's text where they are needed.
struct KnownSeries {
    /// The line of each slot; `UInt32.max` for a slot that is free.
    private(set) var lines: [UInt32] = []
    private var hashes: [UInt64] = []
    private var freeSlots: [UInt32] = []
    /// Slot plus one; 0 when free.
    ///
    /// The count is a power of two.
    private var table: [UInt32] = Array(repeating: 0, count: 16)
    /// The number of slots in use.
    private(set) var count = 0

    static let noLine = UInt32.max

    /// The slots whose label sets have this hash and therefore may be equal, in turn until `isEqual` agrees.
    func find(hash: UInt64, _ isEqual: (UInt32) -> Bool) -> UInt32? {
        let mask = table.count - 1
        var position = Int(truncatingIfNeeded: hash) & mask
        while table[position] != 0 {
            let slot = table[position] - 1
            if hashes[Int(slot)] == hash, isEqual(slot) { return slot }
            position = (position + 1) & mask
        }
        return nil
    }

    /// Takes a slot for a new series; `nil` when there are 2³²−2 already.
    mutating func add(hash: UInt64, line: UInt32) -> UInt32? {
        let slot: UInt32
        if let free = freeSlots.popLast() {
            slot = free
            lines[Int(slot)] = line
            hashes[Int(slot)] = hash
        } else {
            guard lines.count < Int(UInt32.max) - 1 else { return nil }
            slot = UInt32(lines.count)
            lines.append(line)
            hashes.append(hash)
        }
        count += 1
        if count * 4 > table.count * 3 { rebuildTable() } else { insert(slot) }
        return slot
    }

    /// Gives slots back.
    mutating func remove(_ slots: some Sequence<UInt32>) {
        for slot in slots where lines[Int(slot)] != Self.noLine {
            lines[Int(slot)] = Self.noLine
            freeSlots.append(slot)
            count -= 1
        }
        // The highest numbers are given up for good, so that a burst of series does not keep memory.
        if let last = lines.lastIndex(where: { $0 != Self.noLine }), last + 1 < lines.count {
            lines = Array(lines[...last])
            hashes = Array(hashes[...last])
            freeSlots.removeAll { $0 > last }
        } else if count == 0 {
            lines = []
            hashes = []
            freeSlots = []
        }
        rebuildTable()
    }

    /// Sets the line that stands for a slot from now on.
    mutating func setLine(_ line: UInt32, of slot: UInt32) {
        lines[Int(slot)] = line
    }

    private mutating func insert(_ slot: UInt32) {
        let mask = table.count - 1
        var position = Int(truncatingIfNeeded: hashes[Int(slot)]) & mask
        while table[position] != 0 { position = (position + 1) & mask }
        table[position] = slot + 1
    }

    private mutating func rebuildTable() {
        var size = 16
        while size < count * 2 { size *= 2 }
        table = Array(repeating: 0, count: size)
        for slot in lines.indices where lines[slot] != Self.noLine { insert(UInt32(slot)) }
    }
}
