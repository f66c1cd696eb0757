/// Finds the names that someone may have meant who wrote one that does not exist.
///
/// Names are alike when few letters differ (a typing error), when most of their words are the same (`requests_total` and
/// `http_requests_total`), or when one begins with the other.
struct NearestNames {
    /// So many names are looked at; of more, the first ones.
    private static let largestSearch = 200_000
    /// Names less alike than this are no help.
    private static let leastLikeness = 0.45

    private let name: [UInt8]
    private let words: Set<ArraySlice<UInt8>>

    /// Names like `name`.
    init(_ name: String) {
        self.name = Array(name.lowercased().utf8)
        words = Set(Self.words(self.name))
    }

    /// The names most alike, the most alike first.
    func best(among candidates: some Sequence<String>, limit: Int = 5) -> [String] {
        var best: [(name: String, likeness: Double)] = []
        for candidate in candidates.prefix(Self.largestSearch) {
            let likeness = likeness(Array(candidate.lowercased().utf8))
            guard likeness >= Self.leastLikeness else { continue }
            if best.count == limit, let last = best.last, likeness <= last.likeness { continue }
            let place = best.firstIndex { $0.likeness < likeness } ?? best.count
            best.insert((candidate, likeness), at: place)
            if best.count > limit { best.removeLast() }
        }
        return best.map(\.name)
    }

    /// From 0 for nothing in common to 1 for the same name.
    private func likeness(_ candidate: [UInt8]) -> Double {
        let longest = max(name.count, candidate.count)
        if longest == 0 { return 1 }
        var result = 0.0
        let cutoff = max(1, min(6, name.count / 3))
        if abs(name.count - candidate.count) <= cutoff, let distance = distance(to: candidate, cutoff: cutoff) {
            result = 1 - Double(distance) / Double(longest)
        }
        let otherWords = Set(Self.words(candidate))
        let common = words.intersection(otherWords).count
        if common > 0 {
            result = max(result, 0.9 * Double(common) / Double(words.union(otherWords).count))
        }
        let shortest = min(name.count, candidate.count)
        if shortest >= 3, name.prefix(shortest) == candidate.prefix(shortest) {
            result = max(result, 0.85 - 0.3 * Double(longest - shortest) / Double(longest))
        }
        return result
    }

    /// The number of letters to insert, remove, replace or swap with their neighbour; `nil` above `cutoff`.
    private func distance(to other: [UInt8], cutoff: Int) -> Int? {
        var beforePrevious = [Int](repeating: 0, count: other.count + 1)
        var previous = Array(0...other.count)
        var current = previous
        for (row, letter) in name.enumerated() {
            current[0] = row + 1
            var lowest = row + 1
            for column in other.indices {
                let substitution = previous[column] + (letter == other[column] ? 0 : 1)
                var cost = min(substitution, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == other[column - 1], name[row - 1] == other[column] {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current[column + 1] = cost
                lowest = min(lowest, cost)
            }
            if lowest > cutoff { return nil }
            (beforePrevious, previous, current) = (previous, current, beforePrevious)
        }
        return previous[other.count] <= cutoff ? previous[other.count] : nil
    }

    private static func words(_ name: [UInt8]) -> [ArraySlice<UInt8>] {
        name.split { byte in
            !(byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z"))
                && !(byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) && byte < 0x80
        }
    }
}
