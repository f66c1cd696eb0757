import ApusBytes

/// What was deleted from a block since it was written: spans of time by the number of the series.
///
/// Series that were deleted together share their spans, so that deleting a hundred thousand of them takes little memory.
struct Tombstones: Sendable, Equatable {
    /// The numbers of series with deleted times, ascending.
    private(set) var series: [UInt32] = []
    /// The deleted times of each of these.
    private var intervals: [TimeIntervals] = []

    /// Nothing deleted.
    init() {}

    var isEmpty: Bool { series.isEmpty }

    /// The deleted times of a series; `nil` when there are none.
    subscript(number: UInt32) -> TimeIntervals? {
        let position = position(of: number)
        return position < series.count && series[position] == number ? intervals[position] : nil
    }

    /// The same with `range` deleted from the series `numbers`, which ascend.
    func adding(_ range: ClosedRange<Int64>, to numbers: [UInt32]) -> Tombstones {
        var result = Tombstones()
        result.series.reserveCapacity(series.count + numbers.count)
        result.intervals.reserveCapacity(series.count + numbers.count)
        let new = TimeIntervals(range)
        // What the newest change was made from and what it gave: neighbours often have the same.
        var change: (before: TimeIntervals, after: TimeIntervals)?
        var old = 0
        for number in numbers {
            while old < series.count, series[old] < number {
                result.append(number: series[old], intervals[old])
                old += 1
            }
            guard old < series.count, series[old] == number else {
                result.append(number: number, new)
                continue
            }
            if change?.before != intervals[old] {
                var after = intervals[old]
                after.insert(range)
                change = (intervals[old], after)
            }
            result.append(number: number, change?.after ?? intervals[old])
            old += 1
        }
        for position in old..<series.count { result.append(number: series[position], intervals[position]) }
        return result
    }

    private mutating func append(number: UInt32, _ spans: TimeIntervals) {
        series.append(number)
        // The same memory where the spans are the same.
        intervals.append(intervals.last == spans ? intervals[intervals.count - 1] : spans)
    }

    private func position(of number: UInt32) -> Int {
        var low = 0
        var high = series.count
        while low < high {
            let middle = (low + high) / 2
            if series[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

// MARK: Bytes

extension Tombstones {
    /// The body of the file of a block's tombstones.
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 16 * series.count + 16)
        writer.appendVarint(UInt64(series.count))
        var next: UInt32 = 0
        for (position, number) in series.enumerated() {
            writer.appendVarint(UInt64(number - next))
            intervals[position].append(to: &writer)
            next = number &+ 1
        }
        return writer.bytes
    }

    /// Reads the body of such a file; numbers are below `seriesCount`.
    init(body: RawSpan, seriesCount: UInt32) throws(ByteError) {
        var reader = ByteReader(body)
        let count = try reader.readCount(limit: min(reader.remaining, Int(seriesCount)))
        var next: UInt64 = 0
        for _ in 0..<count {
            let offset = reader.offset
            let (number, overflow) = next.addingReportingOverflow(try reader.readVarint())
            guard !overflow, number < UInt64(seriesCount) else {
                throw .lengthOutOfRange(offset: offset, length: number)
            }
            append(number: UInt32(number), try TimeIntervals(from: &reader))
            next = number + 1
        }
        guard reader.isAtEnd else { throw .lengthOutOfRange(offset: reader.offset, length: UInt64(reader.remaining)) }
    }
}
