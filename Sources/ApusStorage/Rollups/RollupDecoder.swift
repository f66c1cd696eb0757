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

    /// A decoder with empty scratch memory.
    init() {}

    /// Appends the buckets of a record whose ends, in resolutions, lie in a range; those without samples are left out.
    mutating func decode(
        _ record: RawSpan, resolution: Int64, within wanted: ClosedRange<Int64>, fields: SampleSummaries.Fields,
        into summaries: inout SampleSummaries
    ) throws(RollupDamage) {
        try forEachChunk(of: record) { decoder, chunk, bytes throws(RollupDamage) in
            guard chunk.last >= wanted.lowerBound, chunk.first <= wanted.upperBound else { return }
            try decoder.decode(bytes, chunk, fields: fields)
            decoder.append(resolution: resolution, within: wanted, fields: fields, to: &summaries)
        }
    }

    /// Reads every number of a record.
    ///
    /// - Returns: the number of its buckets.
    mutating func verify(_ record: RawSpan) throws(RollupDamage) -> Int {
        var count = 0
        try forEachChunk(of: record) { decoder, chunk, bytes throws(RollupDamage) in
            try decoder.decode(bytes, chunk, fields: .all)
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

    /// Reads the parts of a chunk that some fields need; an empty column stands for zeros or what follows from others.
    private mutating func decode(
        _ bytes: RawSpan, _ chunk: Chunk, fields: SampleSummaries.Fields
    ) throws(RollupDamage) {
        let needed = Self.parts(for: fields)
        var residuals: [Part] = []
        do {
            var reader = ByteReader(bytes)
            for part in Part.allCases {
                let code = try reader.readByte()
                guard let form = Form(rawValue: code), part.forms.contains(form) else {
                    throw RollupDamage("a part has the form \(code)")
                }
                columns[part.rawValue].removeAll(keepingCapacity: true)
                if form == .derived { continue }
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
        var firsts = columns[Part.firsts.rawValue]
        var lasts = columns[Part.lasts.rawValue]
        let (firstsDiffer, lastsDiffer) = (residuals.contains(.firsts), residuals.contains(.lasts))
        if firstsDiffer || lastsDiffer {
            var previous = 0.0
            for index in ends.indices {
                if firstsDiffer { firsts[index] += previous }
                if lastsDiffer { lasts[index] += firsts[index] }
                previous = lasts[index]
            }
            columns[Part.firsts.rawValue] = firsts
            columns[Part.lasts.rawValue] = lasts
        }
        if residuals.contains(.sums) {
            let counts = columns[Part.counts.rawValue]
            for index in ends.indices { columns[Part.sums.rawValue][index] += firsts[index] * counts[index] }
        }
    }

    private mutating func derive(_ part: Part, if needed: Set<Part>, isMaximum: Bool) {
        guard needed.contains(part), columns[part.rawValue].isEmpty else { return }
        let (firsts, lasts) = (columns[Part.firsts.rawValue], columns[Part.lasts.rawValue])
        for index in ends.indices {
            columns[part.rawValue].append(
                RollupFormat.derivedExtreme(firsts[index], lasts[index], isMaximum: isMaximum))
        }
    }

    /// Appends the wanted buckets of the chunk that was read.
    private func append(
        resolution: Int64, within wanted: ClosedRange<Int64>, fields: SampleSummaries.Fields,
        to summaries: inout SampleSummaries
    ) {
        let counts = columns[Part.counts.rawValue]
        let kept = ends.indices.filter { counts[$0] > 0 && wanted.contains(ends[$0]) }
        func add(_ part: Part, _ field: SampleSummaries.Fields, to column: inout [Double]) {
            guard fields.contains(field) else { return }
            let values = columns[part.rawValue]
            if values.isEmpty {
                column.append(contentsOf: repeatElement(0, count: kept.count))
            } else if kept.count == values.count {
                column.append(contentsOf: values)
            } else {
                for index in kept { column.append(values[index]) }
            }
        }
        let (afterStart, beforeEnd) = (columns[Part.firstTimes.rawValue], columns[Part.lastTimes.rawValue])
        for index in kept {
            let end = ends[index] &* resolution
            summaries.counts.append(counts[index])
            summaries.lastTimes.append(end &- Self.offset(beforeEnd[index], resolution))
            if fields.contains(.firstTimes) {
                summaries.firstTimes.append(end &- resolution &+ Self.offset(afterStart[index], resolution))
            }
        }
        add(.firsts, .firsts, to: &summaries.firsts)
        add(.lasts, .lasts, to: &summaries.lasts)
        add(.minima, .minima, to: &summaries.minima)
        add(.maxima, .maxima, to: &summaries.maxima)
        add(.sums, .sums, to: &summaries.sums)
        add(.lost, .resets, to: &summaries.lost)
        add(.resets, .resets, to: &summaries.resets)
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
        case .minima, .maxima, .lost, .resets, .stale: [.plain, .derived]
        }
    }
}
