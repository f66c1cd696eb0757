import ApusBytes
import ApusModel
import ApusPromQL

extension ReasonSearch {
    /// Why an operator gives nothing.
    func reasons(for node: BinaryExpression, on grid: StepGrid) throws(QueryError) -> [Reason] {
        if node.left.valueType == .scalar || node.right.valueType == .scalar {
            return try reasons(forScalarSide: node, on: grid)
        }
        let left = try Probe(vector: node.left, on: grid, context)
        let right = try Probe(vector: node.right, on: grid, context)
        var result: [Reason] = []
        if left.isEmpty { result += try reasons(for: node.left, on: grid) }
        // `unless` without a right side gives its left side, whatever it is.
        if right.isEmpty, node.operation != .unless { result += try reasons(for: node.right, on: grid) }
        if !result.isEmpty || left.isEmpty { return result }
        if node.operation == .unless {
            return [
                Reason(
                    .presentOnOtherSide,
                    "unless keeps elements without a partner on the right, and all \(Self.count(left.present)) on the left"
                        + " have one", at: position(of: node))
            ]
        }
        let key = MatchingKey(
            node.matching ?? VectorMatching(), metadataNames: context.evaluator.evaluation.metadataNames)
        let rightKeys = Set(right.examples.map(key.labels))
        if !left.examples.contains(where: { rightKeys.contains(key.labels(of: $0)) }) {
            return [noPartners(node, left, right, key)]
        }
        if node.operation.isComparison {
            return [
                Reason(
                    .comparisonFilteredAll,
                    "the comparison \(node.operation.rawValue) holds for no pair: \(Self.values(left)) on the left and"
                        + " \(Self.values(right)) on the right", at: position(of: node))
            ]
        }
        return [
            Reason(
                .noMatchingPartners,
                "elements on both sides belong together, but never have a value at the same time",
                at: position(of: node))
        ]
    }

    private func reasons(forScalarSide node: BinaryExpression, on grid: StepGrid) throws(QueryError) -> [Reason] {
        let isLeftScalar = node.left.valueType == .scalar
        let vector = isLeftScalar ? node.right : node.left
        let bound = isLeftScalar ? node.left : node.right
        let probe = try Probe(vector: vector, on: grid, context)
        if probe.isEmpty { return try reasons(for: vector, on: grid) }
        guard node.operation.isComparison else {
            return [
                Reason(
                    .aggregationOfNothing,
                    "\(node.operation.rawValue) gives nothing for the \(Self.count(probe.present)) beside the number",
                    at: position(of: node))
            ]
        }
        let values = try context.evaluator.scalar(bound, on: grid)
        let boundText =
            Set(values.map(\.bitPattern)).count == 1
            ? NumberText.string(values[0], .general) : query.source.shortText(bound.range)
        let condition =
            isLeftScalar ? "\(boundText) \(node.operation.rawValue)" : "\(node.operation.rawValue) \(boundText)"
        return [
            Reason(
                .comparisonFilteredAll,
                "the comparison \(condition) holds for none of the \(Self.values(probe))", at: position(of: node))
        ]
    }

    /// `12 series, whose values lie between 1 and 7`.
    private static func values(_ probe: Probe) -> String {
        let series = count(probe.present)
        guard let (lowest, highest) = probe.extremes else { return series }
        let low = NumberText.string(lowest, .general)
        if lowest == highest { return "\(series), whose values are all \(low)" }
        return "\(series), whose values lie between \(low) and \(NumberText.string(highest, .general))"
    }

    // MARK: Partners

    private func noPartners(
        _ node: BinaryExpression, _ left: Probe, _ right: Probe, _ key: MatchingKey
    ) -> Reason {
        let (leftExample, rightExample) = closest(left.examples, right.examples, key)
        let onlyLeft = names(leftExample).subtracting(names(rightExample)).sorted()
        let onlyRight = names(rightExample).subtracting(names(leftExample)).sorted()
        let different = names(leftExample).intersection(names(rightExample))
            .filter { leftExample[$0] != rightExample[$0] }.sorted()
        var parts: [String] = []
        if !different.isEmpty { parts.append("they differ in \(list(different))") }
        if !onlyLeft.isEmpty { parts.append("only the left has \(list(onlyLeft))") }
        if !onlyRight.isEmpty { parts.append("only the right has \(list(onlyRight))") }
        let difference = parts.isEmpty ? "" : ": \(parts.joined(separator: ", "))"
        return Reason(
            .noMatchingPartners,
            "no element on the left of \(node.operation.rawValue) has a partner on the right. What has to agree is, for"
                + " example, \(leftExample) on the left and \(rightExample) on the right\(difference)",
            at: position(of: node), suggestions: suggestions(node, left, right))
    }

    /// Of both sides the labels that have to agree, of the two elements that are most alike.
    private func closest(_ left: [LabelSet], _ right: [LabelSet], _ key: MatchingKey) -> (LabelSet, LabelSet) {
        let others = right.prefix(50).map(key.labels)
        var best: (left: LabelSet, right: LabelSet, agreeing: Int)?
        for element in left.prefix(50) {
            let labels = key.labels(of: element)
            for other in others {
                let agreeing = labels.labels.count { other[$0.name] == $0.value }
                if best.map({ agreeing > $0.agreeing }) ?? true { best = (labels, other, agreeing) }
            }
        }
        return best.map { ($0.left, $0.right) } ?? (.empty, .empty)
    }

    /// Modifiers under which some elements would have partners: the labels that both sides have and that agree.
    private func suggestions(_ node: BinaryExpression, _ left: Probe, _ right: Probe) -> [String] {
        guard let first = left.examples.first, let other = right.examples.first else { return [] }
        let common = names(first).intersection(names(other)).subtracting([LabelSet.metricName])
        // A label helps if some value of it occurs on both sides.
        let useful = common.filter { name in
            !Set(left.examples.compactMap { $0[name] }).isDisjoint(with: right.examples.compactMap { $0[name] })
        }
        guard !useful.isEmpty else { return [] }
        let kept = LabelNames(useful.sorted())
        let leftKeys = left.examples.map(kept.keeping)
        let rightKeys = right.examples.map(kept.keeping)
        guard !Set(leftKeys).isDisjoint(with: rightKeys) else { return [] }
        var result = "on (\(useful.sorted().joined(separator: ", ")))"
        if !node.operation.isSet {
            let isLeftUnique = Set(leftKeys).count == leftKeys.count
            let isRightUnique = Set(rightKeys).count == rightKeys.count
            if !isLeftUnique, !isRightUnique { return [] }
            if !isLeftUnique { result += " group_left ()" }
            if !isRightUnique { result += " group_right ()" }
        }
        return ["\(node.operation.rawValue) \(result)"]
    }

    private func names(_ labels: LabelSet) -> Set<String> { Set(labels.labels.map(\.name)) }

    private func list(_ names: [String]) -> String {
        let shown = names.prefix(6).map(QuotedText.quoted)
        return shown.joined(separator: ", ") + (names.count > 6 ? " and \(names.count - 6) more" : "")
    }

    /// Where an operator with its modifiers stands: between its operands.
    private func position(of node: BinaryExpression) -> SourceRange {
        let start = node.left.range.end
        return SourceRange(start: start, end: max(start, node.right.range.start))
    }
}
