import ApusBytes
import ApusModel
import ApusPromQL

extension ReferenceEvaluator {
    /// The elements that an aggregation gives.
    func value(of node: Aggregation, at time: Int64) throws(ReferenceError) -> [ReferenceElement] {
        let elements = try vector(node.operand, at: time)
        var parameter = 0.0
        var label = ""
        switch node.parameter?.valueType {
        case .scalar:
            if let expression = node.parameter { parameter = try scalar(expression, at: time) }
        case .string:
            if let expression = node.parameter { label = try string(expression) }
        default: break
        }
        try check(node, parameter: parameter)

        var order: [LabelSet] = []
        var groups: [LabelSet: [ReferenceElement]] = [:]
        for element in elements {
            let key = groupLabels(element.labels, node.grouping)
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(element)
        }
        if node.operation == .countValues { return countedValues(elements, node.grouping, label) }
        var result: [ReferenceElement] = []
        for key in order {
            let members = groups[key] ?? []
            switch node.operation {
            case .topk, .bottomk, .limitk, .limitRatio:
                result += chosen(node, members, parameter)
            default:
                if let sample = combined(node, members, parameter) {
                    result.append(ReferenceElement(labels: key, sample: sample))
                }
            }
        }
        return result
    }

    private func groupLabels(_ labels: LabelSet, _ grouping: Grouping) -> LabelSet {
        grouping.isWithout
            ? LabelNames(grouping.labels + metadataNames).dropping(labels)
            : LabelNames(grouping.labels).keeping(labels)
    }

    private func check(_ node: Aggregation, parameter: Double) throws(ReferenceError) {
        switch node.operation {
        case .topk, .bottomk, .limitk:
            if parameter.isNaN { throw .execution("Parameter value is NaN") }
            if parameter < -0x1p63 || parameter >= 0x1p63 {
                throw .execution("Scalar value \(parameter) overflows int64")
            }
        case .limitRatio:
            if parameter.isNaN { throw .execution("Ratio value is NaN") }
            if parameter.magnitude > 1, let position = node.parameter?.range {
                warn(
                    "ratio value should be between -1 and 1, got \(NumberText.string(parameter, .general)), capping to "
                        + (parameter > 0 ? "1" : "-1"), at: position)
            }
        case .quantile:
            if parameter.isNaN || parameter < 0 || parameter > 1, let position = node.parameter?.range {
                warn(
                    "quantile value should be between 0 and 1, got \(NumberText.string(parameter, .general))",
                    at: position)
            }
        default: break
        }
    }

    /// The sample that a group becomes; `nil` when it is left out.
    private func combined(
        _ node: Aggregation, _ members: [ReferenceElement], _ parameter: Double
    ) -> ReferenceSample? {
        let floats = members.compactMap(\.sample.float)
        let histograms = members.compactMap(\.sample.histogram)
        switch node.operation {
        case .count: return .float(Double(members.count))
        case .group: return .float(1)
        case .sum, .avg:
            if histograms.isEmpty {
                return .float(
                    node.operation == .sum ? ReferenceArithmetic.sum(floats) : ReferenceArithmetic.mean(floats))
            }
            guard floats.isEmpty else {
                // Behind a float histograms are not looked at any more; before it they are added up as far as they fit.
                if members[0].sample.float == nil, Set(histograms.map(\.isCustom)).count > 1 {
                    warnOfMixedSchemas(members[0].labels, at: node.operand.range)
                }
                warn("encountered a mix of histograms and floats for aggregation", at: node.operand.range)
                return nil
            }
            return combined(
                histograms, isMean: node.operation == .avg, metric: members[0].labels, at: node.operand.range
            ).map { .histogram($0) }
        default: break
        }
        if !histograms.isEmpty {
            inform("ignored histogram in \(node.operation.rawValue) aggregation", at: node.operand.range)
        }
        guard !floats.isEmpty else { return nil }
        switch node.operation {
        case .min: return .float(floats.reduce(.nan) { $1 < $0 || $0.isNaN ? $1 : $0 })
        case .max: return .float(floats.reduce(.nan) { $1 > $0 || $0.isNaN ? $1 : $0 })
        case .stddev: return .float(variance(floats).squareRoot())
        case .stdvar: return .float(variance(floats))
        case .quantile: return .float(ReferenceArithmetic.quantile(parameter, floats))
        default: return nil
        }
    }

    /// The variance, which is noise where the values differ by no more than their rounding.
    private func variance(_ values: [Double]) -> Double {
        let result = ReferenceArithmetic.variance(values)
        let largest = values.reduce(0) { max($0, $1.magnitude) }
        if result > 0, result.squareRoot() < 1e-9 * largest { isAmbiguous = true }
        return result
    }

    private func warnOfMixedSchemas(_ metric: LabelSet, at position: SourceRange) {
        warn(
            "vector contains a mix of histograms with exponential and custom buckets schemas\(forMetric(metric))",
            at: position)
    }

    /// The sum or mean of histograms, with the remarks that belong to it; `nil` when they do not fit together.
    func combined(
        _ histograms: [ReferenceHistogram], isMean: Bool, metric: LabelSet, at position: SourceRange
    ) -> ReferenceHistogram? {
        if Set(histograms.map(\.isCustom)).count > 1 {
            warnOfMixedSchemas(metric, at: position)
            return nil
        }
        let hints = histograms.map(\.hint)
        if hints.contains(.reset) && hints.contains(.notReset) {
            warn("conflicting counter resets during histogram aggregation", at: position)
        }
        var total = histograms[0]
        for histogram in histograms.dropFirst() {
            guard let sum = total.added(histogram, sign: 1) else { return nil }
            if sum.reconciledBounds {
                inform("mismatched custom buckets were reconciled during aggregation", at: position)
            }
            total = sum.histogram
        }
        return isMean
            ? ReferenceHistogram.mean(histograms, layout: total) : ReferenceHistogram.sum(histograms, layout: total)
    }

    private func countedValues(
        _ members: [ReferenceElement], _ grouping: Grouping, _ label: String
    ) -> [ReferenceElement] {
        var counts: [LabelSet: Double] = [:]
        for member in members {
            var builder = LabelSetBuilder(groupLabels(member.labels, grouping))
            switch member.sample {
            case .float(let value): builder.set(label, to: NumberText.string(value, .fixed))
            case .histogram(let histogram): builder.set(label, to: histogram.native.text)
            }
            counts[builder.labelSet(), default: 0] += 1
        }
        return counts.sorted { $0.key < $1.key }.map {
            ReferenceElement(labels: $0.key, sample: .float($0.value))
        }
    }

    /// The elements of a group that `topk` and its like choose.
    private func chosen(
        _ node: Aggregation, _ members: [ReferenceElement], _ parameter: Double
    ) -> [ReferenceElement] {
        switch node.operation {
        case .limitRatio:
            let ratio = min(max(parameter, -1), 1)
            return members.filter { member in
                let share = ReferenceLabelHash.share(member.labels)
                return ratio >= 0 ? share < ratio : share >= 1 + ratio
            }
        case .limitk:
            let count = max(0, Int(parameter))
            if count > 0 && count < members.count, case .vectorSelector = node.operand.withoutParentheses {
            } else if count > 0 && count < members.count {
                isAmbiguous = true
            }
            return Array(members.prefix(count))
        default: break
        }
        if parameter >= 1, members.contains(where: { $0.sample.histogram != nil }) {
            inform("ignored histogram in \(node.operation.rawValue) aggregation", at: node.range)
        }
        let floats = members.compactMap { member in member.sample.float.map { (element: member, value: $0) } }
        let isTop = node.operation == .topk
        let sorted = floats.enumerated().sorted { a, b in
            let (x, y) = (a.element.value, b.element.value)
            if x.isNaN || y.isNaN || x == y { return x.isNaN == y.isNaN ? a.offset < b.offset : y.isNaN }
            return isTop ? x > y : x < y
        }.map(\.element)
        let count = max(0, Int(max(-1, min(parameter, 1e9))))
        if count > 0, count < sorted.count {
            let (inside, outside) = (sorted[count - 1].value, sorted[count].value)
            if inside == outside || (inside.isNaN && outside.isNaN) { isAmbiguous = true }
        }
        return sorted.prefix(count).map(\.element)
    }
}
