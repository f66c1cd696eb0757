import ApusModel

/// The labels of containers as they stand in series, made anew only when a container changed.
struct ContainerLabels {
    /// The part before a container's own labels, as cAdvisor has it.
    static let prefix = "container_label_"

    private struct Key: Equatable {
        let path: String
        let revision: UInt64
    }

    private let settings: ContainerSettings
    /// The directory's number of what the rest was made of.
    private var generation: UInt64?
    /// All names that some container has, with prefix, sorted.
    private var names: [String] = []
    private var texts: [String: (key: Key, text: [UInt8])] = [:]

    init(settings: ContainerSettings) {
        self.settings = settings
    }

    /// Takes note of which containers there are.
    mutating func begin(_ snapshot: ContainerDirectory.Snapshot) {
        guard snapshot.generation != generation else { return }
        generation = snapshot.generation
        var all: Set<String> = []
        for entry in snapshot.entries {
            for label in entry.facts.labels where isTold(label.name) { all.insert(Self.sanitized(label.name)) }
        }
        let wanted = Array(all.sorted().prefix(max(0, settings.maximumLabelNames)))
        // With other names everybody's labels are others, and with other containers some texts are of no use.
        if wanted != names || texts.count > 2 * snapshot.entries.count { texts.removeAll() }
        names = wanted
    }

    /// The labels of a container: `id`, and what its engine knows.
    ///
    /// - Parameter path: the path of its control group.
    mutating func text(of entry: ContainerDirectory.Entry, path: String) -> [UInt8] {
        let key = Key(path: path, revision: entry.revision)
        if let known = texts[entry.facts.id], known.key == key { return known.text }
        let text = makeText(of: entry.facts, path: path)
        texts[entry.facts.id] = (key, text)
        return text
    }

    /// The labels of a control group of which no engine tells, or of the machine.
    static func text(ofGroup path: String) -> [UInt8] {
        LabelText.make(["id": path, "image": "", "name": ""])
    }

    private func makeText(of facts: ContainerFacts, path: String) -> [UInt8] {
        var values: [String: String] = [:]
        for label in facts.labels where isTold(label.name) {
            let name = Self.sanitized(label.name)
            // Of two labels that become the same name the first counts.
            if values[name] == nil { values[name] = label.value }
        }
        var text: [UInt8] = []
        for name in names {
            guard let value = values[name] ?? (settings.writesEmptyLabels ? "" : nil) else { continue }
            LabelText.append(name, cut(value), to: &text)
        }
        LabelText.append("id", path, to: &text)
        LabelText.append("image", facts.image, to: &text)
        LabelText.append("name", facts.name, to: &text)
        LabelText.append(ContainerIdentity { facts[$0] }, to: &text)
        return text
    }

    private func isTold(_ name: String) -> Bool {
        !settings.deniedLabels.contains(name)
            && (settings.allowedLabels.isEmpty || settings.allowedLabels.contains(name))
    }

    private func cut(_ value: String) -> String {
        guard value.utf8.count > settings.maximumLabelValue else { return value }
        var end = value.utf8.index(value.startIndex, offsetBy: max(0, settings.maximumLabelValue))
        // Not within a character's bytes.
        while end > value.startIndex, String.Index(end, within: value.unicodeScalars) == nil {
            end = value.utf8.index(before: end)
        }
        return String(value[..<end])
    }

    /// The name of a label in a series: what is neither letter, digit nor underscore becomes an underscore.
    static func sanitized(_ name: String) -> String {
        prefix + String(decoding: name.unicodeScalars.map(allowed), as: UTF8.self)
    }

    private static func allowed(_ scalar: Unicode.Scalar) -> UInt8 {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": UInt8(ascii: scalar)
        default: UInt8(ascii: "_")
        }
    }
}

extension LabelText {
    /// Appends who a container is across its lives; nothing for one that belongs to no project or service.
    static func append(_ identity: ContainerIdentity, to text: inout [UInt8]) {
        for (name, value) in [
            ("project", identity.project), ("replica", identity.replica), ("service", identity.service),
        ] where !value.isEmpty {
            append(name, value, to: &text)
        }
    }
}
