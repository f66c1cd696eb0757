import ApusBytes
import ApusEncoding

/// Writes the buckets of series as records; one encoder per thread of work.
struct RollupEncoder {
    private typealias Part = RollupFormat.Part
    private typealias Form = RollupFormat.Form

    private var encoder = ColumnEncoder()
    private var record = ByteWriter()
    private var chunks = ByteWriter()
    private var column = ByteWriter()
    private var other = ByteWriter()
    private var numbers: [Double] = []

    /// An encoder with empty scratch memory.
    init() {}

    /// Appends the record of a series with at least one bucket.
    mutating func append(_ buckets: RollupBuckets, to writer: inout ByteWriter) {
        record.bytes.removeAll(keepingCapacity: true)
        chunks.bytes.removeAll(keepingCapacity: true)
        let starts = Array(stride(from: 0, to: buckets.count, by: RollupFormat.maximumBuckets))
        record.appendVarint(UInt64(starts.count))
        var previous: Int64 = 0
        for first in starts {
            let range = first..<min(buckets.count, first + RollupFormat.maximumBuckets)
            let chunkStart = chunks.count
            appendChunk(buckets, range)
            let (begin, end) = (buckets.ends[first], buckets.ends[range.upperBound - 1])
            record.appendVarint(UInt64(range.count))
            record.appendSignedVarint(begin &- previous)
            record.appendVarint(UInt64(bitPattern: end &- begin))
            record.appendVarint(UInt64(chunks.count - chunkStart))
            previous = end
        }
        record.append(chunks.bytes)
        let bytes = record.bytes
        writer.append(bytes)
        writer.appendLittleEndian(CRC32C.checksum(bytes.span))
    }

    private mutating func appendChunk(_ buckets: RollupBuckets, _ range: Range<Int>) {
        column.bytes.removeAll(keepingCapacity: true)
        encoder.appendTimestamps(buckets.ends.span.extracting(range), to: &column)
        appendPart(.plain)
        appendPlain(buckets[.counts], range)
        appendPlain(buckets[.firstTimes], range)
        appendPlain(buckets[.lastTimes], range)
        let (firsts, lasts, counts) = (buckets[.firsts], buckets[.lasts], buckets[.counts])
        appendSmaller(firsts, range) { $0 == range.lowerBound ? 0 : lasts[$0 - 1] }
        appendSmaller(lasts, range) { firsts[$0] }
        appendExtremes(buckets[.minima], firsts, lasts, range, isMaximum: false)
        appendExtremes(buckets[.maxima], firsts, lasts, range, isMaximum: true)
        appendSmaller(buckets[.sums], range) {
            RollupFormat.expectedSum(firsts[$0], lasts[$0], count: counts[$0])
        }
        let resets = buckets[.resets]
        // What falls all the time is no counter: nobody asks for its resets, which would take half of the bytes.
        if resets[range].reduce(0, +) > Double(range.count) {
            appendPart(.omitted)
            appendPart(.omitted)
        } else {
            appendUnlessZero(buckets[.lost], range)
            appendUnlessZero(resets, range)
        }
        appendUnlessZero(buckets[.stale], range)
    }

    /// Appends the column that was encoded last.
    private mutating func appendPart(_ form: Form) {
        chunks.append(form.rawValue)
        if form == .derived || form == .omitted { return }
        chunks.appendVarint(UInt64(column.count))
        chunks.append(column.bytes)
    }

    private mutating func appendPlain(_ values: [Double], _ range: Range<Int>) {
        column.bytes.removeAll(keepingCapacity: true)
        encoder.appendValues(values.span.extracting(range), to: &column)
        appendPart(.plain)
    }

    private mutating func appendUnlessZero(_ values: [Double], _ range: Range<Int>) {
        // A negative zero among them is none.
        if values[range].allSatisfy({ $0.bitPattern == 0 }) { appendPart(.derived) } else { appendPlain(values, range) }
    }

    private mutating func appendExtremes(
        _ values: [Double], _ firsts: [Double], _ lasts: [Double], _ range: Range<Int>, isMaximum: Bool
    ) {
        let isDerived = range.allSatisfy {
            RollupFormat.derivedExtreme(firsts[$0], lasts[$0], isMaximum: isMaximum).bitPattern
                == values[$0].bitPattern
        }
        if isDerived { appendPart(.derived) } else { appendPlain(values, range) }
    }

    /// Appends the values or their differences to what is expected, whichever takes less.
    private mutating func appendSmaller(_ values: [Double], _ range: Range<Int>, _ expected: (Int) -> Double) {
        column.bytes.removeAll(keepingCapacity: true)
        encoder.appendValues(values.span.extracting(range), to: &column)
        numbers.removeAll(keepingCapacity: true)
        for index in range {
            let difference = values[index] - expected(index)
            guard (difference + expected(index)).bitPattern == values[index].bitPattern else {
                appendPart(.plain)
                return
            }
            numbers.append(difference)
        }
        other.bytes.removeAll(keepingCapacity: true)
        let differences = numbers
        encoder.appendValues(differences.span, to: &other)
        guard other.count < column.count else {
            appendPart(.plain)
            return
        }
        swap(&column, &other)
        appendPart(.residual)
    }
}
