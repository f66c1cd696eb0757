import ApusModel

/// The head's lists of series by label pair; pairs are two symbols of the head's table.
struct HeadPostings {
    /// Pairs by list number: symbol of the name in the upper half.
    private(set) var pairs: [UInt64] = []
    /// Ascending slots by list number.
    private(set) var lists: [[UInt32]] = []
    /// The numbers of the lists of each name.
    private(set) var listsByName: [UInt32: [UInt32]] = [:]
    /// List number plus one, or 0 for a free place; the count is a power of two.
    private var table: [UInt32] = Array(repeating: 0, count: 64)

    /// Slots that go between others, each with the number of a list in the upper half: `settle` brings them there.
    private var pending: [UInt64] = []

    /// The run of the slot that was added last, and the numbers of its lists.
    private var lastRun: [UInt32] = []
    private var lastNumbers: [UInt32] = []

    /// Adds a slot to the lists of a run of pairs: name, value, name, value; `settle` comes after the last.
    mutating func insert(_ slot: UInt32, run: [UInt32]) {
        var numbers: [UInt32] = []
        swap(&numbers, &lastNumbers)
        for position in stride(from: 0, to: run.count - 1, by: 2) {
            let pair = position / 2
            // The series of a target come one after the other and have most pairs in common.
            if pair < numbers.count, position + 1 < lastRun.count, lastRun[position] == run[position],
                lastRun[position + 1] == run[position + 1]
            {
                append(slot, to: Int(numbers[pair]))
                continue
            }
            let number = insert(slot, name: run[position], value: run[position + 1])
            if pair < numbers.count { numbers[pair] = number } else { numbers.append(number) }
        }
        lastNumbers = numbers
        lastRun = run
    }

    /// Adds a slot to the list of a pair, whose number it gives.
    private mutating func insert(_ slot: UInt32, name: UInt32, value: UInt32) -> UInt32 {
        let pair = UInt64(name) << 32 | UInt64(value)
        let place = place(of: pair)
        guard table[place] != 0 else {
            let number = UInt32(lists.count)
            pairs.append(pair)
            lists.append([slot])
            listsByName[name, default: []].append(number)
            table[place] = number + 1
            if lists.count * 3 > table.count * 2 { grow() }
            return number
        }
        append(slot, to: Int(table[place] - 1))
        return table[place] - 1
    }

    private mutating func append(_ slot: UInt32, to number: Int) {
        // While no series has left the head, a new one takes a slot beyond all others.
        if let last = lists[number].last, last >= slot {
            pending.append(UInt64(number) << 32 | UInt64(slot))
        } else {
            lists[number].append(slot)
        }
    }

    /// Brings slots that were added to their places, each list in one go: one by one, every slot would move half of a list.
    mutating func settle() {
        guard !pending.isEmpty else { return }
        pending.sort()
        var start = 0
        while start < pending.count {
            let number = Int(pending[start] >> 32)
            var end = start + 1
            while end < pending.count, pending[end] >> 32 == pending[start] >> 32 { end += 1 }
            merge(pending[start..<end], into: &lists[number])
            start = end
        }
        pending.removeAll(keepingCapacity: pending.count <= Self.keptCapacity)
    }

    private static let keptCapacity = 1 << 14

    /// Merges ascending slots that a list does not have into it, from the back.
    private func merge(_ slots: ArraySlice<UInt64>, into list: inout [UInt32]) {
        var old = list.count - 1
        var new = slots.endIndex - 1
        list.append(contentsOf: repeatElement(0, count: slots.count))
        var place = list.count - 1
        while new >= slots.startIndex {
            let slot = UInt32(truncatingIfNeeded: slots[new])
            if old >= 0, list[old] > slot {
                list[place] = list[old]
                old -= 1
            } else {
                list[place] = slot
                new -= 1
            }
            place -= 1
        }
    }

    /// The slots of a pair, ascending.
    func list(name: UInt32, value: UInt32) -> [UInt32] {
        let found = table[place(of: UInt64(name) << 32 | UInt64(value))]
        return found == 0 ? [] : lists[Int(found - 1)]
    }

    /// The number of slots of a pair.
    func count(name: UInt32, value: UInt32) -> Int {
        let found = table[place(of: UInt64(name) << 32 | UInt64(value))]
        return found == 0 ? 0 : lists[Int(found - 1)].count
    }

    private func place(of pair: UInt64) -> Int {
        let mask = table.count - 1
        var place = Self.start(of: pair) & mask
        while table[place] != 0, pairs[Int(table[place] - 1)] != pair { place = (place + 1) & mask }
        return place
    }

    /// Symbols are given by the store, so that nobody outside can aim for collisions: a plain mix does.
    private static func start(of pair: UInt64) -> Int {
        let mixed = pair &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed ^ (mixed >> 32))
    }

    private mutating func grow() {
        table = Array(repeating: 0, count: table.count * 2)
        for number in 0..<pairs.count { table[place(of: pairs[number])] = UInt32(number) + 1 }
    }
}
