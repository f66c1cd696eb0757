import ApusBytes
import ApusModel

/// Series of the head in the order of their label sets.
///
/// Holds slots and a share of the head's texts; a label set is made when it is asked for.
struct SortedSeries {
    /// Where a series is.
    struct Place {
        var slot: UInt32
        var generation: UInt32
    }

    private let labels: HeadLabels
    /// The places of the series in their order.
    private(set) var places: [Place] = []

    /// Sorts series whose labels are in `labels`.
    init(_ unsorted: [Place], labels: HeadLabels) {
        self.labels = labels
        // The texts are sorted once; label sets are then compared by numbers.
        let ranks = Self.ranks(of: labels)
        var keys: [UInt32] = []
        var ends: [Int] = []
        ends.reserveCapacity(unsorted.count)
        for place in unsorted {
            labels.forEachPair(of: place.slot) { name, value in
                keys.append(ranks[Int(name)])
                keys.append(ranks[Int(value)])
            }
            ends.append(keys.count)
        }
        let order = (0..<UInt32(unsorted.count)).sorted { a, b in
            let (a, b) = (Int(a), Int(b))
            var left = a == 0 ? 0 : ends[a - 1]
            var right = b == 0 ? 0 : ends[b - 1]
            while left < ends[a], right < ends[b] {
                if keys[left] != keys[right] { return keys[left] < keys[right] }
                left += 1
                right += 1
            }
            return ends[a] - left < ends[b] - right
        }
        places = order.map { unsorted[Int($0)] }
    }

    /// The label set of a place.
    func labelSet(of place: Place) -> LabelSet { labels.labelSet(of: place.slot) }

    /// The position of each symbol's text among all texts in their order.
    private static func ranks(of labels: HeadLabels) -> [UInt32] {
        let order = (0..<UInt32(labels.symbolCount)).sorted { a, b in
            labels.withText(of: a) { left in labels.withText(of: b) { compareBytes(left, $0) < 0 } }
        }
        var ranks = [UInt32](repeating: 0, count: order.count)
        for (rank, symbol) in order.enumerated() { ranks[Int(symbol)] = UInt32(rank) }
        return ranks
    }
}
