import ApusBytes
import ApusEncoding
import ApusModel

/// Reads records of roll-ups; any input is safe.
///
/// Keeps its scratch memory: one decoder per thread of work.
struct RollupDecoder {
    private typealias Part = RollupFormat.Part
    private typealias Form = RollupFormat.Form

    private var decoder = ColumnDecoder()
    private var ends: [Int64] = []
    private var columns = [[Double]](repeating: [], count: Part.allCases.count)
    /// Whether something of the chunk that was read last was needed and is left out in it.
    private var isIncomplete = false

    /// A decoder with empty scratch memory.
    init() {}

    /// Appends the buckets of a record whose ends, in resolutions, lie in a range; those without samples are left out.
    ///
    /// - Returns: `false` when the record does not tell all that is asked for; what was appended then means nothing.
    mutating func decode(
        _ record: RawSpan, resolution: Int64, within wanted: ClosedRange<Int64>, fields: SampleSummaries.Fields,
        into summaries: inout SampleSummaries
    ) throws(RollupDamage) -> Bool {
        let needed = Self.parts(for: fields)
        var isWhole = true
        try forEachChunk(of: record) { decoder, chunk, bytes throws(RollupDamage) in
            guard isWhole, chunk.last >= wanted.lowerBound, chunk.first <= wanted.upperBound else { return }
            try decoder.decode(bytes, chunk, needed)
            isWhole = !decoder.isIncomplete
            if isWhole {
                decoder.keepOnly(wanted)
                decoder.append(resolution: resolution, fields: fields, to: &summaries)
            }
        }
        return isWhole
    }

    /// Reads every number of a record.
    ///
    /// - Returns: the number of its buckets.
    mutating func verify(_ record: RawSpan) throws(RollupDamage) -> Int {
        let needed = Self.parts(for: .all)
        var count = 0
        try forEachChunk(of: record) { decoder, chunk, bytes throws(RollupDamage) in
            try decoder.decode(bytes, chunk, needed)
            count += chunk.count
        }
        return count
    }

    // MARK: Chunks

    /// What the directory of a record says of a chunk.
    private struct Chunk {
        var count: Int
        var first: Int64
        var last: Int64
    }

    private mutating func forEachChunk(
        of record: RawSpan, _ body: (inout RollupDecoder, Chunk, RawSpan) throws(RollupDamage) -> Void
    ) throws(RollupDamage) {
        let length = record.byteCount - BlockFormat.checksumLength
        guard length > 0 else { throw RollupDamage("a record has only \(record.byteCount) bytes") }
        let stated = unsafe record.unsafeLoadUnaligned(fromUncheckedByteOffset: length, as: UInt32.self)
        guard CRC32C.checksum(record.extracting(0..<length)) == UInt32(littleEndian: stated) else {
            throw RollupDamage("checksum of a record does not match")
        }
        do {
            var directory = ByteReader(record.extracting(0..<length))
            let count = try directory.readCount(limit: directory.remaining / 4)
            var place = directory
            try place.skipVarints(4 * count)
            var previous: Int64 = 0
            for _ in 0..<count {
                let buckets = try directory.readCount(limit: RollupFormat.maximumBuckets)
                let first = previous &+ (try directory.readSignedVarint())
                let last = first &+ Int64(bitPattern: try directory.readVarint())
                let bytes = try place.readBytes(try directory.readCount(limit: place.remaining))
                previous = last
                try body(&self, Chunk(count: buckets, first: first, last: last), bytes)
            }
        } catch {
            throw RollupDamage(error)
        }
    }

    /// Reads the parts of a chunk that are needed; an empty column stands for zeros or what follows from others.
    private mutating func decode(_ bytes: RawSpan, _ chunk: Chunk, _ needed: Set<Part>) throws(RollupDamage) {
        var residuals: [Part] = []
        isIncomplete = false
        do {
            var reader = ByteReader(bytes)
            for part in Part.allCases {
                let code = try reader.readByte()
                guard let form = Form(rawValue: code), part.forms.contains(form) else {
                    throw RollupDamage("a part has the form \(code)")
                }
                columns[part.rawValue].removeAll(keepingCapacity: true)
                if form == .omitted, needed.contains(part) { isIncomplete = true }
                if form == .derived || form == .omitted { continue }
                let column = try reader.readLengthPrefixed()
                if part == .ends {
                    ends.removeAll(keepingCapacity: true)
                    try decoder.decodeTimestamps(column, count: chunk.count, into: &ends)
                } else if needed.contains(part) {
                    try decoder.decodeValues(column, count: chunk.count, into: &columns[part.rawValue])
                    if form == .residual { residuals.append(part) }
                }
            }
            guard reader.isAtEnd else { throw RollupDamage("\(reader.remaining) bytes after the last part") }
        } catch {
            throw RollupDamage(error)
        }
        guard ends.first == chunk.first, ends.last == chunk.last else {
            throw RollupDamage("the buckets of a chunk are not those that its record names")
        }
        undo(residuals)
        derive(.minima, if: needed, isMaximum: false)
        derive(.maxima, if: needed, isMaximum: true)
    }

    /// The parts that have to be read for some fields; what others are the difference to, or follow from, among them.
    private static func parts(for fields: SampleSummaries.Fields) -> Set<Part> {
        var parts: Set<Part> = [.counts, .lastTimes]
        if fields.contains(.firstTimes) { parts.insert(.firstTimes) }
        if !fields.isDisjoint(with: [.firsts, .lasts, .minima, .maxima, .sums]) { parts.formUnion([.firsts, .lasts]) }
        if fields.contains(.minima) { parts.insert(.minima) }
        if fields.contains(.maxima) { parts.insert(.maxima) }
        if fields.contains(.sums) { parts.insert(.sums) }
        if fields.contains(.resets) { parts.formUnion([.lost, .resets]) }
        return parts
    }

    /// Adds what the values of parts are the difference to.
    private mutating func undo(_ residuals: [Part]) {
        if residuals.isEmpty { return }
        // Taken out, so that changing them copies nothing.
        var (firsts, lasts) = (take(.firsts), take(.lasts))
        let (firstsDiffer, lastsDiffer) = (residuals.contains(.firsts), residuals.contains(.lasts))
        if firstsDiffer || lastsDiffer {
            var previous = 0.0
            for index in ends.indices {
                if firstsDiffer { firsts[index] += previous }
                if lastsDiffer { lasts[index] += firsts[index] }
                previous = lasts[index]
            }
        }
        if residuals.contains(.sums) {
            var sums = take(.sums)
            let counts = columns[Part.counts.rawValue]
            for index in ends.indices {
                sums[index] += RollupFormat.expectedSum(firsts[index], lasts[index], count: counts[index])
            }
            columns[Part.sums.rawValue] = sums
        }
        columns[Part.firsts.rawValue] = firsts
        columns[Part.lasts.rawValue] = lasts
    }

    private mutating func take(_ part: Part) -> [Double] {
        var column: [Double] = []
        swap(&column, &columns[part.rawValue])
        return column
    }

    private mutating func derive(_ part: Part, if needed: Set<Part>, isMaximum: Bool) {
        guard needed.contains(part), columns[part.rawValue].isEmpty else { return }
        let (firsts, lasts) = (columns[Part.firsts.rawValue], columns[Part.lasts.rawValue])
        for index in ends.indices {
            columns[part.rawValue].append(
                RollupFormat.derivedExtreme(firsts[index], lasts[index], isMaximum: isMaximum))
        }
    }

    /// Forgets the buckets of the chunk that was read which lie outside of a range or have no samples.
    private mutating func keepOnly(_ wanted: ClosedRange<Int64>) {
        let counts = columns[Part.counts.rawValue]
        let isWhole = (ends.first ?? 0) >= wanted.lowerBound && (ends.last ?? 0) <= wanted.upperBound
        if isWhole, counts.allSatisfy({ $0 > 0 }) { return }
        let kept = ends.indices.filter { counts[$0] > 0 && wanted.contains(ends[$0]) }
        ends = kept.map { ends[$0] }
        for part in columns.indices where !columns[part].isEmpty { columns[part] = kept.map { columns[part][$0] } }
    }

    /// Appends the buckets of the chunk that was read.
    private func append(resolution: Int64, fields: SampleSummaries.Fields, to summaries: inout SampleSummaries) {
        let count = ends.count
        let ends = ends.span
        let beforeEnd = columns[Part.lastTimes.rawValue]
        summaries.counts.append(contentsOf: columns[Part.counts.rawValue])
        summaries.lastTimes.append(addingCapacity: count) { output in
            for index in 0..<count {
                output.append(ends[index] &* resolution &- Self.offset(beforeEnd[index], resolution))
            }
        }
        if fields.contains(.firstTimes) {
            let afterStart = columns[Part.firstTimes.rawValue]
            summaries.firstTimes.append(addingCapacity: count) { output in
                for index in 0..<count {
                    output.append((ends[index] &- 1) &* resolution &+ Self.offset(afterStart[index], resolution))
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

    /// A distance within a bucket; numbers that cannot be one, which only a wrong file has, become its length.
    private static func offset(_ value: Double, _ resolution: Int64) -> Int64 {
        value >= 0 && value <= Double(resolution) ? Int64(value) : resolution
    }
}

/// Why a record of a roll-up cannot be used.
struct RollupDamage: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    fileprivate init(_ error: any Error) {
        reason = (error as? RollupDamage)?.reason ?? "\(error)"
    }
}

extension RollupFormat.Part {
    /// The forms that the part may have.
    fileprivate var forms: [RollupFormat.Form] {
        switch self {
        case .ends, .counts, .firstTimes, .lastTimes: [.plain]
        case .firsts, .lasts, .sums: [.plain, .residual]
        case .minima, .maxima, .stale: [.plain, .derived]
        case .lost, .resets: [.plain, .derived, .omitted]
        }
    }
}
