import ApusModel
import ApusPromQL
import ApusRegex

extension ReferenceEvaluator {
    /// `label_replace` and `label_join`.
    func relabelled(_ node: FunctionCall, at time: Int64) throws(ReferenceError) -> [ReferenceElement] {
        let elements = try vector(node.arguments[0], at: time)
        var texts: [String] = []
        for argument in node.arguments.dropFirst() { texts.append(try string(argument)) }
        let target = texts[0]
        guard !target.isEmpty else {
            throw .execution("invalid destination label name in \(node.function.rawValue)(): \(target)")
        }
        var expression: RegularExpression?
        if node.function == .labelReplace {
            do {
                expression = try RegularExpression(texts[3])
            } catch {
                throw .execution("invalid regular expression in label_replace(): \(texts[3])")
            }
        }
        var seen: Set<LabelSet> = []
        var result: [ReferenceElement] = []
        for element in elements {
            var changed = element
            var builder = LabelSetBuilder(element.labels)
            if let expression {
                if let value = expression.expand(texts[1], in: element.labels[texts[2]] ?? "") {
                    builder.set(target, to: value)
                    if target == LabelSet.metricName { changed.dropsName = false }
                }
            } else {
                let values = texts.dropFirst(2).map { element.labels[$0] ?? "" }
                builder.set(target, to: values.joined(separator: texts[1]))
                if target == LabelSet.metricName { changed.dropsName = false }
            }
            changed.labels = builder.labelSet()
            guard seen.insert(changed.labels).inserted else { throw Self.sameLabels }
            result.append(changed)
        }
        return result
    }

    // MARK: info

    /// `info`: the labels of the info series of the same job and instance.
    func informed(_ node: FunctionCall, at time: Int64) throws(ReferenceError) -> [ReferenceElement] {
        let base = try vector(node.arguments[0], at: time)
        var matchers: [Matcher] = []
        if node.arguments.count > 1, case .vectorSelector(let selector) = node.arguments[1].withoutParentheses {
            matchers = selector.matchers
        }
        var names = matchers.filter { $0.name == LabelSet.metricName }
        let data = matchers.filter { $0.name != LabelSet.metricName }
        let hasPositive = names.contains { $0.operation == .equal || $0.operation == .matchesPattern }
        if names.isEmpty {
            names = [Matcher(LabelSet.metricName, .equal, "target_info")]
        } else if !hasPositive {
            names.append(Matcher(LabelSet.metricName, .matchesPattern, ".+_info"))
        }
        let infoSeries = try currentPoints(
            VectorSelector(name: nil, matchers: names + data, range: node.range),
            at: try selectionTime(node.arguments[0], at: time) ?? time)
        var demanded: [String] = []
        for matcher in data where try !matches(matcher, "") { demanded.append(matcher.name) }

        let identifying = LabelNames(["instance", "job"])
        var result: [ReferenceElement] = []
        var seen: Set<LabelSet> = []
        for element in base {
            var isInfo = true
            for matcher in names where try !matches(matcher, element.labels.metricName ?? "") { isInfo = false }
            var informed = element
            if !isInfo {
                let identity = identifying.keeping(element.labels)
                let partners = infoSeries.filter { identifying.keeping($0.labels) == identity }
                guard let labels = try withInfoLabels(element.labels, partners, data, demanded) else { continue }
                informed.labels = labels
            }
            guard seen.insert(informed.labels).inserted else { throw Self.sameLabels }
            result.append(informed)
        }
        return result
    }

    /// The time at which an expression's first selector reads.
    private func selectionTime(_ expression: Expression, at time: Int64) throws(ReferenceError) -> Int64? {
        switch expression {
        case .vectorSelector(let selector): return try referenceTime(selector.anchor, selector.offset, at: time)
        case .subquery(let node):
            return try selectionTime(node.inner, at: try referenceTime(node.anchor, node.offset, at: time))
        default:
            for child in expression.children {
                if let found = try selectionTime(child, at: time) { return found }
            }
            return nil
        }
    }

    private func matches(_ matcher: Matcher, _ value: String) throws(ReferenceError) -> Bool {
        do {
            return try CompiledMatcher(matcher).matches(Array(value.utf8).span)
        } catch {
            throw .execution("\(error)")
        }
    }

    /// The labels of a series with those of its info series; `nil` when a demanded one is missing.
    private func withInfoLabels(
        _ labels: LabelSet, _ partners: [(labels: LabelSet, point: ReferencePoint)], _ data: [Matcher],
        _ demanded: [String]
    ) throws(ReferenceError) -> LabelSet? {
        if partners.contains(where: { $0.point.sample.histogram != nil }) {
            throw .execution("this should be an info metric, with float samples")
        }
        var youngest: [String: (labels: LabelSet, point: ReferencePoint)] = [:]
        for partner in partners {
            let name = partner.labels.metricName ?? ""
            guard let other = youngest[name], other.point.time >= partner.point.time else {
                youngest[name] = partner
                continue
            }
            if other.point.time == partner.point.time {
                throw .execution("found duplicate series for info metric")
            }
        }
        if youngest.isEmpty { return demanded.isEmpty ? labels : nil }
        let wanted = Set(data.map(\.name))
        var builder = LabelSetBuilder(labels)
        var added: [String: String] = [:]
        for (_, partner) in youngest {
            for label in partner.labels.labels {
                if label.name == LabelSet.metricName || labels[label.name] != nil { continue }
                if !wanted.isEmpty && !wanted.contains(label.name) { continue }
                if let other = added.updateValue(label.value, forKey: label.name), other != label.value {
                    throw .execution("conflicting label: \(label.name)")
                }
                builder.set(label.name, to: label.value)
            }
        }
        return builder.labelSet()
    }
}
