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
    private let unreadable: [UnreadableBlock]

    /// A view of `blocks` and of the head, which is told when nobody needs the view any more.
    init(head: Head, view: Head.View, blocks: BlockSet, range: ClosedRange<Int64>) {
        self.head = head
        self.view = view
        self.range = range
        self.blocks = blocks.blocks.filter { $0.timeRange.overlaps(range) }
        unreadable = blocks.unreadable.filter { $0.timeRange?.overlaps(range) ?? false }
    }

    deinit {
        head.close(view)
    }

    func select(_ matchers: [Matcher]) throws(QueryableError) -> any SeriesSelection {
        let compiled = try compile(matchers)
        try demandReadable()
        var builder = StorageSelection.Builder()
        for (position, block) in blocks.enumerated() {
            var labels = ByteWriter(capacity: 512)
            for number in try block.series(matching: compiled) {
                labels.bytes.removeAll(keepingCapacity: true)
                try block.appendLabels(of: number, to: &labels)
                let run = labels.bytes
                builder.add(labels: run.span, source: .block(position), number: number, generation: 0)
            }
        }
        try selectInHead(compiled, &builder)
        return StorageSelection(querier: self, builder: builder)
    }

    func labelNames(matching selectors: [[Matcher]]) throws(QueryableError) -> [String] {
        var texts = SymbolTable()
        let compiled = try compile(selectors)
        try demandReadable()
        for block in blocks {
            if compiled.isEmpty {
                try block.forEachName { _ = texts.intern($0) }
                continue
            }
            var labels = ByteWriter()
            for number in try series(of: block, matching: compiled) {
                labels.bytes.removeAll(keepingCapacity: true)
                try block.appendLabels(of: number, to: &labels)
                let run = labels.bytes
                var cursor = LabelCursor(run.span)
                while cursor.advance() { _ = texts.intern(cursor.name) }
            }
        }
        try head.index.withLock { index throws(QueryableError) in
            let selected = try overlappingSlots(in: index, matching: compiled)
            if selected.isEmpty { return }
            index.forEachName { name, lists in
                if lists.contains(where: { !Postings.intersection($0, selected).isEmpty }) { _ = texts.intern(name) }
            }
        }
        return sortedTexts(texts)
    }

    func labelValues(of name: String, matching selectors: [[Matcher]]) throws(QueryableError) -> [String] {
        var texts = SymbolTable()
        let compiled = try compile(selectors)
        try demandReadable()
        for block in blocks {
            if compiled.isEmpty {
                try block.forEachValue(of: name) { value, _ in _ = texts.intern(value) }
                continue
            }
            let selected = try series(of: block, matching: compiled)
            if selected.isEmpty { continue }
            var labels = ByteWriter()
            let wanted = Array(name.utf8)
            for number in selected {
                labels.bytes.removeAll(keepingCapacity: true)
                try block.appendLabels(of: number, to: &labels)
                let run = labels.bytes
                var cursor = LabelCursor(run.span)
                while cursor.advance() {
                    if equalBytes(cursor.name, wanted.span) { _ = texts.intern(cursor.value) }
                }
            }
        }
        try head.index.withLock { index throws(QueryableError) in
            let selected = try overlappingSlots(in: index, matching: compiled)
            if selected.isEmpty { return }
            index.forEachValue(of: name) { value, list in
                if !Postings.intersection(list, selected).isEmpty { _ = texts.intern(value) }
            }
        }
        return sortedTexts(texts)
    }

    // MARK: Parts

    private func selectInHead(
        _ matchers: [CompiledMatcher], _ builder: inout StorageSelection.Builder
    ) throws(QueryableError) {
        var candidates: [(slot: UInt32, generation: UInt32, labelsEnd: Int)] = []
        var labels = ByteWriter()
        try head.index.withLock { index throws(QueryableError) in
            for slot in try index.series(matching: matchers) {
                index.appendLabels(of: slot, to: &labels)
                candidates.append((slot, index.generation(of: slot), labels.count))
            }
        }
        // In slices, so that appending waits for microseconds only.
        var start = 0
        var labelsStart = 0
        let runs = labels.bytes
        while start < candidates.count {
            let slice = candidates[start..<min(candidates.count, start + 1_024)]
            let isSelected = head.samples.withLock { samples in
                slice.map { samples.generation(of: $0.slot, ifOverlapping: range) == $0.generation }
            }
            for (candidate, isSelected) in zip(slice, isSelected) {
                if isSelected {
                    builder.add(
                        labels: runs.span.extracting(labelsStart..<candidate.labelsEnd), source: .head,
                        number: candidate.slot, generation: candidate.generation)
                }
                labelsStart = candidate.labelsEnd
            }
            start = slice.endIndex
        }
    }

    private func series(of block: Block, matching selectors: [[CompiledMatcher]]) throws(QueryableError) -> [UInt32] {
        var all = Set<UInt32>()
        for matchers in selectors { all.formUnion(try block.series(matching: matchers)) }
        return all.sorted()
    }

    /// The slots of series in the view's range that any of the selectors selects, ascending.
    private func overlappingSlots(
        in index: borrowing HeadIndex, matching selectors: [[CompiledMatcher]]
    ) throws(QueryableError) -> [UInt32] {
        var slots: [UInt32] = []
        if selectors.isEmpty {
            slots = index.allSeries()
        } else {
            var all = Set<UInt32>()
            for matchers in selectors { all.formUnion(try index.series(matching: matchers)) }
            slots = all.sorted()
        }
        return head.samples.withLock { samples in
            slots.filter { samples.generation(of: $0, ifOverlapping: range) != nil }
        }
    }

    private func demandReadable() throws(QueryableError) {
        guard let block = unreadable.first else { return }
        throw .unreadable(
            "block \(block.folder) is damaged: \(block.reason); restore it from a backup or remove its folder")
    }

    private func compile(_ selectors: [[Matcher]]) throws(QueryableError) -> [[CompiledMatcher]] {
        var result: [[CompiledMatcher]] = []
        for matchers in selectors { result.append(try compile(matchers)) }
        return result
    }

    private func compile(_ matchers: [Matcher]) throws(QueryableError) -> [CompiledMatcher] {
        var result: [CompiledMatcher] = []
        for matcher in matchers {
            do throws(RegexError) {
                result.append(try CompiledMatcher(matcher))
            } catch {
                throw .invalidPattern(matcher: matcher.description, reason: error.reason)
            }
        }
        return result
    }

    private func sortedTexts(_ texts: SymbolTable) -> [String] {
        (0..<UInt32(texts.count)).map { String(copying: texts.text(of: Symbol(index: $0))) }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
