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
        let heading: FamilyHeading
        var samples: [Sample] = []
    }

    private var families: [Family] = []
    private var places: [String: Place] = [:]
    /// The family that is asked for next where families are asked for in the order of the scrape before.
    private var expected: Place = 0
    private(set) var count = 0

    init() {}

    /// Removes all samples and keeps the families, so that the next scrape finds them where they are.
    mutating func removeSamples() {
        for place in families.indices {
            // Room for as many as there were, and not for as many as there ever were.
            let isUsed = families[place].samples.count >= families[place].samples.capacity / 4
            families[place].samples.removeAll(keepingCapacity: isUsed)
        }
        expected = 0
        count = 0
    }

    /// The place of a family, which is made where it is new.
    mutating func family(_ heading: FamilyHeading) -> Place {
        // Names that are the same text in memory, as from scrape to scrape, are compared without a look at their bytes.
        if expected < families.count, families[expected].heading.name == heading.name {
            defer { expected += 1 }
            return expected
        }
        if let place = places[heading.name] {
            expected = place + 1
            return place
        }
        families.append(Family(heading: heading))
        places[heading.name] = families.count - 1
        expected = families.count
        return families.count - 1
    }

    /// The place of a family, which is made where it is new.
    mutating func family(_ type: MetricType, _ name: String, _ help: String) -> Place {
        family(FamilyHeading(type, name, help))
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
    var names: [String] { families.filter { !$0.samples.isEmpty }.map(\.heading.name) }

    /// The exposition in the format that a scraper asks for.
    ///
    /// Only classic names occur, so of the ways to escape names two are enough: as they are, and with underscores.
    func page(accept: String?) -> ExporterPage {
        var mediaType = ExpositionMediaType.negotiated(accept: accept)
        if mediaType.escaping != .allowUTF8 { mediaType.escaping = .underscores }
        var capacity = 0
        for family in families {
            let length = family.heading.name.utf8.count + 24
            for sample in family.samples { capacity += length + sample.labels.count + sample.extraLabel.count }
            capacity += 2 * length + family.heading.help.utf8.count
        }
        var writer = ExpositionWriter(mediaType, capacity: capacity)
        for family in families where !family.samples.isEmpty {
            // OpenMetrics would add the ending to the names of counters that have none, and no dashboard would find
            // them.
            let heading = family.heading
            let isNamedAsCounter = mediaType.format != .openMetrics || heading.name.hasSuffix("_total")
            let type = heading.type == .counter && !isNamedAsCounter ? .unknown : heading.type
            writer.beginFamily(heading.name, type: type, help: heading.help)
            for sample in family.samples {
                // Whole numbers keep their digits.
                if sample.value >= 0, sample.value < 0x1p53, sample.value == sample.value.rounded() {
                    writer.appendSample(
                        labels: sample.labels.span, extraLabel: sample.extraLabel.span, count: UInt64(sample.value))
                } else {
                    writer.appendSample(
                        labels: sample.labels.span, extraLabel: sample.extraLabel.span, value: sample.value)
                }
            }
        }
        return ExporterPage(contentType: mediaType.contentType, body: writer.finish())
    }
}

/// What a family begins with.
struct FamilyHeading: Sendable {
    let type: MetricType
    let name: String
    let help: String

    init(_ type: MetricType, _ name: String, _ help: String) {
        self.type = type
        self.name = name
        self.help = help
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
