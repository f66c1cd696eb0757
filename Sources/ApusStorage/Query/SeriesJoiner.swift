import ApusBytes
import ApusModel

/// Joins the parts of series by their label sets.
struct SeriesJoiner {
    private(set) var parts: [StorageSelection.Part] = []
    /// The label set of each series.
    private(set) var labelSets: [LabelSet] = []
    private var hashes: [UInt64] = []
    /// The first and last part of each series.
    private var ends: [(first: Int32, last: Int32)] = []
    /// Series plus one, or 0 for a free place; the count is a power of two.
    private var table: [UInt32]
    private let hash = SeededHash.perProcess

    /// A joiner with room for `count` parts.
    init(count: Int) {
        var size = 64
        while size < count * 2 { size *= 2 }
        table = Array(repeating: 0, count: size)
        parts.reserveCapacity(count)
    }

    /// The first part of each series.
    var firsts: [Int32] { ends.map(\.first) }

    /// Adds a part; those of one series come in the order in which they are read, and there are no more than were announced.
    mutating func add(_ labels: LabelSet, _ part: StorageSelection.Part) {
        let position = Int32(parts.count)
        parts.append(part)
        let wanted = hash.hash(labels.run.span)
        let mask = table.count - 1
        var place = Int(truncatingIfNeeded: wanted) & mask
        while table[place] != 0 {
            let series = Int(table[place] - 1)
            if hashes[series] == wanted, labelSets[series] == labels {
                parts[Int(ends[series].last)].next = position
                ends[series].last = position
                return
            }
            place = (place + 1) & mask
        }
        table[place] = UInt32(ends.count + 1)
        ends.append((position, position))
        labelSets.append(labels)
        hashes.append(wanted)
    }
}
