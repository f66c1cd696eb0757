import ApusBytes
import ApusModel

/// The label sets of the head, the way from a label set to its slot, and postings.
struct HeadIndex {
    /// What selections keep a copy of.
    private(set) var labels = HeadLabels()
    private(set) var postings = HeadPostings()
    private var symbols: HeadSymbols
    private var isLive: [Bool] = []
    private var generations: [UInt32] = []
    private var hashes: [UInt64] = []
    /// Slot plus one, or 0 for a free place; the count is a power of two.
    private var table: [UInt32] = Array(repeating: 0, count: 64)
    private let hash: SeededHash
    /// The number of series.
    private(set) var liveCount = 0

    /// An empty index.
    init(hash: SeededHash = .perProcess) {
        self.hash = hash
        symbols = HeadSymbols(hash: hash)
    }

    /// The bytes of memory of symbols and their texts.
    var symbolBytes: Int { symbols.memoryBytes + labels.textBytes }

    /// The number of slots in use or used before.
    var slotCount: Int { isLive.count }

    /// Whether a slot holds a series.
    func isLive(_ slot: UInt32) -> Bool {
        Int(slot) < isLive.count && isLive[Int(slot)]
    }

    /// The generation of the series in a slot.
    func generation(of slot: UInt32) -> UInt32 { generations[Int(slot)] }

    /// The slot of a label set, or `nil` when it has none.
    func find(_ labels: Span<UInt8>) -> UInt32? {
        let wanted = hash.hash(labels)
        let mask = table.count - 1
        var place = Int(truncatingIfNeeded: wanted) & mask
        while table[place] != 0 {
            let slot = table[place] - 1
            if hashes[Int(slot)] == wanted, isRun(of: slot, equalTo: labels) { return slot }
            place = (place + 1) & mask
        }
        return nil
    }

    /// Puts a label set into a slot that holds none; `settle` comes after the last.
    ///
    /// - Returns: `false` when the symbol table is full.
    mutating func insert(_ labels: Span<UInt8>, at slot: UInt32, generation: UInt32) -> Bool {
        var run: [UInt32] = []
        var cursor = LabelCursor(labels)
        while cursor.advance() {
            guard let name = symbols.intern(cursor.name, in: &self.labels),
                let value = symbols.intern(cursor.value, in: &self.labels)
            else { return false }
            run.append(name)
            run.append(value)
        }
        self.labels.setRun(of: slot, to: run)
        note(slot, generation: generation, hash: hash.hash(labels))
        postings.insert(slot, run: run)
        if liveCount * 3 > table.count * 2 { growTable() } else { enter(slot) }
        return true
    }

    /// Completes the postings after label sets were put into slots.
    mutating func settle() { postings.settle() }

    // MARK: Restoring

    /// Adds the next symbol of a checkpoint; `false` when it is known already.
    mutating func restore(symbol: Span<UInt8>) -> Bool {
        let expected = labels.symbolCount
        return symbols.intern(symbol, in: &labels) == UInt32(expected)
    }

    /// Puts the series of a checkpoint into a free slot; its symbols are known.
    ///
    /// `finishRestoring` follows the last.
    mutating func restore(_ run: [UInt32], at slot: UInt32, generation: UInt32, text: inout ByteWriter) {
        labels.setRun(of: slot, to: run)
        text.bytes.removeAll(keepingCapacity: true)
        labels.appendRun(of: slot, to: &text)
        note(slot, generation: generation, hash: hash.hash(text.bytes.span))
        postings.insert(slot, run: run)
    }

    /// Makes what was restored findable.
    mutating func finishRestoring() {
        settle()
        var size = table.count
        while liveCount * 3 > size * 2 { size *= 2 }
        table = Array(repeating: 0, count: size)
        for slot in 0..<UInt32(slotCount) where isLive[Int(slot)] { enter(slot) }
    }

    private mutating func note(_ slot: UInt32, generation: UInt32, hash: UInt64) {
        while isLive.count <= Int(slot) {
            isLive.append(false)
            hashes.append(0)
            generations.append(0)
        }
        let index = Int(slot)
        isLive[index] = true
        hashes[index] = hash
        generations[index] = generation
        liveCount += 1
    }

    /// What a checkpoint needs to write the series that are there now.
    struct Names {
        let labels: HeadLabels
        fileprivate let generations: [UInt32]
        fileprivate let isLive: [Bool]

        /// Whether the series of a generation is in a slot.
        func has(_ slot: UInt32, generation: UInt32) -> Bool {
            Int(slot) < isLive.count && isLive[Int(slot)] && generations[Int(slot)] == generation
        }
    }

    /// The series that are there now.
    var names: Names { Names(labels: labels, generations: generations, isLive: isLive) }

    /// An index of those series for which `isKept` holds, without what only the others needed.
    func keeping(_ isKept: (UInt32) -> Bool) -> HeadIndex {
        var result = HeadIndex(hash: hash)
        var writer = ByteWriter(capacity: 512)
        for slot in 0..<UInt32(slotCount) where isLive[Int(slot)] && isKept(slot) {
            writer.bytes.removeAll(keepingCapacity: true)
            labels.appendRun(of: slot, to: &writer)
            let run = writer.bytes
            // Cannot fail: the new table holds no more texts than this one.
            _ = result.insert(run.span, at: slot, generation: generations[Int(slot)])
        }
        result.settle()
        return result
    }

    private func isRun(of slot: UInt32, equalTo wanted: Span<UInt8>) -> Bool {
        var cursor = LabelCursor(wanted)
        var isEqual = true
        labels.forEachPair(of: slot) { name, value in
            guard isEqual, cursor.advance() else {
                isEqual = false
                return
            }
            let wantedName = cursor.name
            let wantedValue = cursor.value
            isEqual =
                labels.withText(of: name) { equalBytes($0, wantedName) }
                && labels.withText(of: value) { equalBytes($0, wantedValue) }
        }
        return isEqual && !cursor.advance()
    }

    private mutating func enter(_ slot: UInt32) {
        let mask = table.count - 1
        var place = Int(truncatingIfNeeded: hashes[Int(slot)]) & mask
        while table[place] != 0 { place = (place + 1) & mask }
        table[place] = slot + 1
    }

    private mutating func growTable() {
        table = Array(repeating: 0, count: table.count * 2)
        for slot in 0..<UInt32(slotCount) where isLive[Int(slot)] { enter(slot) }
    }
}

extension HeadIndex: PostingsSource {
    var seriesBound: Int { slotCount }

    // A list is there as it is: looking into it is cheap, whatever its length.
    var longestListPerCandidate: Int { 64 }

    func allSeries() -> [UInt32] {
        (0..<UInt32(slotCount)).filter { isLive[Int($0)] }
    }

    func count(name: String, values: [String]) -> Int {
        guard let name = symbol(of: name) else { return 0 }
        return values.reduce(0) { sum, value in
            sum + (symbol(of: value).map { postings.count(name: name, value: $0) } ?? 0)
        }
    }

    /// How many values a label has.
    func valueCount(of name: String) -> Int {
        symbol(of: name).flatMap { postings.listsByName[$0]?.count } ?? 0
    }

    func isLarger(name: String, than limit: Int) -> Bool {
        guard let name = symbol(of: name), let numbers = postings.listsByName[name] else { return false }
        var size = 0
        for number in numbers {
            size += postings.lists[Int(number)].count + Postings.valueCost
            if size > limit { return true }
        }
        return false
    }

    func series(name: String, values: [String]) -> [UInt32] {
        guard let name = symbol(of: name) else { return [] }
        var union = PostingsUnion(bound: slotCount)
        // A pattern may name a value twice.
        for value in Set(values.compactMap(symbol(of:))) { union.add(postings.list(name: name, value: value)) }
        return union.list()
    }

    func series(name: String, where isSelected: (Span<UInt8>) -> Bool) -> [UInt32] {
        var union = PostingsUnion(bound: slotCount)
        forEachValue(of: name) { value, list in
            if isSelected(value) { union.add(list) }
        }
        return union.list()
    }

    func filter(_ candidates: [UInt32], name: String, where isSelected: (Span<UInt8>) -> Bool) -> [UInt32] {
        let isEmptySelected = isSelected([UInt8]().span)
        guard let name = symbol(of: name) else { return isEmptySelected ? candidates : [] }
        var memory = ValueMemory()
        return candidates.filter { slot in
            guard let value = labels.value(of: name, in: slot) else { return isEmptySelected }
            return memory.answer(for: value) { labels.withText(of: value, isSelected) }
        }
    }

    /// Calls `body` with every label name and the numbers of the lists of its values.
    func forEachName(_ body: (_ name: UInt32, _ lists: [UInt32]) -> Void) {
        for (name, numbers) in postings.listsByName { body(name, numbers) }
    }

    /// Calls `body` with every value of a label and the slots that have it.
    func forEachValue(of name: String, _ body: (Span<UInt8>, [UInt32]) -> Void) {
        guard let name = symbol(of: name), let numbers = postings.listsByName[name] else { return }
        for number in numbers {
            let value = UInt32(truncatingIfNeeded: postings.pairs[Int(number)])
            labels.withText(of: value) { body($0, postings.lists[Int(number)]) }
        }
    }

    /// The symbol of a text, `nil` when no label has it.
    func symbol(of text: String) -> UInt32? {
        var text = text
        return text.withUTF8 { symbols.find(unsafe $0.span, in: labels) }
    }
}
