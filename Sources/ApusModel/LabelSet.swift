import ApusBytes

/// A label set: unique names with non-empty values, sorted by name, held as one flat run of bytes.
///
/// The run is, for each label, a varint length and the bytes of the name, then the same for the value. One run means one
/// allocation, equality is one `memcmp` and hashing one pass; a set is never a dictionary or an array of strings.
/// An absent label and one with an empty value are the same thing, as in Prometheus.
package struct LabelSet: Sendable {
    /// The flat run; equal sets have equal runs.
    package let run: [UInt8]

    /// The set without labels.
    package static let empty = LabelSet(uncheckedRun: [])

    /// The name of the label that holds the metric's name.
    package static let metricName = "__name__"

    /// Takes a run that is known to be well-formed: sorted, unique, no empty values.
    ///
    /// A run from outside (disk, network) goes through `init(validating:)`.
    package init(uncheckedRun run: [UInt8]) {
        self.run = run
    }

    /// Takes a run from outside after checking its form.
    ///
    /// - Returns: `nil` when a length exceeds the run, names are not strictly ascending, a name or value is empty, or the
    ///   text is not UTF-8.
    package init?(validating run: [UInt8]) {
        guard Self.isWellFormed(run.span) else { return nil }
        self.run = run
    }

    /// Makes a set of labels in any order; the last of two with one name wins, empty values are left out.
    package init(_ labels: some Sequence<Label>) {
        var builder = LabelSetBuilder()
        for label in labels { builder.set(label.name, to: label.value) }
        self = builder.labelSet()
    }

    /// The labels in order of their names, as strings.
    package var labels: [Label] {
        var result: [Label] = []
        var cursor = LabelCursor(run.span)
        while cursor.advance() {
            result.append(Label(name: String(copying: cursor.name), value: String(copying: cursor.value)))
        }
        return result
    }

    /// The number of labels; linear in the length of the run.
    package var count: Int {
        var result = 0
        var cursor = LabelCursor(run.span)
        while cursor.advance() { result += 1 }
        return result
    }

    /// Whether there is no label.
    package var isEmpty: Bool { run.isEmpty }

    /// The value of a label, or `nil` when it is absent; linear in the number of labels.
    package subscript(_ name: String) -> String? {
        var wanted = name
        return wanted.withUTF8 { bytes in
            var cursor = LabelCursor(run.span)
            let name = unsafe bytes.span
            while cursor.advance() {
                let order = compareBytes(cursor.name, name)
                if order == 0 { return String(copying: cursor.value) }
                if order > 0 { return nil }
            }
            return nil
        }
    }

    /// The metric's name, or `nil` for a series without one.
    package var metricName: String? { self[Self.metricName] }

    /// Whether the metric's name ends with one of some texts; `false` without a name.
    package func metricNameEnds(withAny endings: [[UInt8]]) -> Bool {
        let wanted = Self.metricNameBytes
        var cursor = LabelCursor(run.span)
        while cursor.advance() {
            let order = compareBytes(cursor.name, wanted.span)
            if order > 0 { return false }
            if order < 0 { continue }
            let name = cursor.value
            return endings.contains { ending in
                ending.count <= name.count
                    && equalBytes(name.extracting((name.count - ending.count)..<name.count), ending.span)
            }
        }
        return false
    }

    private static let metricNameBytes = Array(metricName.utf8)

    private static func isWellFormed(_ run: Span<UInt8>) -> Bool {
        var reader = ByteReader(run)
        var previous: (start: Int, end: Int)?
        do {
            while !reader.isAtEnd {
                let nameField = reader.offset
                let nameLength = try reader.readCount(limit: reader.remaining)
                let nameStart = reader.offset
                try reader.skip(nameLength)
                let valueField = reader.offset
                let valueLength = try reader.readCount(limit: reader.remaining)
                let valueStart = reader.offset
                try reader.skip(valueLength)
                // Only the shortest form of a length is allowed, so that equal sets have equal runs.
                guard nameStart - nameField == ByteWriter.varintSize(UInt64(nameLength)),
                    valueStart - valueField == ByteWriter.varintSize(UInt64(valueLength)), nameLength > 0,
                    valueLength > 0
                else { return false }
                let name = run.extracting(nameStart..<(nameStart + nameLength))
                let value = run.extracting(valueStart..<(valueStart + valueLength))
                guard (try? UTF8Span(validating: name)) != nil, (try? UTF8Span(validating: value)) != nil else {
                    return false
                }
                if let previous, compareBytes(run.extracting(previous.start..<previous.end), name) >= 0 { return false }
                previous = (nameStart, nameStart + nameLength)
            }
            return true
        } catch {
            return false
        }
    }
}

extension LabelSet: Hashable {
    package static func == (a: LabelSet, b: LabelSet) -> Bool {
        equalBytes(a.run.span, b.run.span)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(SeededHash.perProcess.hash(run.span))
    }
}

extension LabelSet: Comparable {
    /// Orders label by label, name before value; of two sets with a common start the shorter comes first.
    ///
    /// This is the order of series in the peers' answers.
    package static func < (a: LabelSet, b: LabelSet) -> Bool {
        var left = LabelCursor(a.run.span)
        var right = LabelCursor(b.run.span)
        while true {
            let hasLeft = left.advance()
            let hasRight = right.advance()
            guard hasLeft, hasRight else { return !hasLeft && hasRight }
            let names = compareBytes(left.name, right.name)
            if names != 0 { return names < 0 }
            let values = compareBytes(left.value, right.value)
            if values != 0 { return values < 0 }
        }
    }
}

extension LabelSet: CustomStringConvertible {
    /// The set as a selector: `name{label="value", …}`.
    ///
    /// Names that are not plain identifiers are quoted, values are escaped as in PromQL.
    package var description: String {
        var name = ""
        var parts: [String] = []
        for label in labels {
            if label.name == Self.metricName, LabelName.isLegacyMetricName(label.value) {
                name = label.value
            } else if label.name == Self.metricName {
                parts.insert(QuotedText.quoted(label.value), at: 0)
            } else {
                let spelled = LabelName.isLegacyLabelName(label.name) ? label.name : QuotedText.quoted(label.name)
                parts.append("\(spelled)=\(QuotedText.quoted(label.value))")
            }
        }
        if parts.isEmpty && !name.isEmpty { return name }
        return "\(name){\(parts.joined(separator: ", "))}"
    }
}

/// One label as strings, for configuration, answers and messages; not for hot paths.
package struct Label: Hashable, Sendable {
    /// The label's name.
    package var name: String
    /// The label's value.
    package var value: String

    /// A label with the given name and value.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
