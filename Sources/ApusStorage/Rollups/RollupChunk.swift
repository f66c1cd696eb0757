import ApusBytes
import ApusEncoding
import ApusModel

/// The chunk of a record of a roll-up that is read; any input is safe.
struct RollupChunk {
    private typealias Part = RollupFormat.Part
    private typealias Form = RollupFormat.Form

    /// What the directory of a record says of a chunk.
    struct Entry {
        var count: Int
        /// The ends of the first and the last bucket, in resolutions.
        var first: Int64
        var last: Int64

        /// Whether no arithmetic on the times of its buckets overflows.
        func isWithin(_ resolution: Int64) -> Bool {
            let limit = RollupFormat.times.upperBound / max(1, resolution) &+ 1
            return first >= -limit && last <= limit
        }
    }

    private var decoder = ColumnDecoder()
    private var ends: [Int64] = []
    private var columns = [[Double]](repeating: [], count: Part.allCases.count)
    private var forms = [Form](repeating: .plain, count: Part.allCases.count)

    /// A chunk without buckets.
    init() {}

    // MARK: Reading

    /// Reads the parts of a chunk that fields need; an empty column stands for zeros or what was left out.
    mutating func decode(
        _ bytes: RawSpan, _ entry: Entry, _ fields: SampleSummaries.Fields, withMarkers: Bool = false
    ) throws(RollupDamage) {
        do {
            var reader = ByteReader(bytes)
            for part in Part.allCases {
                let code = try reader.readByte()
                guard let form = Form(rawValue: code), part.forms.contains(form) else {
                    throw RollupDamage("a part has the form \(code)")
                }
                forms[part.rawValue] = form
                columns[part.rawValue].removeAll(keepingCapacity: true)
                if form == .derived || form == .omitted { continue }
                let column = try reader.readLengthPrefixed()
                if part == .ends {
                    ends.removeAll(keepingCapacity: true)
                    try decoder.decodeTimestamps(column, count: entry.count, into: &ends)
                } else if isNeeded(part, fields, withMarkers) {
                    try decoder.decodeValues(column, count: entry.count, into: &columns[part.rawValue])
                }
            }
            guard reader.isAtEnd else { throw RollupDamage("\(reader.remaining) bytes after the last part") }
        } catch {
            throw RollupDamage(error)
        }
        guard ends.first == entry.first, ends.last == entry.last,
            ends.indices.dropFirst().allSatisfy({ ends[$0] > ends[$0 - 1] })
        else { throw RollupDamage("the buckets of a chunk are not those that its record names") }
        guard has(.firsts) || (form(.minima) != .derived && form(.maxima) != .derived) else {
            throw RollupDamage("minima follow from values that are left out")
        }
        undo(fields)
    }

    private func form(_ part: Part) -> Form { forms[part.rawValue] }

    /// Whether a part was not left out.
    private func has(_ part: Part) -> Bool { form(part) != .omitted }

    /// Whether a part has to be read for some fields, itself or for others that follow from it.
    private func isNeeded(_ part: Part, _ fields: SampleSummaries.Fields, _ withMarkers: Bool) -> Bool {
        switch part {
        case .ends, .counts, .lastTimes: true
        case .firstTimes: fields.contains(.firstTimes)
        case .firsts, .lasts: !fields.isDisjoint(with: [.firsts, .lasts, .minima, .maxima, .sums])
        case .minima: fields.contains(.minima) || fields.contains(.sums) && !has(.firsts)
        case .maxima: fields.contains(.maxima) || fields.contains(.sums) && !has(.firsts)
        case .sums: fields.contains(.sums)
        case .lost, .resets: fields.contains(.resets)
        case .stale: withMarkers
        }
    }

    /// Adds what the values of parts are the difference to, and computes those that follow from others, as far as fields need them.
    private mutating func undo(_ fields: SampleSummaries.Fields) {
        // Taken out, so that changing them copies nothing.
        var (firsts, lasts) = (take(.firsts), take(.lasts))
        addDifferences(&firsts, &lasts)
        let needsSums = fields.contains(.sums)
        for part in [Part.minima, .maxima] where isNeeded(part, fields, false) {
            var values = take(part)
            if form(part) == .residual {
                Self.add(lasts, to: &values)
            } else if form(part) == .derived {
                let isMaximum = part == .maxima
                let (ones, others) = (firsts.span, lasts.span)
                values.append(addingCapacity: ones.count) { output in
                    for index in 0..<ones.count {
                        output.append(RollupFormat.derivedExtreme(ones[index], others[index], isMaximum: isMaximum))
                    }
                }
            }
            columns[part.rawValue] = values
        }
        if needsSums, form(.sums) == .residual || form(.sums) == .derived {
            var sums = take(.sums)
            let extremes = (columns[Part.minima.rawValue], columns[Part.maxima.rawValue])
            let (lows, highs) = has(.firsts) ? (firsts, lasts) : extremes
            let counts = columns[Part.counts.rawValue]
            let isDerived = form(.sums) == .derived
            if isDerived { sums = [Double](repeating: 0, count: ends.count) }
            for index in ends.indices {
                let expected = RollupFormat.expectedSum(lows[index], highs[index], count: counts[index])
                sums[index] = isDerived ? expected : sums[index] + expected
            }
            columns[Part.sums.rawValue] = sums
        }
        columns[Part.firsts.rawValue] = firsts
        columns[Part.lasts.rawValue] = lasts
    }

    /// Undoes the differences of first and last values, each to the one before it.
    private func addDifferences(_ firsts: inout [Double], _ lasts: inout [Double]) {
        let (firstsDiffer, lastsDiffer) = (form(.firsts) == .residual, form(.lasts) == .residual)
        guard !lasts.isEmpty, firstsDiffer || lastsDiffer else { return }
        let hasFirsts = !firsts.isEmpty
        var firsts = firsts.mutableSpan
        var lasts = lasts.mutableSpan
        var previous = 0.0
        for index in 0..<lasts.count {
            var base = previous
            if hasFirsts {
                if firstsDiffer { firsts[index] += previous }
                base = firsts[index]
            }
            if lastsDiffer { lasts[index] += base }
            previous = lasts[index]
        }
    }

    private static func add(_ others: [Double], to values: inout [Double]) {
        let others = others.span
        var values = values.mutableSpan
        for index in 0..<min(values.count, others.count) { values[index] += others[index] }
    }

    private mutating func take(_ part: Part) -> [Double] {
        var column: [Double] = []
        swap(&column, &columns[part.rawValue])
        return column
    }

    // MARK: What was left out

    /// What is not known of the buckets.
    var unknown: RollupBucket.Unknown {
        var unknown: RollupBucket.Unknown = []
        if !has(.firsts) { unknown.insert(.first) }
        if !has(.sums) { unknown.insert(.sum) }
        if !has(.lost) || !has(.resets) { unknown.insert(.resets) }
        return unknown
    }

    /// Whether something that fields need was left out.
    func isIncomplete(for fields: SampleSummaries.Fields) -> Bool {
        var bucket = RollupBucket(end: 0)
        bucket.unknown = unknown
        return bucket.lacks(fields)
    }

    /// Puts the likeliest values in the place of those that were left out: the value before a bucket as its first one, the line between first
    /// and last for a sum, and no reset.
    mutating func estimate() {
        let (lasts, counts) = (columns[Part.lasts.rawValue], columns[Part.counts.rawValue])
        if !has(.firsts), !lasts.isEmpty {
            var previous = lasts.first ?? 0
            for index in ends.indices {
                columns[Part.firsts.rawValue].append(previous)
                previous = lasts[index]
            }
        }
        let firsts = columns[Part.firsts.rawValue]
        if !has(.sums), !firsts.isEmpty {
            for index in ends.indices {
                columns[Part.sums.rawValue].append(
                    RollupFormat.expectedSum(firsts[index], lasts[index], count: counts[index]))
            }
        }
    }

    // MARK: Giving

    /// Forgets the buckets which lie outside of a range or have no samples.
    mutating func keepOnly(_ wanted: ClosedRange<Int64>) {
        let counts = columns[Part.counts.rawValue]
        let isWhole = (ends.first ?? 0) >= wanted.lowerBound && (ends.last ?? 0) <= wanted.upperBound
        if isWhole, counts.allSatisfy({ $0 > 0 }) { return }
        let kept = ends.indices.filter { counts[$0] > 0 && wanted.contains(ends[$0]) }
        ends = kept.map { ends[$0] }
        for part in columns.indices where !columns[part].isEmpty { columns[part] = kept.map { columns[part][$0] } }
    }

    /// Appends the buckets to summaries.
    func append(resolution: Int64, fields: SampleSummaries.Fields, to summaries: inout SampleSummaries) {
        let count = ends.count
        let ends = ends.span
        let beforeEnd = columns[Part.lastTimes.rawValue]
        summaries.counts.append(contentsOf: columns[Part.counts.rawValue])
        summaries.lastTimes.append(addingCapacity: count) { output in
            for index in 0..<count {
                output.append(ends[index] &* resolution &- Self.offset(beforeEnd[index], within: 0...resolution - 1))
            }
        }
        if fields.contains(.firstTimes) {
            let afterStart = columns[Part.firstTimes.rawValue]
            summaries.firstTimes.append(addingCapacity: count) { output in
                for index in 0..<count {
                    let offset = Self.offset(afterStart[index], within: 1...resolution)
                    output.append((ends[index] &- 1) &* resolution &+ offset)
                }
            }
        }
        append(.firsts, if: fields.contains(.firsts), to: &summaries.firsts)
        append(.lasts, if: fields.contains(.lasts), to: &summaries.lasts)
        append(.minima, if: fields.contains(.minima), to: &summaries.minima)
        append(.maxima, if: fields.contains(.maxima), to: &summaries.maxima)
        append(.sums, if: fields.contains(.sums), to: &summaries.sums)
        append(.lost, if: fields.contains(.resets), to: &summaries.lost)
        append(.resets, if: fields.contains(.resets), to: &summaries.resets)
    }

    private func append(_ part: Part, if isWanted: Bool, to column: inout [Double]) {
        guard isWanted else { return }
        let values = columns[part.rawValue]
        if values.isEmpty {
            column.append(contentsOf: repeatElement(0, count: ends.count))
        } else {
            column.append(contentsOf: values)
        }
    }

    /// Calls `body` with each bucket, when everything was read.
    func forEachBucket(resolution: Int64, _ unknown: RollupBucket.Unknown, _ body: (RollupBucket) -> Void) {
        for index in ends.indices {
            var bucket = RollupBucket(end: ends[index])
            let end = ends[index] &* resolution
            let start = end &- resolution
            bucket.count = value(.counts, index)
            bucket.firstTime = start &+ Self.offset(value(.firstTimes, index), within: 1...resolution)
            let last = end &- Self.offset(value(.lastTimes, index), within: 0...resolution - 1)
            bucket.lastTime = max(bucket.firstTime, last)
            bucket.first = value(.firsts, index)
            bucket.last = value(.lasts, index)
            bucket.minimum = value(.minima, index)
            bucket.maximum = value(.maxima, index)
            bucket.sum = CompensatedSum(value(.sums, index))
            bucket.lost = value(.lost, index)
            bucket.resets = value(.resets, index)
            bucket.unknown = unknown
            let stale = value(.stale, index)
            if stale > 0 { bucket.staleTime = start &+ Self.offset(stale, within: 1...resolution) }
            body(bucket)
        }
    }

    private func value(_ part: Part, _ index: Int) -> Double {
        let column = columns[part.rawValue]
        return column.isEmpty ? 0 : column[index]
    }

    /// A distance within a bucket; numbers that cannot be one, which only a wrong file has, become the longest.
    private static func offset(_ value: Double, within range: ClosedRange<Int64>) -> Int64 {
        value >= Double(range.lowerBound) && value <= Double(range.upperBound) ? Int64(value) : range.upperBound
    }
}

extension RollupFormat.Part {
    /// The forms that the part may have.
    fileprivate var forms: [RollupFormat.Form] {
        switch self {
        case .ends, .counts, .firstTimes, .lastTimes: [.plain]
        case .firsts: [.plain, .residual, .omitted]
        case .lasts: [.plain, .residual]
        case .sums: [.plain, .derived, .residual, .omitted]
        case .minima, .maxima: [.plain, .derived, .residual]
        case .stale: [.plain, .derived]
        case .lost, .resets: [.plain, .derived, .omitted]
        }
    }
}
