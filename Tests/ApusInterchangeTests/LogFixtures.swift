import ApusBytes
import ApusModel
import Foundation

/// Writes files of Prometheus' head as Prometheus does, for tests: records in fragments and pages, chunks of the head.
struct LogFixture {
    private static let pageLength = 32 << 10

    private(set) var bytes: [UInt8] = []

    /// Appends a record; `compression` is the flag of its fragments.
    mutating func append(_ record: [UInt8], compression: UInt8 = 0) {
        var rest = record[...]
        var isFirst = true
        repeat {
            var left = Self.pageLength - bytes.count % Self.pageLength
            if left < 7 {
                bytes += [UInt8](repeating: 0, count: left)
                left = Self.pageLength
            }
            let part = rest.prefix(left - 7)
            rest = rest.dropFirst(part.count)
            let kind: UInt8 = isFirst ? (rest.isEmpty ? 1 : 2) : (rest.isEmpty ? 4 : 3)
            bytes += [kind | compression << 3]
            bytes += bigEndian(UInt16(part.count)) + bigEndian(CRC32C.checksum(Array(part).span)) + part
            isFirst = false
        } while !rest.isEmpty
    }

    /// Fills the page, as Prometheus does when it ends a segment.
    mutating func fillPage() {
        let used = bytes.count % Self.pageLength
        if used > 0 { bytes += [UInt8](repeating: 0, count: Self.pageLength - used) }
    }

    // MARK: Records

    static func series(_ entries: [(UInt64, LabelSet)]) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(1)
        for (reference, labels) in entries {
            writer.append(bigEndian(reference))
            writer.appendVarint(UInt64(labels.count))
            for label in labels.labels {
                writer.appendLengthPrefixed(Array(label.name.utf8).span)
                writer.appendLengthPrefixed(Array(label.value.utf8).span)
            }
        }
        return writer.bytes
    }

    static func samples(_ entries: [(UInt64, Int64, Double)]) -> [UInt8] {
        record(2, entries.map { ($0.0, $0.1, bigEndian($0.2.bitPattern)) })
    }

    static func tombstones(_ entries: [(UInt64, Int64, Int64)]) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(3)
        for (series, start, end) in entries {
            writer.append(bigEndian(series))
            writer.appendSignedVarint(start)
            writer.appendSignedVarint(end)
        }
        return writer.bytes
    }

    static func exemplars(_ entries: [(UInt64, Int64, Double)]) -> [UInt8] {
        record(4, entries.map { ($0.0, $0.1, bigEndian($0.2.bitPattern) + [1, 1, 0x61, 1, 0x62]) })
    }

    static func metadata(_ entries: [(UInt64, UInt8, fields: [(String, String)])]) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(6)
        for (series, type, fields) in entries {
            writer.appendVarint(series)
            writer.append(type)
            writer.appendVarint(UInt64(fields.count))
            for (name, value) in fields {
                writer.appendLengthPrefixed(Array(name.utf8).span)
                writer.appendLengthPrefixed(Array(value.utf8).span)
            }
        }
        return writer.bytes
    }

    /// Histograms of kinds 7 and 9 (whole populations), or 8 and 10.
    static func histograms(_ kind: UInt8, _ entries: [(UInt64, Int64, NativeHistogram)]) -> [UInt8] {
        record(kind, entries.map { ($0.0, $0.1, histogram($0.2, hasFloats: kind % 2 == 0)) })
    }

    private static func record(_ kind: UInt8, _ entries: [(UInt64, Int64, [UInt8])]) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(kind)
        guard let first = entries.first else { return writer.bytes }
        writer.append(bigEndian(first.0) + bigEndian(first.1))
        for (series, time, content) in entries {
            writer.appendSignedVarint(Int64(bitPattern: series &- first.0))
            writer.appendSignedVarint(time - first.1)
            writer.append(content)
        }
        return writer.bytes
    }

    private static func histogram(_ histogram: NativeHistogram, hasFloats: Bool) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(histogram.counterResetHint.rawValue)
        writer.appendSignedVarint(Int64(histogram.schema))
        writer.append(bigEndian(histogram.zeroThreshold.bitPattern))
        for value in [histogram.zeroCount, histogram.count] {
            if hasFloats { writer.append(bigEndian(value.bitPattern)) } else { writer.appendVarint(UInt64(value)) }
        }
        writer.append(bigEndian(histogram.sum.bitPattern))
        for spans in [histogram.positiveSpans, histogram.negativeSpans] {
            writer.appendVarint(UInt64(spans.count))
            for span in spans {
                writer.appendSignedVarint(Int64(span.offset))
                writer.appendVarint(UInt64(span.length))
            }
        }
        for buckets in [histogram.positiveBuckets, histogram.negativeBuckets] {
            writer.appendVarint(UInt64(buckets.count))
            var previous = 0.0
            for bucket in buckets {
                if hasFloats {
                    writer.append(bigEndian(bucket.bitPattern))
                } else {
                    writer.appendSignedVarint(Int64(bucket - previous))
                }
                previous = bucket
            }
        }
        if histogram.isCustom {
            writer.appendVarint(UInt64(histogram.customBounds.count))
            for bound in histogram.customBounds { writer.append(bigEndian(bound.bitPattern)) }
        }
        return writer.bytes
    }

    // MARK: Chunks of the head

    /// A file of `chunks_head` with chunks taken from a block's file, followed by zeros as a preallocated file has them.
    static func headChunks(_ entries: [(series: UInt64, times: ClosedRange<Int64>, encoding: UInt8, data: [UInt8])])
        -> [UInt8]
    {
        var writer = ByteWriter()
        writer.append(bigEndian(UInt32(0x0130_BC91)) + [1, 0, 0, 0])
        for entry in entries {
            let start = writer.count
            writer.append(
                bigEndian(entry.series) + bigEndian(entry.times.lowerBound) + bigEndian(entry.times.upperBound))
            writer.append(entry.encoding)
            writer.appendLengthPrefixed(entry.data.span)
            writer.append(bigEndian(CRC32C.checksum(writer.bytes.span.extracting(start..<writer.count))))
        }
        return writer.bytes + [UInt8](repeating: 0, count: 5_000)
    }

    /// The chunks of a block's only segment in their order: encoding and data.
    static func chunks(ofSegment bytes: [UInt8]) throws -> [(encoding: UInt8, data: [UInt8])] {
        var reader = ByteReader(bytes.span)
        try reader.skip(8)
        var chunks: [(encoding: UInt8, data: [UInt8])] = []
        while !reader.isAtEnd {
            let length = Int(try reader.readVarint())
            let encoding = try reader.readByte()
            let data = try reader.readBytes(length)
            chunks.append((encoding, data.withUnsafeBytes { Array($0) }))
            try reader.skip(4)
        }
        return chunks
    }
}

/// The bytes of an integer, the most significant first.
func bigEndian<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
}
