import ApusBytes

/// Changes a label set label by label, then gives the new set.
///
/// Meant for relabelling, target labels and PromQL label functions: some tens of labels, each a string.
package struct LabelSetBuilder: Sendable {
    /// Sorted by name; values are never empty.
    private var labels: [Label]

    /// A builder that starts from `base`.
    package init(_ base: LabelSet = .empty) {
        labels = base.labels
    }

    /// The labels as they are now, sorted by name.
    package var currentLabels: [Label] { labels }

    /// The value of a label, or `nil` when it is absent.
    package subscript(_ name: String) -> String? {
        let (index, isPresent) = position(of: name)
        return isPresent ? labels[index].value : nil
    }

    /// Sets a label; an empty value removes it.
    package mutating func set(_ name: String, to value: String) {
        let (index, isPresent) = position(of: name)
        switch (isPresent, value.isEmpty) {
        case (true, true): labels.remove(at: index)
        case (true, false): labels[index].value = value
        case (false, true): break
        case (false, false): labels.insert(Label(name: name, value: value), at: index)
        }
    }

    /// Removes a label, if it is there.
    package mutating func remove(_ name: String) {
        let (index, isPresent) = position(of: name)
        if isPresent { labels.remove(at: index) }
    }

    /// Keeps the labels for which `isKept` says so.
    package mutating func filter(_ isKept: (Label) -> Bool) {
        labels.removeAll { !isKept($0) }
    }

    /// The set of the labels as they are now.
    package func labelSet() -> LabelSet {
        var writer = ByteWriter(capacity: labels.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 2 })
        for label in labels {
            writer.appendVarint(UInt64(label.name.utf8.count))
            writer.append(label.name)
            writer.appendVarint(UInt64(label.value.utf8.count))
            writer.append(label.value)
        }
        return LabelSet(uncheckedRun: writer.bytes)
    }

    private func position(of name: String) -> (index: Int, isPresent: Bool) {
        var low = 0
        var high = labels.count
        while low < high {
            let middle = (low + high) / 2
            if Self.isOrdered(labels[middle].name, before: name) { low = middle + 1 } else { high = middle }
        }
        return (low, low < labels.count && labels[low].name.utf8.elementsEqual(name.utf8))
    }

    /// By bytes: `String`'s own order and equality follow Unicode normalisation, which would merge distinct labels.
    private static func isOrdered(_ a: String, before b: String) -> Bool {
        a.utf8.lexicographicallyPrecedes(b.utf8)
    }
}
