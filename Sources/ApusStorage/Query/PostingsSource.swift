import ApusBytes
import ApusModel
import ApusRegex

/// An index from label pairs to the ascending numbers of the series that have them.
protocol PostingsSource {
    /// All numbers are below this.
    var seriesBound: Int { get }

    /// A list more than this many times longer than the candidates costs more to read than looking at the candidates' labels.
    var longestListPerCandidate: Int { get }

    /// Every series.
    func allSeries() throws(QueryableError) -> [UInt32]

    /// How many series have the label with one of `values`, without reading their lists; too many when a value is given twice.
    func count(name: String, values: [String]) throws(QueryableError) -> Int

    /// Whether trying all values of a label and reading their lists costs more than `limit`: one a series and
    /// `Postings.valueCost` a value.
    func isLarger(name: String, than limit: Int) throws(QueryableError) -> Bool

    /// The series that have the label with one of `values`.
    func series(name: String, values: [String]) throws(QueryableError) -> [UInt32]

    /// The series that have the label with a value for which `isSelected` holds; it is asked once per distinct value.
    func series(name: String, where isSelected: (Span<UInt8>) -> Bool) throws(QueryableError) -> [UInt32]

    /// Those of `candidates` for whose value of the label, the empty one when it is absent, `isSelected` holds; it is asked once per
    /// distinct value among them.
    func filter(
        _ candidates: [UInt32], name: String, where isSelected: (Span<UInt8>) -> Bool
    ) throws(QueryableError) -> [UInt32]
}

extension PostingsSource {
    /// The series that all matchers select.
    ///
    /// Known values come first, the fewest series before the others. What comes after that either reads lists or looks at the labels of
    /// the candidates, whichever is less. A matcher that selects the empty value also selects series without the label, so it can only
    /// take series away: those with the values that it does not select.
    func series(matching matchers: [CompiledMatcher]) throws(QueryableError) -> [UInt32] {
        var known: [(count: Int, matcher: CompiledMatcher, values: [String])] = []
        for matcher in matchers where !matcher.matchesEmpty {
            guard let values = matcher.literals else { continue }
            let count = try count(name: matcher.matcher.name, values: values)
            if count == 0 { return [] }
            known.append((count, matcher, values))
        }
        known.sort { $0.count < $1.count }
        var selected: [UInt32]?
        for (count, matcher, values) in known {
            let name = matcher.matcher.name
            guard let candidates = selected else {
                selected = try series(name: name, values: values)
                continue
            }
            if candidates.isEmpty { return [] }
            selected =
                if count > candidates.count * longestListPerCandidate {
                    try filter(candidates, name: name) { matcher.matches($0) }
                } else {
                    Postings.intersection(candidates, try series(name: name, values: values))
                }
        }
        for matcher in matchers where !matcher.matchesEmpty && matcher.literals == nil {
            let name = matcher.matcher.name
            guard let candidates = selected else {
                selected = try series(name: name) { matcher.matches($0) }
                continue
            }
            if candidates.isEmpty { return [] }
            selected =
                if try isLarger(name: name, than: candidates.count * Postings.candidateCost) {
                    try filter(candidates, name: name) { matcher.matches($0) }
                } else {
                    Postings.intersection(candidates, try series(name: name) { matcher.matches($0) })
                }
        }
        var result = if let selected { selected } else { try allSeries() }
        for matcher in matchers where matcher.matchesEmpty && !matcher.matchesEverything {
            if result.isEmpty { return [] }
            result = try removing(matcher, from: result)
        }
        return result
    }

    /// The series that any of the selectors selects, ascending.
    func series(matchingAny selectors: [[CompiledMatcher]]) throws(QueryableError) -> [UInt32] {
        if selectors.count == 1 { return try series(matching: selectors[0]) }
        var all = Set<UInt32>()
        for matchers in selectors { all.formUnion(try series(matching: matchers)) }
        return all.sorted()
    }

    private func removing(_ matcher: CompiledMatcher, from candidates: [UInt32]) throws(QueryableError) -> [UInt32] {
        let name = matcher.matcher.name
        if let literals = matcher.excludedLiterals {
            if try count(name: name, values: literals) > candidates.count * longestListPerCandidate {
                return try filter(candidates, name: name) { matcher.matches($0) }
            }
            return Postings.difference(candidates, try series(name: name, values: literals))
        }
        if try isLarger(name: name, than: candidates.count * Postings.candidateCost) {
            return try filter(candidates, name: name) { matcher.matches($0) }
        }
        return Postings.difference(candidates, try series(name: name) { !matcher.matches($0) })
    }
}

/// Remembers what was answered for values, by symbol.
struct ValueMemory {
    private var answers: [UInt32: Bool] = [:]
    private var newest: (symbol: UInt32, answer: Bool)?

    /// The answer for a symbol; `make` is asked once.
    @inline(__always)
    mutating func answer(for symbol: UInt32, _ make: () -> Bool) -> Bool {
        // Neighbouring series often have the same value.
        if let newest, newest.symbol == symbol { return newest.answer }
        let answer: Bool
        if let known = answers[symbol] {
            answer = known
        } else {
            answer = make()
            answers[symbol] = answer
        }
        newest = (symbol, answer)
        return answer
    }
}

/// Operations on ascending lists of series numbers.
enum Postings {
    /// What looking up one label of a series costs, in elements of a list.
    static let candidateCost = 16
    /// What trying a matcher on one value costs, in elements of a list.
    static let valueCost = 8

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
