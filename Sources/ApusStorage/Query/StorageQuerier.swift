import ApusBytes
import ApusModel
import ApusRegex
import Synchronization

/// A view of the store: the batches appended when it was opened and the blocks of that moment.
final class StorageQuerier: Querier {
    let head: Head
    let view: Head.View
    let blocks: [Block]
    let range: ClosedRange<Int64>
    /// What was deleted from the head when the view was opened.
    let headTombstones: HeadTombstones
    /// From where on samples count; `nil` without rules of retention.
    let horizon: RetentionHorizon?
    /// Whether there may be series of which only roll-ups are left.
    let hasRolledSeries: Bool
    private let unreadable: [UnreadableBlock]
    private let labels: LabelCache

    /// A view of `blocks` and of the head, which is told when nobody needs the view any more.
    init(
        head: Head, view: Head.View, blocks: BlockSet, labels: LabelCache, horizon: RetentionHorizon?,
        range: ClosedRange<Int64>
    ) {
        self.head = head
        self.labels = labels
        self.view = view
        self.range = range
        self.horizon = horizon
        headTombstones = blocks.headTombstones
        self.blocks = blocks.blocks.filter { $0.timeRange.overlaps(range) }
        hasRolledSeries = self.blocks.contains(where: \.hasRolledSeries)
        unreadable = blocks.unreadable.filter { $0.timeRange?.overlaps(range) ?? false }
    }

    deinit {
        head.close(view)
    }

    func select(_ matchers: [Matcher]) throws(QueryableError) -> any SeriesSelection {
        let compiled = try CompiledMatcher.compile(matchers)
        try demandReadable()
        var sources: [(parts: [StorageSelection.Part], labelSets: [LabelSet])] = []
        for (position, block) in blocks.enumerated() {
            let numbers = try block.visible(try block.series(matching: compiled), in: range)
            if numbers.isEmpty { continue }
            sources.append(try labelled(numbers, of: block, at: position))
        }
        let (inHead, headLabels) = try selectInHead(compiled)
        if !inHead.isEmpty {
            let labelSets = try labels.labelSets(of: inHead, in: .head) { part throws(QueryableError) in
                headLabels.labelSet(of: part.number)
            }
            sources.append(try visible(inHead, labelSets))
        }
        guard sources.count > 1 else {
            return StorageSelection(
                querier: self, labelSets: sources.first?.labelSets ?? [], parts: sources.first?.parts ?? [])
        }
        var joiner = SeriesJoiner(count: sources.reduce(0) { $0 + $1.parts.count })
        for source in sources {
            for (part, labels) in zip(source.parts, source.labelSets) { joiner.add(labels, part) }
        }
        return StorageSelection(
            querier: self, labelSets: joiner.labelSets, parts: joiner.parts, firsts: joiner.firsts)
    }

    func labelNames(matching selectors: [[Matcher]]) throws(QueryableError) -> [String] {
        var names = Set<String>()
        let compiled = try CompiledMatcher.compile(selectors)
        try demandReadable()
        for (position, block) in blocks.enumerated() {
            guard let numbers = try selected(compiled, in: block, at: position) else {
                try block.forEachName { names.insert(String(copying: $0)) }
                continue
            }
            var symbols = Set<UInt32>()
            for number in numbers {
                _ = try block.forEachPair(of: number) { name, _ -> Bool? in
                    symbols.insert(name)
                    return nil
                }
            }
            for symbol in symbols { names.insert(String(copying: try block.text(of: symbol))) }
        }
        try withHeadIndex { index throws(QueryableError) in
            let hidden = try hiddenSlots(in: index)
            guard !compiled.isEmpty else {
                head.samples.withLock { samples in
                    index.forEachName { name, lists in
                        let isThere = lists.contains { number in
                            index.postings.lists[Int(number)].contains {
                                samples.generation(of: $0, ifOverlapping: range) != nil && !hidden.contains($0)
                            }
                        }
                        if isThere { names.insert(index.labels.text(of: name)) }
                    }
                }
                return
            }
            var symbols = Set<UInt32>()
            for slot in try overlappingSlots(in: index, matching: compiled) where !hidden.contains(slot) {
                index.labels.forEachPair(of: slot) { name, _ in symbols.insert(name) }
            }
            for symbol in symbols { names.insert(index.labels.text(of: symbol)) }
        }
        return sorted(names)
    }

    func labelValues(of name: String, matching selectors: [[Matcher]]) throws(QueryableError) -> [String] {
        var values = Set<String>()
        let compiled = try CompiledMatcher.compile(selectors)
        try demandReadable()
        for (position, block) in blocks.enumerated() {
            guard let numbers = try selected(compiled, in: block, at: position) else {
                try block.forEachValue(of: name) { _, text, _ in values.insert(String(copying: text)) }
                continue
            }
            guard let wanted = try block.symbol(of: name) else { continue }
            var symbols = Set<UInt32>()
            for number in numbers {
                if let value = try block.forEachPair(of: number, { $0 == wanted ? $1 : nil }) { symbols.insert(value) }
            }
            for symbol in symbols { values.insert(String(copying: try block.text(of: symbol))) }
        }
        try withHeadIndex { index throws(QueryableError) in
            let hidden = try hiddenSlots(in: index)
            guard !compiled.isEmpty else {
                head.samples.withLock { samples in
                    index.forEachValue(of: name) { value, slots in
                        let isThere = slots.contains {
                            samples.generation(of: $0, ifOverlapping: range) != nil && !hidden.contains($0)
                        }
                        if isThere { values.insert(String(copying: value)) }
                    }
                }
                return
            }
            guard let wanted = index.symbol(of: name) else { return }
            var symbols = Set<UInt32>()
            for slot in try overlappingSlots(in: index, matching: compiled) where !hidden.contains(slot) {
                if let value = index.labels.value(of: wanted, in: slot) { symbols.insert(value) }
            }
            for symbol in symbols { values.insert(index.labels.text(of: symbol)) }
        }
        return sorted(values)
    }

    // MARK: Parts

    /// Some series of a block with their labels, without those that are past their retention.
    private func labelled(
        _ numbers: [UInt32], of block: Block, at position: Int
    ) throws(QueryableError) -> (parts: [StorageSelection.Part], labelSets: [LabelSet]) {
        let parts = numbers.map { StorageSelection.Part(block: Int32(position), number: $0, generation: 0) }
        let labelSets = try labels.labelSets(of: parts, in: .block(block.identifier)) {
            part throws(QueryableError) in try block.labelSet(of: part.number)
        }
        guard let horizon else { return (parts, labelSets) }
        let end = min(block.header.maximumTime, range.upperBound)
        let kept = parts.indices.filter { horizon.start(of: labelSets[$0]) <= end }
        return (kept.map { parts[$0] }, kept.map { labelSets[$0] })
    }

    /// The series of a block that any of the selectors selects, all when there are none; `nil` when that is every series it has.
    private func selected(
        _ selectors: [[CompiledMatcher]], in block: Block, at position: Int
    ) throws(QueryableError) -> [UInt32]? {
        if selectors.isEmpty, block.tombstones.isEmpty, horizon == nil { return nil }
        let all = selectors.isEmpty ? block.allSeries() : try block.series(matchingAny: selectors)
        var numbers = try block.visible(all, in: range)
        if horizon != nil { numbers = try labelled(numbers, of: block, at: position).parts.map(\.number) }
        return selectors.isEmpty && numbers.count == all.count ? nil : numbers
    }

    /// Those of some series of the head of which there is something to see.
    private func visible(
        _ parts: [StorageSelection.Part], _ labelSets: [LabelSet]
    ) throws(QueryableError) -> (parts: [StorageSelection.Part], labelSets: [LabelSet]) {
        if headTombstones.isEmpty, horizon == nil { return (parts, labelSets) }
        var result: (parts: [StorageSelection.Part], labelSets: [LabelSet]) = ([], [])
        var scratch = ReadScratch()
        for (part, labels) in zip(parts, labelSets)
        where try isVisible(slot: part.number, generation: part.generation, labels: labels, &scratch) {
            result.parts.append(part)
            result.labelSets.append(labels)
        }
        return result
    }

    /// The series of the head, and where their labels are; nothing when the head has no samples in the range.
    private func selectInHead(
        _ matchers: [CompiledMatcher]
    ) throws(QueryableError) -> ([StorageSelection.Part], HeadLabels) {
        var parts: [StorageSelection.Part] = []
        var labels = HeadLabels()
        try withHeadIndex { index throws(QueryableError) in
            labels = index.labels
            let slots = try index.series(matching: matchers)
            parts.reserveCapacity(slots.count)
            // In slices, so that appending waits for microseconds only.
            var start = 0
            while start < slots.count {
                let end = min(slots.count, start + 4_096)
                head.samples.withLock { samples in
                    for slot in slots[start..<end] {
                        guard let generation = samples.generation(of: slot, ifOverlapping: range),
                            generation == index.generation(of: slot)
                        else { continue }
                        parts.append(StorageSelection.Part(block: -1, number: slot, generation: generation))
                    }
                }
                start = end
            }
        }
        return (parts, labels)
    }

    /// Calls `body` with the head's index, if the head has samples in the range.
    private func withHeadIndex(
        _ body: (borrowing HeadIndex) throws(QueryableError) -> Void
    ) throws(QueryableError) {
        let isInHead =
            head.earliestTime <= range.upperBound && head.samples.withLock { $0.maximumTime >= range.lowerBound }
        if isInHead { try head.index.withLock { index throws(QueryableError) in try body(index) } }
    }

    /// The slots of series in the view's range that any of the selectors selects, ascending.
    private func overlappingSlots(
        in index: borrowing HeadIndex, matching selectors: [[CompiledMatcher]]
    ) throws(QueryableError) -> [UInt32] {
        let slots = try index.series(matchingAny: selectors)
        return head.samples.withLock { samples in
            slots.filter { samples.generation(of: $0, ifOverlapping: range) != nil }
        }
    }

    private func demandReadable() throws(QueryableError) {
        guard let block = unreadable.first else { return }
        throw .unreadable(
            "block \(block.folder) is damaged: \(block.reason); restore it from a backup or remove its folder")
    }

    private func sorted(_ texts: Set<String>) -> [String] {
        texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
