import ApusModel
import ApusPromQL

/// Makes the explanation of a query that was evaluated with its figures recorded.
struct Explainer {
    private let expression: Expression
    private let request: QueryRequest
    private let query: QueryState

    init(_ expression: Expression, request: QueryRequest, query: QueryState) {
        self.expression = expression
        self.request = request
        self.query = query
    }

    /// The explanation that goes with a result.
    func explanation(of result: QueryResult) -> Explanation {
        let (series, samples) = result.value.size
        var builder = NodeBuilder(query: query, isRange: request.kind == .range)
        let root = builder.node(expression, shift: 0)
        let reasons = ReasonSearch(expression, query: query, isEmpty: series == 0).reasons()
        return Explanation(
            query: expression.prettyText, kind: request.kind, root: root, resultSeries: series,
            resultSamples: samples, reasons: reasons, warnings: result.warnings, infos: result.infos,
            statistics: result.statistics)
    }
}

extension QueryValue {
    /// The number of series and of samples.
    fileprivate var size: (series: Int, samples: Int) {
        switch self {
        case .scalar, .string: (1, 1)
        case .vector(let samples): (samples.count, samples.count)
        case .matrix(let series): (series.count, series.reduce(0) { $0 + $1.samples.count })
        }
    }
}

/// Makes the nodes of an explanation from the expression and the recorded figures.
private struct NodeBuilder {
    /// Texts of nodes are cut here, so that an explanation is not much larger than its query.
    private static let longestText = 400

    let query: QueryState
    let isRange: Bool
    private var nextID = 0

    init(query: QueryState, isRange: Bool) {
        self.query = query
        self.isRange = isRange
    }

    /// A node with its operands.
    ///
    /// - Parameter shift: how far before it the same text stands that was evaluated in its place.
    mutating func node(_ expression: Expression, shift: Int) -> Explanation.Node {
        var shift = shift
        let range = expression.range
        var result = Explanation.Node(
            id: nextID, type: expression.nodeType, label: expression.nodeLabel,
            text: query.source.shortText(range, limit: Self.longestText), position: range)
        nextID += 1
        let places = query.sharing.places(of: expression)
        if let first = places.first {
            result.isShared = true
            if first != range {
                shift = range.start - first.start
                result.notes.append("evaluated once with the same expression at \(query.source.place(of: first.start))")
            } else if places.count > 1 {
                result.notes.append("evaluated once for \(places.count) places")
            }
        }
        let figures = query.recorder?.figures(
            of: SourceRange(start: range.start - shift, end: range.end - shift)
        ).current
        for child in expression.operands { result.children.append(node(child, shift: shift)) }
        if let figures { fill(&result, expression, figures, isEvaluatedElsewhere: shift != 0) }
        return result
    }

    private func fill(
        _ node: inout Explanation.Node, _ expression: Expression, _ figures: NodeFigures.Figures,
        isEvaluatedElsewhere: Bool
    ) {
        let operands = zip(expression.operands, node.children).filter { operand, _ in
            operand.valueType == .instantVector || operand.valueType == .rangeVector
        }
        node.seriesOut = figures.seriesOut
        node.samplesOut = figures.samplesOut
        node.samplesRead = isEvaluatedElsewhere ? 0 : figures.samplesRead
        if operands.isEmpty {
            node.seriesIn = figures.seriesSelected
            node.samplesIn = figures.samplesRead
            if figures.openings == 0 {
                // Opened by the function around it, which took all of it.
                node.seriesOut = figures.seriesSelected
                node.samplesOut = figures.samplesRead
            }
        } else {
            node.seriesIn = operands.reduce(0) { $0 + $1.1.seriesOut }
            node.samplesIn = operands.reduce(0) { $0 + $1.1.samplesOut }
        }
        node.bytes = isEvaluatedElsewhere ? 0 : figures.bytes
        node.nanoseconds = isEvaluatedElsewhere ? 0 : figures.nanoseconds
        node.isConstant = expression.isStepInvariant
        let isLiteral = node.type == .numberLiteral || node.type == .stringLiteral
        if isRange, node.isConstant, !isLiteral, figures.openings > 0 {
            node.notes.append("evaluated once: does not depend on the time")
        }
        if case .matrixSelector = expression, let spacing = figures.spacing, spacing.count > 1 {
            let interval = (spacing.last - spacing.first) / Int64(spacing.count - 1)
            if interval > 0 { node.notes.append("samples about every \(DurationText.string(interval))") }
        }
        if figures.hasHistograms { node.notes.append("has native histograms") }
        if figures.seriesKnown > figures.seriesOut, figures.seriesOut > 0, !isEvaluatedElsewhere {
            let silent = figures.seriesKnown - figures.seriesOut
            node.notes.append("\(silent) of \(figures.seriesKnown) series had no value, or were not needed")
        }
    }
}

extension Expression {
    /// The parts that are evaluated by themselves; a range selector is one part.
    fileprivate var operands: [Expression] {
        if case .matrixSelector = self { return [] }
        return children
    }

    fileprivate var nodeType: Explanation.NodeType {
        switch self {
        case .number: .numberLiteral
        case .string: .stringLiteral
        case .vectorSelector: .vectorSelector
        case .matrixSelector: .matrixSelector
        case .subquery: .subquery
        case .unary: .unaryExpr
        case .binary: .binaryExpr
        case .aggregation: .aggregation
        case .call: .call
        case .parenthesised: .parenExpr
        }
    }

    /// The node without its operands.
    fileprivate var nodeLabel: String {
        switch self {
        case .number, .string, .vectorSelector, .matrixSelector:
            let text = description
            return text.count <= 120 ? text : text.prefix(120) + "…"
        case .subquery(let node): return "[\(node.window):\(node.step.map(\.description) ?? "")]"
        case .unary(let node): return node.operation.rawValue
        case .parenthesised: return "( )"
        case .call(let node): return node.function.rawValue
        case .binary(let node):
            return "\(node.operation.rawValue)\(node.returnsBool ? " bool" : "")\(node.matching?.description ?? "")"
        case .aggregation(let node):
            if node.grouping.isWithout {
                return "\(node.operation.rawValue) without (\(node.grouping.labels.joined(separator: ", ")))"
            }
            if node.grouping.labels.isEmpty { return node.operation.rawValue }
            return "\(node.operation.rawValue) by (\(node.grouping.labels.joined(separator: ", ")))"
        }
    }
}
