import ApusClient

/// The kinds of instruments that swift-metrics has.
enum InstrumentKind: Hashable {
    case counter
    case floatingPointCounter
    case meter
    case recorder
    case gauge
    case timer
}

/// What an instrument is called, as the library that made it says and as it is exposed.
struct InstrumentIdentity: Sendable {
    let kind: InstrumentKind
    let label: String
    let dimensions: [(String, String)]
    /// The name of the family.
    let name: String
    /// The labels, whose names are unique and allowed.
    let labels: [(name: String, value: String)]

    init(kind: InstrumentKind, label: String, dimensions: [(String, String)], options: MetricsBackendOptions) {
        self.kind = kind
        self.label = label
        self.dimensions = dimensions
        var name = options.replacesCharacters ? Self.underscored(label, allowsColon: true) : label
        if name.isEmpty { name = "_" }
        if options.addsSuffixes {
            let suffix: String? =
                switch kind {
                case .counter, .floatingPointCounter: "_total"
                case .timer: "_seconds"
                case .meter, .recorder, .gauge: nil
                }
            if let suffix, !name.hasSuffix(suffix) { name += suffix }
        }
        self.name = name
        var labels: [(name: String, value: String)] = []
        for (dimension, value) in dimensions {
            let name = Self.labelName(dimension, kind, options)
            // Of two dimensions with one name the later counts.
            labels.removeAll { $0.name == name }
            labels.append((name, value))
        }
        self.labels = labels
    }

    /// The descriptor of the family.
    func descriptor(_ kind: MetricDescriptor.Kind) -> MetricDescriptor {
        MetricDescriptor(kind, name, help: "Measured as \(label).")
    }

    /// A label name that is allowed: reserved ones are told apart as a scrape does it.
    private static func labelName(_ name: String, _ kind: InstrumentKind, _ options: MetricsBackendOptions) -> String {
        let name = options.replacesCharacters || name.utf8.contains(0) ? underscored(name, allowsColon: false) : name
        let isHistogram = kind == .timer || kind == .recorder
        if name.isEmpty { return "_" }
        return name.hasPrefix("__") || (isHistogram && name == "le") ? "exported_\(name)" : name
    }

    private static func underscored(_ text: String, allowsColon: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": result.unicodeScalars.append(scalar)
            case "0"..."9" where !result.isEmpty: result.unicodeScalars.append(scalar)
            case ":" where allowsColon: result.unicodeScalars.append(scalar)
            default: result += "_"
            }
        }
        return result
    }
}
