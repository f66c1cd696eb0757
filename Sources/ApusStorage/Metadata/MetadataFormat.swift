import ApusBytes
import ApusModel

/// The form of the file of metadata; `docs/formats/metadata.md`.
enum MetadataFormat {
    static let magic: StaticString = "APUSMET\0"
    static let version: UInt32 = 1
    static let headerLength = NumberedHeader.length
    static let fileName = "metadata"
    /// Records are split here.
    static let bodyLength = 1 << 20

    /// The first byte of a record's body.
    enum RecordType: UInt8 {
        case families = 1
    }

    /// The header of the file; the number is not used.
    static func header() -> [UInt8] { NumberedHeader(magic: magic, version: version, number: 0).encoded() }

    /// The number of a type in the file.
    static func number(of type: MetricType) -> UInt8 {
        switch type {
        case .unknown: 0
        case .counter: 1
        case .gauge: 2
        case .histogram: 3
        case .gaugeHistogram: 4
        case .summary: 5
        case .info: 6
        case .stateSet: 7
        }
    }

    /// The type with a number; one that this version does not know is unknown.
    static func type(_ number: UInt8) -> MetricType {
        MetricType.allCases.first { self.number(of: $0) == number } ?? .unknown
    }
}

/// Writes records of families.
struct MetadataRecordWriter {
    private(set) var bytes = ByteWriter()
    private var start: Int?

    /// Adds a family to the current record, or to a new one when that is full.
    mutating func append(_ family: String, _ metadata: MetricMetadata) {
        if let start, bytes.count - start >= MetadataFormat.bodyLength { finish() }
        if start == nil {
            start = bytes.count
            bytes.appendLittleEndian(WALFormat.marker)
            bytes.appendLittleEndian(UInt64(0))
            bytes.append(MetadataFormat.RecordType.families.rawValue)
        }
        append(family)
        bytes.append(MetadataFormat.number(of: metadata.type))
        append(metadata.help)
        append(metadata.unit)
    }

    /// Ends the current record.
    mutating func finish() {
        guard let start else { return }
        WALRecordWriter.close(&bytes, from: start)
        self.start = nil
    }

    private mutating func append(_ text: String) {
        let content = Array(text.utf8)
        bytes.appendLengthPrefixed(content.span)
    }
}

/// Reads the body of a record.
struct MetadataRecordReader {
    /// Calls `body` with each family of a record.
    ///
    /// - Returns: why the record cannot be used to its end; `nil` when it can.
    static func read(_ record: RawSpan, _ body: (String, MetricMetadata) -> Void) -> String? {
        var reader = ByteReader(record)
        do throws(ByteError) {
            let type = try reader.readByte()
            guard type == MetadataFormat.RecordType.families.rawValue else {
                return "record type \(type) is not one that this version knows"
            }
            while !reader.isAtEnd {
                let family = try text(&reader)
                let type = MetadataFormat.type(try reader.readByte())
                let help = try text(&reader)
                let unit = try text(&reader)
                body(family, MetricMetadata(type: type, help: help, unit: unit))
            }
            return nil
        } catch {
            return "malformed: \(error)"
        }
    }

    @_lifetime(reader: copy reader)
    private static func text(_ reader: inout ByteReader) throws(ByteError) -> String {
        String(copying: Span<UInt8>(_bytes: try reader.readLengthPrefixed()))
    }
}
