import ApusBytes
import ApusModel

/// What was deleted from the head and is still in its log: spans of time by label set (`docs/formats/deletions.md`).
struct HeadTombstones: Sendable, Equatable {
    private(set) var intervals: [LabelSet: TimeIntervals] = [:]

    /// Nothing deleted.
    init() {}

    var isEmpty: Bool { intervals.isEmpty }

    /// The deleted times of a series; `nil` when there are none.
    subscript(labels: LabelSet) -> TimeIntervals? { intervals[labels] }

    /// Deletes a span of time from a series.
    mutating func insert(_ range: ClosedRange<Int64>, of labels: LabelSet) {
        intervals[labels, default: TimeIntervals()].insert(range)
    }

    /// Forgets the spans of a series for which a condition holds.
    mutating func removeAll(of labels: LabelSet, where isRemoved: (ClosedRange<Int64>) -> Bool) {
        intervals[labels]?.removeAll(where: isRemoved)
        if intervals[labels]?.isEmpty == true { intervals[labels] = nil }
    }
}

// MARK: Bytes

extension HeadTombstones {
    /// The body of the file.
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 256 * intervals.count + 16)
        writer.appendVarint(UInt64(intervals.count))
        for (labels, spans) in intervals.sorted(by: { $0.key < $1.key }) {
            writer.appendLengthPrefixed(labels.run.span)
            spans.append(to: &writer)
        }
        return writer.bytes
    }

    /// Reads the body of the file.
    init(body: RawSpan) throws(ByteError) {
        var reader = ByteReader(body)
        for _ in 0..<(try reader.readCount(limit: reader.remaining)) {
            let offset = reader.offset
            let run = try reader.readLengthPrefixed()
            guard let labels = LabelSet(validating: unsafe run.withUnsafeBytes { unsafe Array($0) }) else {
                throw .lengthOutOfRange(offset: offset, length: UInt64(run.byteCount))
            }
            intervals[labels] = try TimeIntervals(from: &reader)
        }
        guard reader.isAtEnd else { throw .lengthOutOfRange(offset: reader.offset, length: UInt64(reader.remaining)) }
    }
}
