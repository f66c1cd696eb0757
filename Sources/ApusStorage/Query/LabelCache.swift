import ApusModel
import Synchronization

/// Label sets that queries have made, kept for the queries after them.
///
/// Blocks and the head hold labels as symbols, from which a set takes 300 to 500 ns to make; a query of 100,000 series would
/// spend most of its time on that. What is kept is bounded; the source that was not used for the longest time goes first.
final class LabelCache: Sendable {
    /// What label sets are made from: a block by its identifier, or the head.
    enum Source: Hashable {
        case block(String)
        case head
    }

    /// The label sets of one source by number; a number of the head is good for one generation.
    private struct Entry {
        var labelSets: [LabelSet?] = []
        var generations: [UInt32] = []
        var bytes = 0
        var lastUse: UInt64 = 0
    }

    private struct State {
        var entries: [Source: Entry] = [:]
        var bytes = 0
        var uses: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    /// A cache of at most `limit` bytes.
    init(limit: Int) {
        self.limit = limit
    }

    /// The bytes that are kept.
    var byteCount: Int { state.withLock { $0.bytes } }

    /// The label sets of the series of a source, made by `make` where they are not kept.
    func labelSets(
        of parts: [StorageSelection.Part], in source: Source,
        _ make: (StorageSelection.Part) throws(QueryableError) -> LabelSet
    ) throws(QueryableError) -> [LabelSet] {
        let entry = state.withLock { state in
            state.uses += 1
            state.entries[source]?.lastUse = state.uses
            return state.entries[source] ?? Entry()
        }
        var result: [LabelSet] = []
        result.reserveCapacity(parts.count)
        var made: [Int] = []
        for (position, part) in parts.enumerated() {
            let number = Int(part.number)
            if number < entry.labelSets.count, entry.generations[number] == part.generation,
                let labels = entry.labelSets[number]
            {
                result.append(labels)
            } else {
                result.append(try make(part))
                made.append(position)
            }
        }
        if !made.isEmpty { keep(made, of: parts, result, in: source) }
        return result
    }

    /// Keeps the label sets at the given positions.
    private func keep(
        _ positions: [Int], of parts: [StorageSelection.Part], _ labelSets: [LabelSet], in source: Source
    ) {
        let highest = Int(positions.map { parts[$0].number }.max() ?? 0)
        state.withLock { state in
            // Taken out, so that changing it copies nothing.
            var entry = state.entries.removeValue(forKey: source) ?? Entry()
            state.bytes -= entry.bytes
            if entry.labelSets.count <= highest {
                let missing = highest + 1 - entry.labelSets.count
                entry.labelSets.append(contentsOf: repeatElement(nil, count: missing))
                entry.generations.append(contentsOf: repeatElement(0, count: missing))
                entry.bytes += missing * (MemoryLayout<LabelSet?>.stride + MemoryLayout<UInt32>.stride)
            }
            for position in positions where entry.bytes < limit {
                let number = Int(parts[position].number)
                entry.bytes -= entry.labelSets[number]?.heldBytes ?? 0
                entry.labelSets[number] = labelSets[position]
                entry.generations[number] = parts[position].generation
                entry.bytes += labelSets[position].heldBytes
            }
            entry.lastUse = state.uses
            while state.bytes + entry.bytes > limit,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.entries[oldest.key] = nil
                state.bytes -= oldest.value.bytes
            }
            state.bytes += entry.bytes
            state.entries[source] = entry
        }
    }
}

extension LabelSet {
    /// The bytes of memory of a set: its run, the header of the array, and what the allocator adds.
    fileprivate var heldBytes: Int { run.count + 48 }
}
