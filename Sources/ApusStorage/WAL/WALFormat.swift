import ApusBytes

/// The constants of the log's files; the form is `docs/formats/wal.md`.
enum WALFormat {
    static let magic: StaticString = "APUSWAL\0"
    static let version: UInt32 = 1
    static let headerLength = NumberedHeader.length
    static let marker: UInt32 = 0x52A9_5741
    /// Marker, length and checksum.
    static let recordHeaderLength = 12
    static let maximumBodyLength = 1 << 28
    /// So many samples at their longest stay below the greatest length of a body.
    static let maximumSamplesPerRecord = 4_000_000
    /// So many histograms at their longest stay below it.
    static let maximumHistogramsPerRecord = 128
    /// So many exemplars at their longest stay below it.
    static let maximumExemplarsPerRecord = 100_000
    /// The length before each part of a batch.
    static let partHeaderLength = 4
    /// Batches are split here: one more part fits the greatest length of a body.
    static let batchBodyLength = 1 << 24
    /// Series records are split here, so that readers need little memory.
    static let seriesBodyLength = 1 << 20

    /// The first byte of a record's body.
    enum RecordType: UInt8 {
        case series = 1
        case samples = 2
        case histograms = 3
        case exemplars = 4
        case batch = 5
        case lateSamples = 6
        case lateHistograms = 7
        case packedSamples = 8
    }

    /// The header of a segment or checkpoint.
    static func header(number: UInt64) -> [UInt8] {
        NumberedHeader(magic: magic, version: version, number: number).encoded()
    }

    /// The version that a header states, or `nil` when the header is damaged.
    static func version(ofHeader bytes: RawSpan) -> UInt32? {
        NumberedHeader.version(of: bytes, magic: magic)
    }

    static func segmentName(_ number: UInt64) -> String { FileNumber.name(number, ending: ".segment") }
    static func checkpointName(_ number: UInt64) -> String { FileNumber.name(number, ending: ".checkpoint") }

    /// The number in a file's name, when it ends in `ending`.
    static func number(of name: String, ending: String) -> UInt64? { FileNumber.number(of: name, ending: ending) }
}
