import ApusBytes
import ApusModel

/// What came and went, as the file `growth` has it; `docs/formats/growth.md`.
struct SavedGrowth: Sendable {
    static let fileName = "growth"
    static let magic: StaticString = "APUSGRW\0"
    /// More than any version wrote.
    private static let maximumWindows = 16

    /// The metrics with numbers from 1 on; 0 stands for all others.
    var names: [String]
    /// When the store was open, in milliseconds, the oldest first.
    var spans: [ClosedRange<Int64>]
    /// For each window the parts by number.
    var windows: [[Int64: SeriesGrowth.Part]]

    /// Growth with the given parts.
    init(names: [String], spans: some Sequence<ClosedRange<Int64>>, windows: [[Int64: SeriesGrowth.Part]]) {
        self.names = names
        self.spans = Array(spans)
        self.windows = windows
    }

    /// The body of the file.
    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.appendVarint(UInt64(names.count))
        for name in names { writer.appendLengthPrefixed(Array(name.utf8).span) }
        writer.appendVarint(UInt64(spans.count))
        for span in spans {
            writer.appendSignedVarint(span.lowerBound)
            writer.appendVarint(UInt64(span.upperBound - span.lowerBound))
        }
        writer.appendVarint(UInt64(windows.count))
        for parts in windows {
            writer.appendVarint(UInt64(parts.count))
            for (number, part) in parts.sorted(by: { $0.key < $1.key }) {
                writer.appendSignedVarint(number)
                writer.appendVarint(UInt64(part.count))
                for (metric, counts) in part.sorted(by: { $0.key < $1.key }) {
                    writer.appendVarint(UInt64(metric))
                    writer.appendVarint(UInt64(counts.created))
                    writer.appendVarint(UInt64(counts.gone))
                }
            }
        }
        return writer.bytes
    }

    /// Reads the body of the file, all of it.
    init(body: RawSpan) throws(ByteError) {
        var reader = ByteReader(body)
        names = []
        for _ in 0..<(try reader.readCount(limit: reader.remaining)) {
            names.append(String(copying: Span<UInt8>(_bytes: try reader.readLengthPrefixed())))
        }
        spans = []
        for _ in 0..<(try reader.readCount(limit: reader.remaining / 2)) {
            let first = try reader.readSignedVarint()
            let length = try reader.readVarint()
            let last = first.addingReportingOverflow(Int64(clamping: length))
            guard !last.overflow else { throw .lengthOutOfRange(offset: reader.offset, length: length) }
            spans.append(first...last.partialValue)
        }
        windows = []
        for _ in 0..<(try reader.readCount(limit: min(Self.maximumWindows, reader.remaining))) {
            var parts: [Int64: SeriesGrowth.Part] = [:]
            for _ in 0..<(try reader.readCount(limit: reader.remaining / 2)) {
                let number = try reader.readSignedVarint()
                parts[number] = try Self.part(&reader, metrics: names.count)
            }
            windows.append(parts)
        }
        guard reader.isAtEnd else { throw .lengthOutOfRange(offset: reader.offset, length: UInt64(reader.remaining)) }
    }

    @_lifetime(reader: copy reader)
    private static func part(_ reader: inout ByteReader, metrics: Int) throws(ByteError) -> SeriesGrowth.Part {
        var part: SeriesGrowth.Part = [:]
        for _ in 0..<(try reader.readCount(limit: reader.remaining / 3)) {
            let metric = try reader.readCount(limit: metrics)
            // What is added up must not grow beyond what a number holds.
            let created = try reader.readCount(limit: maximumCount)
            part[UInt32(metric)] = SeriesGrowth.Counts(
                created: created, gone: try reader.readCount(limit: maximumCount))
        }
        return part
    }

    private static let maximumCount = 1 << 40
}
