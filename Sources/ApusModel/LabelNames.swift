package import ApusBytes

/// A set of label names, sorted, against which flat runs are projected (`by`, `without`, `on`, `ignoring`).
package struct LabelNames: Sendable, Hashable {
    /// The names, sorted by their bytes, each once.
    package let names: [String]
    /// The same names as bytes, so that projection walks two sorted runs side by side.
    private let encoded: [[UInt8]]

    /// The set of `names`, in any order.
    package init(_ names: some Sequence<String>) {
        var encoded = names.map { Array($0.utf8) }
        encoded.sort { compareBytes($0.span, $1.span) < 0 }
        var unique: [[UInt8]] = []
        for name in encoded where unique.last != name { unique.append(name) }
        self.encoded = unique
        self.names = unique.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether there is no name.
    package var isEmpty: Bool { encoded.isEmpty }

    /// Whether `name` is one of the names.
    package func contains(_ name: Span<UInt8>) -> Bool {
        for candidate in encoded where equalBytes(candidate.span, name) { return true }
        return false
    }

    /// Appends to `run` those labels of `labels` whose names are in this set.
    package func appendKept(of labels: Span<UInt8>, to run: inout ByteWriter) {
        appendProjection(of: labels, keepsMembers: true, to: &run)
    }

    /// Appends to `run` those labels of `labels` whose names are not in this set.
    package func appendDropped(of labels: Span<UInt8>, to run: inout ByteWriter) {
        appendProjection(of: labels, keepsMembers: false, to: &run)
    }

    /// The labels of `labels` whose names are in this set.
    package func keeping(_ labels: LabelSet) -> LabelSet {
        var writer = ByteWriter(capacity: labels.run.count)
        appendKept(of: labels.run.span, to: &writer)
        return LabelSet(uncheckedRun: writer.bytes)
    }

    /// The labels of `labels` whose names are not in this set.
    package func dropping(_ labels: LabelSet) -> LabelSet {
        var writer = ByteWriter(capacity: labels.run.count)
        appendDropped(of: labels.run.span, to: &writer)
        return LabelSet(uncheckedRun: writer.bytes)
    }

    /// Appends neighbouring labels that stay as one run: most sets are two or three runs.
    private func appendProjection(of labels: Span<UInt8>, keepsMembers: Bool, to run: inout ByteWriter) {
        let names = encoded.span
        var cursor = LabelCursor(labels)
        var index = 0
        var start = 0
        var end = 0
        while cursor.advance() {
            var order = -1
            while index < names.count {
                order = compareBytes(names[index].span, cursor.name)
                if order >= 0 { break }
                index &+= 1
            }
            let isMember = index < names.count && order == 0
            guard isMember == keepsMembers else { continue }
            let label = cursor.labelRange
            if label.lowerBound != end {
                if start < end { run.append(labels.extracting(start..<end)) }
                start = label.lowerBound
            }
            end = label.upperBound
        }
        if start < end { run.append(labels.extracting(start..<end)) }
    }
}
