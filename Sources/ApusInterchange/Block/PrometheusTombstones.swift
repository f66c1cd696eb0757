import ApusBytes
import ApusModel
import ApusStorage

/// Intervals of time that were deleted, by series.
///
/// Source of the form: Prometheus, `tsdb/docs/format/tombstones.md`.
package struct PrometheusTombstones: Sendable, Equatable {
    static let magic: UInt32 = 0x0130_BA30

    /// The intervals of each series by its reference, in no order.
    package private(set) var intervals: [UInt64: [ClosedRange<Int64>]] = [:]

    /// No intervals.
    package init() {}

    /// Reads the file at `path`; one that is not there says that nothing was deleted.
    package init(path: String) throws(InterchangeError) {
        guard Folder.length(of: path) > 0 else { return }
        let file = try PrometheusFile(path, magic: Self.magic, headerLength: 5)
        guard file.version == 1 else {
            throw .unsupported(path: path, reason: "tombstones version \(file.version) is not known (1 is)")
        }
        guard file.count >= 9 else { throw file.damaged(at: 0, "the file has only \(file.count) bytes") }
        let content = 5..<(file.count - 4)
        try file.check(content, name: "list of tombstones")
        var found: [(UInt64, Int64, Int64)] = []
        try file.read(content, name: "list of tombstones") { reader throws(ByteError) in
            while !reader.isAtEnd {
                found.append(
                    (try reader.readVarint(), try reader.readSignedVarint(), try reader.readSignedVarint()))
            }
        }
        for (series, start, end) in found { add(series, start, end) }
    }

    /// Adds an interval, both ends included; one that ends before it begins says nothing.
    package mutating func add(_ series: UInt64, _ start: Int64, _ end: Int64) {
        if start <= end { intervals[series, default: []].append(start...end) }
    }

    /// The content of the file.
    package func encoded() -> [UInt8] {
        var entries = ByteWriter()
        for series in intervals.keys.sorted() {
            for interval in intervals[series, default: []] {
                entries.appendVarint(series)
                entries.appendSignedVarint(interval.lowerBound)
                entries.appendSignedVarint(interval.upperBound)
            }
        }
        var writer = ByteWriter()
        writer.appendBigEndian(Self.magic)
        writer.append(1)
        writer.append(entries.bytes)
        writer.appendBigEndian(CRC32C.checksum(entries.bytes.span))
        return writer.bytes
    }
}
