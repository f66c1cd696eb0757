import ApusModel
import ApusPromQL

extension ReferenceEvaluator {
    /// The value of an operator between two expressions.
    func value(of node: BinaryExpression, at time: Int64) throws(ReferenceError) -> ReferenceValue {
        let left = try value(of: node.left, at: time)
        let right = try value(of: node.right, at: time)
        switch (left, right) {
        case (.scalar(let a), .scalar(let b)):
            return .scalar(ReferenceArithmetic.binary(node.operation, a, b))
        case (.vector(let elements), .scalar(let number)):
            return .vector(withScalar(node, elements, number, isSwapped: false))
        case (.scalar(let number), .vector(let elements)):
            return .vector(withScalar(node, elements, number, isSwapped: true))
        case (.vector(let a), .vector(let b)):
            if node.operation.isSet { return .vector(combined(node, a, b)) }
            return .vector(try matched(node, a, b))
        default: throw .badData("operands of wrong types")
        }
    }

    /// What an operator gives for two samples; `nil` when the element is to be left out.
    private func result(_ node: BinaryExpression, _ a: ReferenceSample, _ b: ReferenceSample) -> ReferenceSample? {
        let operation = node.operation
        switch (a, b) {
        case (.float(let x), .float(let y)):
            if operation == .trimUpper || operation == .trimLower { break }
            let value = ReferenceArithmetic.binary(operation, x, y)
            if !operation.isComparison || node.returnsBool { return .float(value) }
            return value == 1 ? .float(x) : nil
        case (.histogram(let x), .histogram(let y)):
            switch operation {
            case .add, .subtract:
                guard let sum = x.added(y, sign: operation == .add ? 1 : -1) else {
                    warn(
                        "incompatible bucket layout encountered for binary operator \(operation.rawValue)",
                        at: node.range)
                    return nil
                }
                let name = operation == .add ? "addition" : "subtraction"
                if sum.hasHintConflict {
                    warn("conflicting counter resets during histogram \(name)", at: node.range)
                }
                if sum.reconciledBounds {
                    inform("mismatched custom buckets were reconciled during \(name)", at: node.range)
                }
                var result = sum.histogram
                if operation == .subtract { result.hint = .gauge }
                return .histogram(result)
            case .equal, .notEqual:
                let isKept = x.isSame(as: y) == (operation == .equal)
                if node.returnsBool { return .float(isKept ? 1 : 0) }
                return isKept ? a : nil
            default: break
            }
        case (.histogram(let x), .float(let y)):
            switch operation {
            case .multiply: return .histogram(x.multiplied(by: y))
            case .divide: return .histogram(x.divided(by: y))
            case .trimUpper: return .histogram(x.trimmed(at: y, keepsBelow: true))
            case .trimLower: return .histogram(x.trimmed(at: y, keepsBelow: false))
            default: break
            }
        case (.float(let x), .histogram(let y)):
            if operation == .multiply { return .histogram(y.multiplied(by: x)) }
        }
        func name(_ sample: ReferenceSample) -> String { sample.float == nil ? "histogram" : "float" }
        inform(
            "incompatible sample types encountered for binary operator \"\(operation.rawValue)\": "
                + "\(name(a)) \(operation.rawValue) \(name(b))", at: node.range)
        return nil
    }

    private func dropsName(_ node: BinaryExpression) -> Bool {
        node.returnsBool || !(node.operation.isComparison || isTrim(node))
    }

    private func isTrim(_ node: BinaryExpression) -> Bool {
        node.operation == .trimUpper || node.operation == .trimLower
    }

    private func withScalar(
        _ node: BinaryExpression, _ elements: [ReferenceElement], _ number: Double, isSwapped: Bool
    ) -> [ReferenceElement] {
        var kept: [ReferenceElement] = []
        for element in elements {
            let scalar = ReferenceSample.float(number)
            guard
                var sample = isSwapped
                    ? result(node, scalar, element.sample) : result(node, element.sample, scalar)
            else { continue }
            // A filter keeps the vector's value, on whichever side it stands.
            if isSwapped, node.operation.isComparison, !node.returnsBool { sample = element.sample }
            let dropsName = element.dropsName || dropsName(node)
            kept.append(ReferenceElement(labels: element.labels, dropsName: dropsName, sample: sample))
        }
        return kept
    }

    // MARK: Matching

    /// The labels by which elements belong together.
    private func matchGroup(_ labels: LabelSet, _ matching: VectorMatching) -> LabelSet {
        matching.isOn
            ? LabelNames(matching.labels).keeping(labels)
            : LabelNames(matching.labels + metadataNames).dropping(labels)
    }

    private func combined(
        _ node: BinaryExpression, _ left: [ReferenceElement], _ right: [ReferenceElement]
    ) -> [ReferenceElement] {
        let matching = node.matching ?? VectorMatching(cardinality: .manyToMany)
        let leftGroups = Set(left.map { matchGroup($0.labels, matching) })
        let rightGroups = Set(right.map { matchGroup($0.labels, matching) })
        switch node.operation {
        case .and: return left.filter { rightGroups.contains(matchGroup($0.labels, matching)) }
        case .unless: return left.filter { !rightGroups.contains(matchGroup($0.labels, matching)) }
        default: return left + right.filter { !leftGroups.contains(matchGroup($0.labels, matching)) }
        }
    }

    private func matched(
        _ node: BinaryExpression, _ left: [ReferenceElement], _ right: [ReferenceElement]
    ) throws(ReferenceError) -> [ReferenceElement] {
        let matching = node.matching ?? VectorMatching()
        let isOneToMany = matching.cardinality == .oneToMany
        let many = isOneToMany ? right : left
        let one = isOneToMany ? left : right
        // As in Prometheus, "left" is the side of the many, even with `group_right`.
        let fillMany = matching.fillLeft
        let fillOne = matching.fillRight
        if many.isEmpty && one.isEmpty { return [] }
        if many.isEmpty || one.isEmpty, fillMany == nil, fillOne == nil { return [] }

        var oneByGroup: [LabelSet: ReferenceElement] = [:]
        for element in one {
            let group = matchGroup(element.labels, matching)
            if let other = oneByGroup.updateValue(element, forKey: group) {
                let side = isOneToMany ? "left" : "right"
                throw .execution(
                    "found duplicate series for the match group \(group) on the \(side) hand-side of the operation: "
                        + "[\(element.labels), \(other.labels)]"
                        + ";many-to-many matching not allowed: matching labels must be unique on one side")
            }
        }
        var pairs: [(group: LabelSet, many: ReferenceElement, one: ReferenceElement)] = []
        var presentGroups: Set<LabelSet> = []
        for element in many {
            let group = matchGroup(element.labels, matching)
            presentGroups.insert(group)
            if let partner = oneByGroup[group] {
                pairs.append((group, element, partner))
            } else if let fillOne {
                pairs.append((group, element, ReferenceElement(labels: group, sample: .float(fillOne))))
            }
        }
        if let fillMany {
            for element in one {
                let group = matchGroup(element.labels, matching)
                guard !presentGroups.contains(group) else { continue }
                pairs.append((group, ReferenceElement(labels: group, sample: .float(fillMany)), element))
            }
        }

        var result: [ReferenceElement] = []
        var seen: Set<[LabelSet]> = []
        for pair in pairs {
            let (a, b) = isOneToMany ? (pair.one, pair.many) : (pair.many, pair.one)
            let sample = self.result(node, a.sample, b.sample)
            let labels = resultLabels(node, matching, many: pair.many.labels, one: pair.one.labels)
            let isOneToOne = matching.cardinality == .oneToOne
            // Two matches of a group are an error even when a filter leaves none of them.
            if !isOneToOne && sample == nil { continue }
            guard seen.insert(isOneToOne ? [pair.group] : [pair.group, labels]).inserted else {
                throw .execution(
                    isOneToOne
                        ? "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                        : "multiple matches for labels: grouping labels must ensure unique matches")
            }
            guard let sample else { continue }
            let dropsName = node.returnsBool || pair.many.dropsName
            result.append(ReferenceElement(labels: labels, dropsName: dropsName, sample: sample))
        }
        return result
    }

    private func resultLabels(
        _ node: BinaryExpression, _ matching: VectorMatching, many: LabelSet, one: LabelSet
    ) -> LabelSet {
        var labels = many
        if !node.operation.isComparison && !isTrim(node) { labels = withoutName(labels) }
        if matching.cardinality == .oneToOne {
            let names = LabelNames(matching.labels)
            labels = matching.isOn ? names.keeping(labels) : names.dropping(labels)
        }
        var builder = LabelSetBuilder(labels)
        for name in matching.included { builder.set(name, to: one[name] ?? "") }
        return builder.labelSet()
    }
}
