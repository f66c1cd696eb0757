import ApusBytes
import ApusModel

/// What a request says of a metric family, by the places of its texts in the request.
struct StagedMetadata {
    var type: MetricType
    var family: Range<Int>
    var help: Range<Int>
    var unit: Range<Int>

    /// The type with a number in the messages of both versions; one that is not known is unknown.
    ///
    /// Source: `prometheus.MetricMetadata.MetricType` and `io.prometheus.write.v2.Metadata.MetricType`.
    static func type(_ number: UInt64) -> MetricType {
        switch number {
        case 1: .counter
        case 2: .gauge
        case 3: .histogram
        case 4: .gaugeHistogram
        case 5: .summary
        case 6: .info
        case 7: .stateSet
        default: .unknown
        }
    }

    /// Whether it says nothing but that there is a family.
    var isEmpty: Bool { type == .unknown && help.isEmpty && unit.isEmpty }

    /// Metadata with the given parts.
    init(type: MetricType, family: Range<Int>, help: Range<Int>, unit: Range<Int>) {
        self.type = type
        self.family = family
        self.help = help
        self.unit = unit
    }

    /// Reads the message of version 1.0 in a part of a request.
    init(_ request: Span<UInt8>, in range: Range<Int>) throws(ProtobufError) {
        let none = range.lowerBound..<range.lowerBound
        self.init(type: .unknown, family: none, help: none, unit: none)
        var reader = ProtobufReader(request, in: range)
        while let tag = try reader.readTag() {
            switch tag.field {
            case 1: type = Self.type(try reader.readUnsigned(tag))
            case 2: family = try reader.readRange(tag)
            case 4: help = try reader.readRange(tag)
            case 5: unit = try reader.readRange(tag)
            default: try reader.skip(tag)
            }
        }
    }
}

/// What a series of a 2.0 request says of its metric, by numbers of symbols.
struct SymbolicMetadata: Equatable {
    var type: UInt64 = 0
    var help: UInt64 = 0
    var unit: UInt64 = 0

    /// Whether it says nothing: senders write it with every series.
    var isEmpty: Bool { self == SymbolicMetadata() }

    /// Says nothing.
    init() {}

    /// Reads the message in a part of a request.
    init(_ request: Span<UInt8>, in range: Range<Int>) throws(ProtobufError) {
        var reader = ProtobufReader(request, in: range)
        while let tag = try reader.readTag() {
            switch tag.field {
            case 1: type = try reader.readUnsigned(tag)
            case 3: help = try reader.readUnsigned(tag)
            case 4: unit = try reader.readUnsigned(tag)
            default: try reader.skip(tag)
            }
        }
    }
}
