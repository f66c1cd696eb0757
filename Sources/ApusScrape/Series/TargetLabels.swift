import ApusBytes
package import ApusModel

/// A target's labels, ready to be joined with those of each series that it exposes.
package struct TargetLabels: Sendable {
    /// The labels that every series of the target gets.
    package let labels: LabelSet
    /// Whether a label that the series brings itself is kept; otherwise it is renamed to `exported_…`.
    package let honorsExposedLabels: Bool

    /// The labels of one target.
    package init(_ labels: LabelSet, honorsExposedLabels: Bool) {
        self.labels = labels
        self.honorsExposedLabels = honorsExposedLabels
    }

    /// The labels of an exposed series with the target's.
    ///
    /// One merge of two sorted runs; only a label that both have and that must be renamed takes the slow way.
    package func joined(with exposed: LabelSet) -> LabelSet {
        var writer = ByteWriter(capacity: exposed.run.count + labels.run.count)
        var own = LabelCursor(labels.run.span)
        var theirs = LabelCursor(exposed.run.span)
        var hasOwn = own.advance()
        var hasTheirs = theirs.advance()
        while hasOwn || hasTheirs {
            let order = !hasOwn ? 1 : !hasTheirs ? -1 : compareBytes(own.name, theirs.name)
            if order == 0 {
                if !honorsExposedLabels { return renamingJoin(with: exposed) }
                hasOwn = own.advance()
            } else if order < 0 {
                writer.appendLengthPrefixed(own.name)
                writer.appendLengthPrefixed(own.value)
                hasOwn = own.advance()
            } else {
                writer.appendLengthPrefixed(theirs.name)
                writer.appendLengthPrefixed(theirs.value)
                hasTheirs = theirs.advance()
            }
        }
        return LabelSet(uncheckedRun: writer.bytes)
    }

    /// The labels of a synthetic series (`up`, …): the target's labels always win.
    package func synthetic(_ name: String) -> LabelSet {
        var builder = LabelSetBuilder(labels)
        if let own = builder[LabelSet.metricName] { builder.set("exported_" + LabelSet.metricName, to: own) }
        builder.set(LabelSet.metricName, to: name)
        return builder.labelSet()
    }

    /// Renames every exposed label that the target has too: `exported_` is put before the name until it is free.
    ///
    /// Shorter names are renamed first. Source: Prometheus' `resolveConflictingExposedLabels`.
    private func renamingJoin(with exposed: LabelSet) -> LabelSet {
        var builder = LabelSetBuilder(exposed)
        var displaced: [Label] = []
        let own = labels.labels
        for label in own {
            if let value = builder[label.name] { displaced.append(Label(name: label.name, value: value)) }
            builder.set(label.name, to: label.value)
        }
        displaced.sort { $0.name.utf8.count < $1.name.utf8.count }
        let exposedLabels = LabelSetBuilder(exposed)
        for label in displaced {
            var name = label.name
            repeat { name = "exported_" + name } while exposedLabels[name] != nil || builder[name] != nil
            builder.set(name, to: label.value)
        }
        return builder.labelSet()
    }
}
