import ApusExposition
import ApusModel

/// The samples of one exposition, gathered by family in the order in which families came up.
///
/// Labels are texts made beforehand, so that what does not change from scrape to scrape is made once. The writer of
/// `ApusExposition` is used directly and not through collectors of the client library: those take an array of strings
/// per sample and sort, which for the seven thousand samples of a hundred containers would cost more than reading the
/// files.
struct MetricSamples: Sendable {
    /// A family's place.
    typealias Place = Int

    private struct Sample {
        let labels: [UInt8]
        let extraLabel: [UInt8]
        let value: Double
    }

    private struct Family {
        let type: MetricType
        let name: String
        let help: String
        var samples: [Sample] = []
    }

    private var families: [Family] = []
    private var places: [String: Place] = [:]
    private(set) var count = 0

    init() {}

    /// The place of a family, which is made where it is new.
    mutating func family(_ type: MetricType, _ name: String, _ help: String) -> Place {
        if let place = places[name] { return place }
        families.append(Family(type: type, name: name, help: help))
        places[name] = families.count - 1
        return families.count - 1
    }

    /// Appends a sample of a family.
    ///
    /// - Parameters:
    ///   - labels: as `LabelText` makes them.
    ///   - extraLabel: one or more labels beside them, the same way.
    mutating func append(_ value: Double, _ labels: [UInt8] = [], extra extraLabel: [UInt8] = [], to place: Place) {
        families[place].samples.append(Sample(labels: labels, extraLabel: extraLabel, value: value))
        count += 1
    }

    /// Appends a sample where there is a value.
    mutating func append(_ value: UInt64?, _ labels: [UInt8] = [], extra extraLabel: [UInt8] = [], to place: Place) {
        if let value { append(Double(value), labels, extra: extraLabel, to: place) }
    }

    /// Appends a gauge.
    mutating func gauge(_ name: String, _ help: String, _ value: Double, _ labels: [UInt8] = []) {
        append(value, labels, to: family(.gauge, name, help))
    }

    /// Appends a counter.
    mutating func counter(_ name: String, _ help: String, _ value: Double, _ labels: [UInt8] = []) {
        append(value, labels, to: family(.counter, name, help))
    }

    /// The names of the families that have samples.
    var names: [String] { families.filter { !$0.samples.isEmpty }.map(\.name) }

    /// The exposition in the format that a scraper asks for.
    ///
    /// Only classic names occur, so of the ways to escape names two are enough: as they are, and with underscores.
    func page(accept: String?) -> ExporterPage {
        var mediaType = ExpositionMediaType.negotiated(accept: accept)
        if mediaType.escaping != .allowUTF8 { mediaType.escaping = .underscores }
        var capacity = 0
        for family in families {
            let length = family.name.utf8.count + 24
            for sample in family.samples { capacity += length + sample.labels.count + sample.extraLabel.count }
            capacity += 2 * length + family.help.utf8.count
        }
        var writer = ExpositionWriter(mediaType, capacity: capacity)
        for family in families where !family.samples.isEmpty {
            // OpenMetrics would add the ending to the names of counters that have none, and no dashboard would find
            // them.
            let isNamedAsCounter = mediaType.format != .openMetrics || family.name.hasSuffix("_total")
            let type = family.type == .counter && !isNamedAsCounter ? .unknown : family.type
            writer.beginFamily(family.name, type: type, help: family.help)
            for sample in family.samples {
                // Whole numbers keep their digits.
                if sample.value >= 0, sample.value < 0x1p53, sample.value == sample.value.rounded() {
                    writer.appendSample(
                        labels: sample.labels, extraLabel: sample.extraLabel, count: UInt64(sample.value))
                } else {
                    writer.appendSample(labels: sample.labels, extraLabel: sample.extraLabel, value: sample.value)
                }
            }
        }
        return ExporterPage(contentType: mediaType.contentType, body: writer.finish())
    }
}

/// Labels as they stand between the braces of a sample.
enum LabelText {
    /// The text of labels in the given order.
    static func make(_ labels: KeyValuePairs<String, String>) -> [UInt8] {
        var text: [UInt8] = []
        for (name, value) in labels { append(name, value, to: &text) }
        return text
    }

    /// Appends a label.
    static func append(_ name: String, _ value: String, to text: inout [UInt8]) {
        ExpositionText.appendLabel(name, value: value, escaping: .underscores, isFirst: text.isEmpty, to: &text)
    }
}
