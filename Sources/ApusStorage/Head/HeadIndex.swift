import ApusBytes
import ApusModel

/// The label sets of the head: symbols, flat runs of symbols by slot, the way from a label set to its slot, postings.
struct HeadIndex {
    private(set) var symbols = SymbolTable()
    private(set) var postings = HeadPostings()
    /// Pairs of symbols, back to back.
    private var runs: [UInt32] = []
    private var runStarts: [Int] = []
    private var runCounts: [UInt32] = []
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
    }

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

    /// Puts a label set into a slot that holds none.
    ///
    /// - Returns: `false` when the symbol table is full.
    mutating func insert(_ labels: Span<UInt8>, at slot: UInt32, generation: UInt32) -> Bool {
        let start = runs.count
        var cursor = LabelCursor(labels)
        while cursor.advance() {
            guard let name = symbols.intern(cursor.name), let value = symbols.intern(cursor.value) else {
                runs.removeSubrange(start...)
                return false
            }
            runs.append(name.index)
            runs.append(value.index)
        }
        while isLive.count <= Int(slot) {
            isLive.append(false)
            runStarts.append(0)
            runCounts.append(0)
            hashes.append(0)
            generations.append(0)
        }
        let index = Int(slot)
        isLive[index] = true
        runStarts[index] = start
        runCounts[index] = UInt32(runs.count - start)
        hashes[index] = hash.hash(labels)
        generations[index] = generation
        liveCount += 1
        for position in stride(from: start, to: runs.count, by: 2) {
            postings.insert(slot, name: runs[position], value: runs[position + 1])
        }
        if liveCount * 3 > table.count * 2 { growTable() } else { enter(slot) }
        return true
    }

    /// Appends the flat run of a slot's label set.
    func appendLabels(of slot: UInt32, to writer: inout ByteWriter) {
        let start = runStarts[Int(slot)]
        for position in start..<(start + Int(runCounts[Int(slot)])) {
            writer.appendLengthPrefixed(symbols.text(of: Symbol(index: runs[position])))
        }
    }

    /// An index of those series for which `isKept` holds, without what only the others needed.
    func keeping(_ isKept: (UInt32) -> Bool) -> HeadIndex {
        var result = HeadIndex(hash: hash)
        var writer = ByteWriter(capacity: 512)
        for slot in 0..<UInt32(slotCount) where isLive[Int(slot)] && isKept(slot) {
            writer.bytes.removeAll(keepingCapacity: true)
            appendLabels(of: slot, to: &writer)
            let run = writer.bytes
            // Cannot fail: the new table holds no more texts than this one.
            _ = result.insert(run.span, at: slot, generation: generations[Int(slot)])
        }
        return result
    }

    private func isRun(of slot: UInt32, equalTo labels: Span<UInt8>) -> Bool {
        var position = runStarts[Int(slot)]
        let end = position + Int(runCounts[Int(slot)])
        var cursor = LabelCursor(labels)
        while cursor.advance() {
            guard position < end,
                equalBytes(symbols.text(of: Symbol(index: runs[position])), cursor.name),
                equalBytes(symbols.text(of: Symbol(index: runs[position + 1])), cursor.value)
            else { return false }
            position += 2
        }
        return position == end
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

    func allSeries() -> [UInt32] {
        (0..<UInt32(slotCount)).filter { isLive[Int($0)] }
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

    /// Calls `body` with every label name and the lists of its values.
    func forEachName(_ body: (Span<UInt8>, [[UInt32]]) -> Void) {
        for (name, numbers) in postings.listsByName {
            body(symbols.text(of: Symbol(index: name)), numbers.map { postings.lists[Int($0)] })
        }
    }

    /// Calls `body` with every value of a label and the slots that have it.
    func forEachValue(of name: String, _ body: (Span<UInt8>, [UInt32]) -> Void) {
        guard let name = symbol(of: name), let numbers = postings.listsByName[name] else { return }
        for number in numbers {
            let value = Symbol(index: UInt32(truncatingIfNeeded: postings.pairs[Int(number)]))
            body(symbols.text(of: value), postings.lists[Int(number)])
        }
    }

    private func symbol(of text: String) -> UInt32? {
        let bytes = Array(text.utf8)
        return symbols.find(bytes.span)?.index
    }
}
