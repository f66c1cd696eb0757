import ApusExposition
import ApusModel

/// One sample of a body, for comparisons.
struct ReadSample: Hashable, CustomStringConvertible {
    var labels: LabelSet
    var bits: UInt64
    var timestamp: Int64?

    init(labels: LabelSet, value: Double, timestamp: Int64? = nil) {
        self.labels = labels
        bits = value.bitPattern
        self.timestamp = timestamp
    }

    var description: String {
        "\(labels) \(Double(bitPattern: bits))\(timestamp.map { " @\($0)" } ?? "")"
    }
}

/// What a body holds, in a form that can be compared whatever the reader knew before.
struct ReadBody: Equatable {
    var samples: [ReadSample] = []
    var exemplars: [Int: Exemplar] = [:]
}

/// Reads a body with a reader that may know the target already.
func read(
    _ body: [UInt8],
    as format: ExpositionFormat = .text,
    limits: ExpositionLimits = .none,
    with reader: inout ExpositionReader,
    into scraped: inout ScrapedBody
) throws(ExpositionError) -> ReadBody {
    try reader.read(body.span, format: format, limits: limits, into: &scraped)
    var result = ReadBody()
    for index in scraped.slots.indices {
        let timestamp = scraped.timestamps.isEmpty ? ScrapedBody.noTimestamp : scraped.timestamps[index]
        result.samples.append(
            ReadSample(
                labels: reader.labels(of: scraped.slots[index]), value: scraped.values[index],
                timestamp: timestamp == ScrapedBody.noTimestamp ? nil : timestamp))
    }
    for (position, exemplar) in scraped.exemplars { result.exemplars[position] = exemplar }
    return result
}

/// Reads a body with a reader that knows nothing.
func readFresh(
    _ body: [UInt8],
    as format: ExpositionFormat = .text,
    limits: ExpositionLimits = .none
) throws(ExpositionError) -> ReadBody {
    var reader = ExpositionReader()
    var scraped = ScrapedBody()
    return try read(body, as: format, limits: limits, with: &reader, into: &scraped)
}

/// Reads a text with a reader that knows nothing.
func readFresh(_ text: String, as format: ExpositionFormat = .text) throws(ExpositionError) -> ReadBody {
    try readFresh(Array(text.utf8), as: format)
}

/// A label set from names and values.
func labels(_ name: String, _ pairs: KeyValuePairs<String, String> = [:]) -> LabelSet {
    LabelSet([Label(name: "__name__", value: name)] + pairs.map { Label(name: $0.key, value: $0.value) })
}
