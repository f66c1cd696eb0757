import ApusBytes
import ApusEncoding

/// Writes the buckets of series as records; one encoder per thread of work.
struct RollupEncoder {
    private typealias Part = RollupFormat.Part
    private typealias Form = RollupFormat.Form

    var encoder = ColumnEncoder(effort: .thorough)
    private var record = ByteWriter()
    private var chunks = ByteWriter()
    private var column = ByteWriter()
    private var other = ByteWriter()
    private var numbers: [Double] = []

    /// An encoder with empty scratch memory.
    init() {}

    /// Appends the record of a series with at least one bucket.
    ///
    /// - Parameter isCounter: whether the series is named as a counter: nobody asks for sums of it, which would take a third of the bytes.
    mutating func append(_ buckets: RollupBuckets, isCounter: Bool, to writer: inout ByteWriter) {
        record.bytes.removeAll(keepingCapacity: true)
        chunks.bytes.removeAll(keepingCapacity: true)
        // Equally long, as a short one costs nearly as much as a long one.
        let count = (buckets.count + RollupFormat.maximumBuckets - 1) / RollupFormat.maximumBuckets
        record.append(RollupFormat.floatKind)
        record.appendVarint(UInt64(count))
        var previous: Int64 = 0
        for chunk in 0..<count {
            let range = buckets.count * chunk / count..<buckets.count * (chunk + 1) / count
            let chunkStart = chunks.count
            appendChunk(buckets, range, isCounter: isCounter)
            let (begin, end) = (buckets.ends[range.lowerBound], buckets.ends[range.upperBound - 1])
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

    private mutating func appendChunk(_ buckets: RollupBuckets, _ range: Range<Int>, isCounter: Bool) {
        column.bytes.removeAll(keepingCapacity: true)
        encoder.appendTimestamps(buckets.ends.span.extracting(range), to: &column)
        appendPart(.plain)
        appendPlain(buckets[.counts], range)
        appendPlain(buckets[.firstTimes], range)
        appendPlain(buckets[.lastTimes], range)
        let unknown = buckets.unknown[range].reduce(into: RollupBucket.Unknown()) { $0.formUnion($1) }
        // What was left out of it once is so for good.
        let isGauge = unknown.contains(.resets) || Self.isGauge(buckets, range)
        let (firsts, lasts, counts) = (buckets[.firsts], buckets[.lasts], buckets[.counts])
        let previous = { (index: Int) in index == range.lowerBound ? 0 : lasts[index - 1] }
        // Nobody asks for resets of what falls all the time, and hardly for its first values: it is no counter.
        let hasFirsts = !unknown.contains(.first) && !isGauge
        if hasFirsts {
            appendSmaller(firsts, range, previous)
            appendSmaller(lasts, range) { firsts[$0] }
        } else {
            appendPart(.omitted)
            appendSmaller(lasts, range, previous)
        }
        appendExtremes(buckets, .minima, range, hasFirsts)
        appendExtremes(buckets, .maxima, range, hasFirsts)
        let (lows, highs) = hasFirsts ? (firsts, lasts) : (buckets[.minima], buckets[.maxima])
        appendSums(buckets[.sums], range, isOmitted: unknown.contains(.sum) || isCounter && !isGauge) {
            RollupFormat.expectedSum(lows[$0], highs[$0], count: counts[$0])
        }
        if isGauge {
            appendPart(.omitted)
            appendPart(.omitted)
        } else {
            appendUnlessZero(buckets[.lost], range)
            appendUnlessZero(buckets[.resets], range)
        }
        appendUnlessZero(buckets[.stale], range)
    }

    /// Whether a series falls more than once a bucket for the length of a chunk: it is no counter, whatever its name.
    private static func isGauge(_ buckets: RollupBuckets, _ range: Range<Int>) -> Bool {
        buckets[.resets][range].reduce(0, +) > Double(range.count)
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
        _ buckets: RollupBuckets, _ part: Part, _ range: Range<Int>, _ hasFirsts: Bool
    ) {
        let (values, firsts, lasts) = (buckets[part], buckets[.firsts], buckets[.lasts])
        let isDerived =
            hasFirsts
            && range.allSatisfy {
                RollupFormat.derivedExtreme(firsts[$0], lasts[$0], isMaximum: part == .maxima).bitPattern
                    == values[$0].bitPattern
            }
        if isDerived { appendPart(.derived) } else { appendSmaller(values, range) { lasts[$0] } }
    }

    /// Appends sums, or nothing where they are what is expected, or are left out.
    private mutating func appendSums(
        _ sums: [Double], _ range: Range<Int>, isOmitted: Bool, _ expected: (Int) -> Double
    ) {
        if range.allSatisfy({ expected($0).bitPattern == sums[$0].bitPattern }) {
            appendPart(.derived)
        } else if isOmitted {
            appendPart(.omitted)
        } else {
            appendSmaller(sums, range, expected)
        }
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
