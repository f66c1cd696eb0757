import ApusBytes
import ApusModel
import ApusPromQL

/// The tree of an expression as JSON, for editors and tree views.
///
/// Source of fields and their order: `/api/v1/parse_query` of Prometheus. The parser bounds the depth of trees.
enum SyntaxTreeText {
    /// Appends a node with everything below it.
    static func append(_ expression: Expression, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        switch expression {
        case .number(let node):
            object.add("type", "numberLiteral", to: &bytes)
            object.add("val", NumberText.string(node.value, .fixed), to: &bytes)
        case .string(let node):
            object.add("type", "stringLiteral", to: &bytes)
            object.add("val", node.value, to: &bytes)
        case .vectorSelector(let node):
            add(node, window: nil, type: "vectorSelector", to: &object, &bytes)
        case .matrixSelector(let node):
            add(node.selector, window: node.window, type: "matrixSelector", to: &object, &bytes)
        case .subquery(let node):
            add("expr", node.inner, to: &object, &bytes)
            object.add("offset", integer: milliseconds(node.offset), to: &bytes)
            object.add("range", integer: milliseconds(node.window), to: &bytes)
            addBound(node.anchor, to: &object, &bytes)
            object.add("step", integer: milliseconds(node.step), to: &bytes)
            addTimestamp(node.anchor, to: &object, &bytes)
            object.add("type", "subquery", to: &bytes)
        case .unary(let node):
            add("expr", node.operand, to: &object, &bytes)
            object.add("op", node.operation.rawValue, to: &bytes)
            object.add("type", "unaryExpr", to: &bytes)
        case .binary(let node):
            add(node, to: &object, &bytes)
        case .aggregation(let node):
            add("expr", node.operand, to: &object, &bytes)
            add("grouping", node.grouping.labels, to: &object, &bytes)
            object.add("op", node.operation.rawValue, to: &bytes)
            add("param", node.parameter, to: &object, &bytes)
            object.add("type", "aggregation", to: &bytes)
            object.add("without", flag: node.grouping.isWithout, to: &bytes)
        case .call(let node):
            add(node, to: &object, &bytes)
        case .parenthesised(let node):
            add("expr", node.inner, to: &object, &bytes)
            object.add("type", "parenExpr", to: &bytes)
        }
        object.close(&bytes)
    }

    // MARK: Nodes

    private static func add(
        _ node: VectorSelector, window: DurationValue?, type: String, to object: inout JSONObject,
        _ bytes: inout [UInt8]
    ) {
        object.add("anchored", flag: node.windowExtension == .anchored, to: &bytes)
        object.addName("matchers", to: &bytes)
        bytes.append(UInt8(ascii: "["))
        for (index, matcher) in node.matchers.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            var entry = JSONObject(&bytes)
            entry.add("name", matcher.name, to: &bytes)
            entry.add("type", matcher.operation.rawValue, to: &bytes)
            entry.add("value", matcher.value, to: &bytes)
            entry.close(&bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        object.add("name", node.name ?? "", to: &bytes)
        object.add("offset", integer: milliseconds(node.offset), to: &bytes)
        if let window { object.add("range", integer: milliseconds(window), to: &bytes) }
        object.add("smoothed", flag: node.windowExtension == .smoothed, to: &bytes)
        addBound(node.anchor, to: &object, &bytes)
        addTimestamp(node.anchor, to: &object, &bytes)
        object.add("type", type, to: &bytes)
    }

    private static func add(_ node: BinaryExpression, to object: inout JSONObject, _ bytes: inout [UInt8]) {
        object.add("bool", flag: node.returnsBool, to: &bytes)
        add("lhs", node.left, to: &object, &bytes)
        object.addName("matching", to: &bytes)
        if let matching = node.matching {
            var inner = JSONObject(&bytes)
            inner.add("card", matching.cardinality.rawValue, to: &bytes)
            inner.addName("fillValues", to: &bytes)
            var fill = JSONObject(&bytes)
            for (name, value) in [("lhs", matching.fillLeft), ("rhs", matching.fillRight)] {
                if let value {
                    fill.add(name, number: value, to: &bytes)
                } else {
                    fill.addName(name, to: &bytes)
                    JSONText.append(literal: "null", to: &bytes)
                }
            }
            fill.close(&bytes)
            add("include", matching.included, to: &inner, &bytes)
            add("labels", matching.labels, to: &inner, &bytes)
            inner.add("on", flag: matching.isOn, to: &bytes)
            inner.close(&bytes)
        } else {
            JSONText.append(literal: "null", to: &bytes)
        }
        object.add("op", node.operation.rawValue, to: &bytes)
        add("rhs", node.right, to: &object, &bytes)
        object.add("type", "binaryExpr", to: &bytes)
    }

    private static func add(_ node: FunctionCall, to object: inout JSONObject, _ bytes: inout [UInt8]) {
        object.addName("args", to: &bytes)
        bytes.append(UInt8(ascii: "["))
        for (index, argument) in node.arguments.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(argument, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        let signature = node.function.signature
        object.addName("func", to: &bytes)
        var function = JSONObject(&bytes)
        add("argTypes", signature.argumentTypes.map(\.documentedName), to: &function, &bytes)
        function.add("name", node.function.rawValue, to: &bytes)
        function.add("returnType", signature.resultType.documentedName, to: &bytes)
        // How often the last argument may be left out or stand again; −1 without a bound.
        let variadic =
            switch signature.repetition {
            case .once: 0
            case .upTo(let times): times
            case .any: -1
            }
        function.add("variadic", integer: variadic, to: &bytes)
        function.close(&bytes)
        object.add("type", "call", to: &bytes)
    }

    // MARK: Parts

    private static func add(
        _ name: String, _ expression: Expression?, to object: inout JSONObject, _ bytes: inout [UInt8]
    ) {
        object.addName(name, to: &bytes)
        if let expression {
            append(expression, to: &bytes)
        } else {
            JSONText.append(literal: "null", to: &bytes)
        }
    }

    private static func add(
        _ name: String, _ texts: [String], to object: inout JSONObject, _ bytes: inout [UInt8]
    ) {
        object.addName(name, to: &bytes)
        JSONText.append(texts, to: &bytes)
    }

    private static func addBound(_ anchor: TimeAnchor?, to object: inout JSONObject, _ bytes: inout [UInt8]) {
        object.addName("startOrEnd", to: &bytes)
        switch anchor {
        case .start: JSONText.append("start", to: &bytes)
        case .end: JSONText.append("end", to: &bytes)
        case .timestamp, nil: JSONText.append(literal: "null", to: &bytes)
        }
    }

    private static func addTimestamp(_ anchor: TimeAnchor?, to object: inout JSONObject, _ bytes: inout [UInt8]) {
        object.addName("timestamp", to: &bytes)
        if case .timestamp(let milliseconds) = anchor {
            NumberText.appendDecimal(milliseconds, to: &bytes)
        } else {
            JSONText.append(literal: "null", to: &bytes)
        }
    }

    /// A fixed length; 0, as with the peers, for none and for one that is calculated for each query.
    private static func milliseconds(_ value: DurationValue?) -> Int {
        guard case .fixed(let milliseconds) = value else { return 0 }
        return Int(milliseconds)
    }
}
