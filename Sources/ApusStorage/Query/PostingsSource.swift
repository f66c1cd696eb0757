import ApusBytes
import ApusModel
import ApusRegex

/// An index from label pairs to the ascending numbers of the series that have them.
protocol PostingsSource {
    /// All numbers are below this.
    var seriesBound: Int { get }

    /// Every series.
    func allSeries() throws(QueryableError) -> [UInt32]

    /// The series that have the label with one of `values`.
    func series(name: String, values: [String]) throws(QueryableError) -> [UInt32]

    /// The series that have the label with a value for which `isSelected` holds; it is asked once per distinct value.
    func series(name: String, where isSelected: (Span<UInt8>) -> Bool) throws(QueryableError) -> [UInt32]
}

extension PostingsSource {
    /// The series that all matchers select.
    ///
    /// A matcher that selects the empty value also selects series without the label, so it can only take series away: those with
    /// the values that it does not select.
    func series(matching matchers: [CompiledMatcher]) throws(QueryableError) -> [UInt32] {
        var selected: [UInt32]?
        for matcher in matchers where !matcher.matchesEmpty {
            let name = matcher.matcher.name
            let next =
                if let literals = matcher.literals {
                    try series(name: name, values: literals)
                } else {
                    try series(name: name) { matcher.matches($0) }
                }
            let both = if let selected { Postings.intersection(selected, next) } else { next }
            if both.isEmpty { return [] }
            selected = both
        }
        var result = if let selected { selected } else { try allSeries() }
        for matcher in matchers where matcher.matchesEmpty && !matcher.matchesEverything {
            if result.isEmpty { return [] }
            let name = matcher.matcher.name
            let removed =
                if let literals = matcher.excludedLiterals {
                    try series(name: name, values: literals)
                } else {
                    try series(name: name) { !matcher.matches($0) }
                }
            result = Postings.difference(result, removed)
        }
        return result
    }
}

/// Operations on ascending lists of series numbers.
enum Postings {
    /// What is in both lists.
    static func intersection(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
        if a.count > b.count { return intersection(b, a) }
        var result: [UInt32] = []
        result.reserveCapacity(a.count)
        var low = 0
        for element in a {
            low = position(of: element, in: b, from: low)
            if low == b.count { break }
            if b[low] == element { result.append(element) }
        }
        return result
    }

    /// What is in `a` and not in `b`.
    static func difference(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
        if b.isEmpty { return a }
        var result: [UInt32] = []
        result.reserveCapacity(a.count)
        var low = 0
        for element in a {
            low = position(of: element, in: b, from: low)
            if low == b.count || b[low] != element { result.append(element) }
        }
        return result
    }

    /// The first position from `start` whose element is not below `element`, by steps that double and then halve.
    private static func position(of element: UInt32, in list: [UInt32], from start: Int) -> Int {
        var low = start
        var step = 1
        while low + step < list.count, list[low + step] < element {
            low += step
            step *= 2
        }
        var high = min(list.count, low + step + 1)
        while low < high {
            let middle = (low + high) / 2
            if list[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Collects lists that share no element into one ascending list.
struct PostingsUnion {
    private let bound: Int
    private var first: [UInt32] = []
    private var bits: [UInt64] = []
    private var count = 0

    /// A union of numbers below `bound`.
    init(bound: Int) {
        self.bound = bound
    }

    /// Adds an ascending list.
    mutating func add(_ list: [UInt32]) {
        if list.isEmpty { return }
        if count == 0 {
            first = list
            count = list.count
            return
        }
        if bits.isEmpty {
            bits = Array(repeating: 0, count: (bound + 63) / 64)
            mark(first)
        }
        mark(list)
        count += list.count
    }

    /// The ascending union.
    func list() -> [UInt32] {
        if bits.isEmpty { return first }
        var result: [UInt32] = []
        result.reserveCapacity(count)
        for (position, word) in bits.enumerated() {
            var rest = word
            while rest != 0 {
                result.append(UInt32(position * 64 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return result
    }

    private mutating func mark(_ list: [UInt32]) {
        for element in list where Int(element) < bound { bits[Int(element) / 64] |= 1 << UInt64(element % 64) }
    }
}
