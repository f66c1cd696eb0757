import ApusBytes

/// The form of the head's checkpoints; `docs/formats/head.md`.
enum CheckpointFormat {
    static let magic: StaticString = "APUSHED\0"
    static let version: UInt32 = 1
    static let headerLength = NumberedHeader.length
    static let ending = ".checkpoint"
    /// The series of one record.
    static let seriesPerRecord = 256
    /// The symbols of one record.
    static let symbolsPerRecord = 4_096
    /// The exemplars of one record.
    static let exemplarsPerRecord = 1_024

    /// The first byte of a record's body; exemplars are as in the log.
    enum RecordType: UInt8 {
        case exemplars = 4
        case symbols = 16
        case series = 17
        case files = 18
        case end = 19
        case late = 20
    }

    static func name(_ number: UInt64) -> String { FileNumber.name(number, ending: ending) }

    /// The header of a checkpoint, whose number is that of the first segment of the log which it does not stand for.
    static func header(number: UInt64) -> [UInt8] {
        NumberedHeader(magic: magic, version: version, number: number).encoded()
    }
}
