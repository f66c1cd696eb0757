import ApusBytes
import ApusModel

/// The type of a family, as `io.prometheus.client.MetricType` numbers it.
enum FamilyType: UInt64 {
    case counter = 0
    case gauge = 1
    case summary = 2
    case untyped = 3
    case histogram = 4
    case gaugeHistogram = 5

    /// What metadata calls it.
    var metricType: MetricType {
        switch self {
        case .counter: .counter
        case .gauge: .gauge
        case .summary: .summary
        case .untyped: .unknown
        case .histogram: .histogram
        case .gaugeHistogram: .gaugeHistogram
        }
    }

    /// The type in which protocol buffers carry a family.
    init(_ type: MetricType) {
        self =
            switch type {
            case .counter: .counter
            case .gauge, .info, .stateSet: .gauge
            case .summary: .summary
            case .histogram: .histogram
            case .gaugeHistogram: .gaugeHistogram
            case .unknown: .untyped
            }
    }
}

/// Where the parts of an `io.prometheus.client.MetricFamily` lie; keeps its memory from family to family.
///
/// Source: `io/prometheus/client/metrics.proto`.
struct FamilyMessage {
    private(set) var name = 0..<0
    private(set) var help = 0..<0
    private(set) var unit = 0..<0
    private(set) var type = FamilyType.counter
    private(set) var metrics: [Range<Int>] = []

    mutating func read(_ bytes: Span<UInt8>, in range: Range<Int>) throws(ProtobufError) {
        name = range.lowerBound..<range.lowerBound
        help = name
        unit = name
        type = .counter
        metrics.removeAll(keepingCapacity: true)
        var reader = ProtobufReader(bytes, in: range)
        while let tag = try reader.readTag() {
            switch tag.field {
            case 1: name = try reader.readRange(tag)
            case 2: help = try reader.readRange(tag)
            case 3: type = FamilyType(rawValue: try reader.readUnsigned(tag)) ?? .untyped
            case 4: metrics.append(try reader.readRange(tag))
            case 5: unit = try reader.readRange(tag)
            default: try reader.skip(tag)
            }
        }
    }
}

/// Metadata of a protocol buffer in the form in which the reader remembers lines: kind, name behind its length, content.
enum FamilyText {
    static func write(
        _ kind: LineKind, family: Span<UInt8>, content: Span<UInt8>, to writer: inout ByteWriter
    ) {
        writer.bytes.removeAll(keepingCapacity: true)
        writer.append(kind.rawValue)
        writer.appendLengthPrefixed(family)
        writer.append(content)
    }

    /// Takes what a line says into the metadata of its family.
    static func read(_ text: Span<UInt8>, _ kind: LineKind, into metadata: inout MetricMetadata) {
        var reader = ByteReader(text)
        // Made by `write`, so it reads.
        guard (try? reader.skip(1)) != nil, (try? reader.readLengthPrefixed()) != nil else { return }
        let content = String(copying: text.extracting(reader.offset..<text.count))
        switch kind {
        case .type: metadata.type = MetricType(rawValue: content) ?? .unknown
        case .help: metadata.help = content
        case .unit: metadata.unit = content
        case .series: break
        }
    }
}
