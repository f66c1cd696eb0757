import ApusBytes

/// Spans of time, ascending, no two of which overlap or touch; milliseconds, both ends included.
struct TimeIntervals: Sendable, Equatable {
    private(set) var ranges: [ClosedRange<Int64>] = []

    /// No time at all.
    init() {}

    /// One span.
    init(_ range: ClosedRange<Int64>) {
        ranges = [range]
    }

    var isEmpty: Bool { ranges.isEmpty }

    /// Adds a span; linear in the number of spans.
    mutating func insert(_ range: ClosedRange<Int64>) {
        // The first span that ends at the new one or beyond, and the first that begins clearly behind it.
        let low = firstIndex { !Self.isBefore($0, range) }
        let high = firstIndex { Self.isBefore(range, $0) }
        guard low < high else {
            ranges.insert(range, at: low)
            return
        }
        let joined =
            min(range.lowerBound, ranges[low].lowerBound)...max(range.upperBound, ranges[high - 1].upperBound)
        ranges.replaceSubrange(low..<high, with: CollectionOfOne(joined))
    }

    /// Whether one span holds the whole of `range`.
    func covers(_ range: ClosedRange<Int64>) -> Bool {
        let index = firstIndex { $0.upperBound >= range.lowerBound }
        return index < ranges.count && ranges[index].lowerBound <= range.lowerBound
            && ranges[index].upperBound >= range.upperBound
    }

    /// Whether a time lies in one of the spans.
    func contains(_ time: Int64) -> Bool { covers(time...time) }

    /// Whether any time of `range` lies in one of the spans.
    func overlaps(_ range: ClosedRange<Int64>) -> Bool {
        let index = firstIndex { $0.upperBound >= range.lowerBound }
        return index < ranges.count && ranges[index].lowerBound <= range.upperBound
    }

    /// The parts of `range` that lie in none of the spans, ascending.
    func gaps(in range: ClosedRange<Int64>) -> [ClosedRange<Int64>] {
        var result: [ClosedRange<Int64>] = []
        var next = range.lowerBound
        for index in firstIndex(where: { $0.upperBound >= range.lowerBound })..<ranges.count {
            let span = ranges[index]
            if span.lowerBound > range.upperBound { break }
            if span.lowerBound > next { result.append(next...(span.lowerBound - 1)) }
            if span.upperBound >= range.upperBound { return result }
            next = span.upperBound + 1
        }
        result.append(next...range.upperBound)
        return result
    }

    /// Removes the spans for which a condition holds.
    mutating func removeAll(where isRemoved: (ClosedRange<Int64>) -> Bool) {
        ranges.removeAll(where: isRemoved)
    }

    /// The first position where an ascending condition holds, or the count.
    private func firstIndex(where isReached: (ClosedRange<Int64>) -> Bool) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if isReached(ranges[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Whether `a` ends before `b` begins with at least a millisecond between them.
    private static func isBefore(_ a: ClosedRange<Int64>, _ b: ClosedRange<Int64>) -> Bool {
        a.upperBound < b.lowerBound && a.upperBound + 1 < b.lowerBound
    }
}

// MARK: Bytes

extension TimeIntervals {
    /// Appends the spans as files of tombstones have them (`docs/formats/block.md`).
    func append(to writer: inout ByteWriter) {
        writer.appendVarint(UInt64(ranges.count))
        var last: Int64?
        for range in ranges {
            if let last {
                writer.appendVarint(UInt64(bitPattern: range.lowerBound &- last &- 2))
            } else {
                writer.appendSignedVarint(range.lowerBound)
            }
            writer.appendVarint(UInt64(bitPattern: range.upperBound &- range.lowerBound))
            last = range.upperBound
        }
    }

    /// Reads what `append` wrote; spans that are not ascending are an error.
    init(from reader: inout ByteReader) throws(ByteError) {
        let start = reader.offset
        let count = try reader.readCount(limit: reader.remaining)
        guard count > 0 else { throw .lengthOutOfRange(offset: start, length: 0) }
        ranges.reserveCapacity(count)
        for _ in 0..<count {
            let lower: Int64
            if let last = ranges.last?.upperBound {
                let distance = try reader.readVarint()
                let room = UInt64(bitPattern: .max &- last)
                guard room >= 2, distance <= room - 2 else {
                    throw .lengthOutOfRange(offset: start, length: distance)
                }
                lower = Int64(bitPattern: UInt64(bitPattern: last) &+ distance &+ 2)
            } else {
                lower = try reader.readSignedVarint()
            }
            let length = try reader.readVarint()
            guard length <= UInt64(bitPattern: .max &- lower) else {
                throw .lengthOutOfRange(offset: start, length: length)
            }
            ranges.append(lower...Int64(bitPattern: UInt64(bitPattern: lower) &+ length))
        }
    }
}
