import ApusModel
import ApusRegex

/// Checks that the parts of a tree fit together, in the order in which Prometheus does.
struct TypeChecker {
    let text: [UInt8]

    /// Checks an expression and everything in it.
    func check(_ expression: Expression) throws(ParseError) {
        switch expression {
        case .number, .string: break
        case .vectorSelector(let node): try checkSelector(node)
        case .matrixSelector(let node): try checkSelector(node.selector)
        case .parenthesised(let node): try check(node.inner)
        case .subquery(let node):
            try check(node.inner)
            guard node.inner.valueType == .instantVector else {
                throw failure(
                    "subquery is only allowed on instant vector, got \(node.inner.valueType.documentedName) instead",
                    at: node.range)
            }
        case .unary(let node):
            try check(node.operand)
            let type = node.operand.valueType
            guard type == .scalar || type == .instantVector else {
                throw failure(
                    "unary expression only allowed on expressions of type scalar or instant vector, "
                        + "got \(QuotedText.quoted(type.rawValue))", at: node.range)
            }
        case .binary(let node): try checkBinary(node)
        case .aggregation(let node):
            try expect(.instantVector, node.operand, in: "aggregation expression")
            if let parameter = node.parameter, let type = node.operation.parameterType {
                try expect(type, parameter, in: "aggregation parameter")
            }
        case .call(let node): try checkCall(node)
        }
    }

    private func checkSelector(_ selector: VectorSelector) throws(ParseError) {
        if selector.name != nil { return }
        for matcher in selector.matchers {
            do {
                if try !CompiledMatcher(matcher).matchesEmpty { return }
            } catch {
                throw failure("\(error)", at: selector.range)
            }
        }
        throw failure("vector selector must contain at least one non-empty matcher", at: selector.range)
    }

    private func checkBinary(_ node: BinaryExpression) throws(ParseError) {
        try check(node.left)
        try check(node.right)
        let left = node.left.valueType
        let right = node.right.valueType
        let operation = node.operation
        if node.returnsBool, !operation.isComparison {
            throw failure("bool modifier can only be used on comparison operators", at: node.operatorRange)
        }
        if operation.isComparison, !node.returnsBool, left == .scalar, right == .scalar {
            throw failure("comparisons between scalars must use BOOL modifier", at: node.operatorRange)
        }
        if let matching = node.matching, matching.isOn {
            for label in matching.labels where matching.included.contains(label) {
                throw failure(
                    "label \(QuotedText.quoted(label)) must not occur in ON and GROUP clause at once",
                    at: node.operatorRange)
            }
        }
        for side in [node.left, node.right] where side.valueType != .scalar && side.valueType != .instantVector {
            throw failure("binary expression must contain only scalar and instant vector types", at: side.range)
        }
        let hasFill = node.matching.map { $0.fillLeft != nil || $0.fillRight != nil } ?? false
        let name = QuotedText.quoted(operation.rawValue)
        if left != .instantVector || right != .instantVector {
            if let matching = node.matching, !matching.labels.isEmpty {
                throw failure("vector matching only allowed between instant vectors", at: node.range)
            }
            if hasFill {
                throw failure("filling in missing series only allowed between instant vectors", at: node.range)
            }
            if operation.isSet {
                throw failure("set operator \(name) not allowed in binary scalar expression", at: node.range)
            }
        } else if operation.isSet {
            if node.matching?.cardinality != .manyToMany {
                throw failure("no grouping allowed for \(name) operation", at: node.range)
            }
            if hasFill { throw failure("filling in missing series not allowed for set operators", at: node.range) }
        }
    }

    private func checkCall(_ node: FunctionCall) throws(ParseError) {
        let signature = node.function.signature
        let name = QuotedText.quoted(node.function.rawValue)
        let count = node.arguments.count
        if signature.repetition == .once, count != signature.minimumCount {
            throw failure(
                "expected \(signature.minimumCount) argument(s) in call to \(name), got \(count)", at: node.range)
        }
        if count < signature.minimumCount {
            throw failure(
                "expected at least \(signature.minimumCount) argument(s) in call to \(name), got \(count)",
                at: node.range)
        }
        if let maximum = signature.maximumCount, count > maximum {
            throw failure("expected at most \(maximum) argument(s) in call to \(name), got \(count)", at: node.range)
        }
        for (index, argument) in node.arguments.enumerated() {
            // The second argument of `info` only selects labels, so that it may match everything.
            if node.function == .info, index == 1 {
                try checkLabelSelector(argument)
            } else {
                try expect(signature.argumentType(at: index), argument, in: "call to function \(name)")
            }
        }
    }

    private func checkLabelSelector(_ argument: Expression) throws(ParseError) {
        guard argument.valueType == .instantVector else {
            throw failure(
                "expected type instant vector in call to function \"info\", got \(argument.valueType.rawValue)",
                at: argument.range)
        }
        guard case .vectorSelector(let selector) = argument else {
            throw failure("expected label selectors only", at: argument.range)
        }
        guard selector.name == nil else {
            throw failure("expected label selectors only, got vector selector instead", at: argument.range)
        }
    }

    private func expect(_ type: ValueType, _ expression: Expression, in context: String) throws(ParseError) {
        try check(expression)
        let actual = expression.valueType
        guard actual == type else {
            throw failure(
                "expected type \(type.rawValue) in \(context), got \(actual.rawValue)", at: expression.range)
        }
    }

    private func failure(_ message: String, at range: SourceRange) -> ParseError {
        ParseError(message, at: range, in: text)
    }
}
