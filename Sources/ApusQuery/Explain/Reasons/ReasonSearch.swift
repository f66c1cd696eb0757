import ApusModel
import ApusPromQL

/// Finds out why the result of a query is empty, by asking the data.
///
/// It goes down the tree from the root to the first parts that give nothing although what they work on is there; each
/// step evaluates one part again by itself.
struct ReasonSearch {
    typealias Reason = Explanation.Reason

    /// More reasons are no help.
    private static let mostReasons = 8

    private let expression: Expression
    let query: QueryState
    private let isEmpty: Bool
    let context: ReasonContext

    init(_ expression: Expression, query: QueryState, isEmpty: Bool) {
        self.expression = expression
        self.query = query
        self.isEmpty = isEmpty
        context = ReasonContext(query)
    }

    /// The reasons, the most telling first: of an empty result, or of the sides of operators that are empty.
    func reasons() -> [Reason] {
        var found: [Reason] = []
        do throws(QueryError) {
            if isEmpty {
                found = try reasons(for: expression, on: query.grid)
            } else {
                for side in emptySides(of: expression) { found += try reasons(for: side, on: query.grid) }
            }
        } catch {
            let text =
                switch error {
                case .timeout:
                    "the search for the reason was given up after \(TimeText.length(query.limits.maxReasonTime))"
                default: "the search for the reason failed: \(error)"
                }
            found.append(Reason(.unknown, text, at: expression.range))
        }
        var result: [Reason] = []
        for reason in found {
            let isKnown = result.contains { $0.text == reason.text && $0.position == reason.position }
            if !isKnown { result.append(reason) }
        }
        return Array(result.prefix(Self.mostReasons))
    }

    /// The operands of operators that had not one series, as the evaluation recorded it.
    private func emptySides(of expression: Expression) -> [Expression] {
        var result: [Expression] = []
        var pending = [expression]
        while let node = pending.popLast(), result.count < Self.mostReasons {
            if case .binary(let binary) = node {
                for side in [binary.left, binary.right] where side.valueType == .instantVector {
                    let figures = query.recorder?.figures(of: side.range).current
                    if let figures, figures.openings > 0, figures.seriesKnown == 0 { result.append(side) }
                }
            }
            // Subqueries have other steps, on which their parts would have to be looked at.
            if case .subquery = node { continue }
            pending += node.children.reversed()
        }
        return result
    }

    // MARK: The way down

    /// Why an expression gives nothing on a grid.
    func reasons(for expression: Expression, on grid: StepGrid) throws(QueryError) -> [Reason] {
        try context.check()
        switch expression {
        case .number, .string: return []
        case .parenthesised(let node): return try reasons(for: node.inner, on: grid)
        case .unary(let node): return try reasons(for: node.operand, on: grid)
        case .vectorSelector(let selector):
            let windows = try context.evaluator.windowGrid(
                .fixed(milliseconds: context.query.lookback), selector.offset, selector.anchor, on: grid)
            return try SelectorReasons(context, selector, at: expression.range, windows, isRange: false).reasons()
        case .matrixSelector(let node):
            let windows = try context.evaluator.windowGrid(
                node.window, node.selector.offset, node.selector.anchor, on: grid)
            return try SelectorReasons(context, node.selector, at: expression.range, windows, isRange: true).reasons()
        case .subquery(let node): return try reasons(forSubquery: node, on: grid)
        case .aggregation(let node): return try reasons(for: node, on: grid)
        case .call(let call): return try reasons(for: call, on: grid)
        case .binary(let node): return try reasons(for: node, on: grid)
        }
    }

    private func reasons(forSubquery node: Subquery, on grid: StepGrid) throws(QueryError) -> [Reason] {
        let inner = try context.evaluator.subqueryGrid(node, on: grid).inner
        if inner.count == 0 {
            return [
                Reason(
                    .rangeTooShort, "no step of the subquery falls into its window \(node.window)", at: node.range)
            ]
        }
        guard node.inner.valueType == .instantVector else { return [] }
        return try reasons(for: node.inner, on: inner)
    }

    private func reasons(for node: Aggregation, on grid: StepGrid) throws(QueryError) -> [Reason] {
        let operand = try Probe(vector: node.operand, on: grid, context)
        if operand.isEmpty { return try reasons(for: node.operand, on: grid) }
        let name = node.operation.rawValue
        switch node.operation {
        case .topk, .bottomk, .limitk, .limitRatio:
            let parameter = node.parameter.map { query.source.shortText($0.range) } ?? "0"
            return [
                Reason(
                    .aggregationOfNothing,
                    "\(name) with the parameter \(parameter) keeps none of the \(Self.count(operand.present))",
                    at: node.parameter?.range ?? node.range)
            ]
        default:
            let kinds = operand.hasFloats ? "mixes floats and native histograms" : "has native histograms only"
            return [
                Reason(
                    .aggregationOfNothing, "\(name) cannot use its input, which \(kinds)", at: node.operand.range)
            ]
        }
    }

    // MARK: Calls

    private func reasons(for call: FunctionCall, on grid: StepGrid) throws(QueryError) -> [Reason] {
        for argument in call.arguments where argument.valueType == .rangeVector {
            return try reasons(for: call, window: argument, on: grid)
        }
        for argument in call.arguments where argument.valueType == .instantVector {
            let probe = try Probe(vector: argument, on: grid, context)
            if call.function == .absent {
                return [presence(call, probe, argument)]
            }
            if probe.isEmpty { return try reasons(for: argument, on: grid) }
            return [unusable(call, probe, argument)]
        }
        return []
    }

    private func presence(_ call: FunctionCall, _ probe: Probe, _ argument: Expression) -> Reason {
        let example = probe.examples.first.map { ", for example \($0)" } ?? ""
        return Reason(
            .presentOnOtherSide,
            "\(call.function.rawValue)() gives something only where there is nothing, and"
                + " \(query.source.shortText(argument.range)) has \(Self.count(probe.present))\(example)",
            at: call.range)
    }

    private func unusable(_ call: FunctionCall, _ probe: Probe, _ argument: Expression) -> Reason {
        let name = call.function.rawValue
        switch call.function {
        case .histogramQuantile, .histogramQuantiles, .histogramFraction:
            if !probe.hasHistograms, !probe.examples.contains(where: { $0["le"] != nil }) {
                var suggestions: [String] = []
                if case .aggregation(var node) = argument.withoutParentheses, !node.grouping.isWithout {
                    node.grouping.labels.append("le")
                    suggestions = [Expression.aggregation(node).description]
                }
                return Reason(
                    .labelNotPresent,
                    "\(name)() needs buckets with the label \"le\", which none of the"
                        + " \(Self.count(probe.present)) of its argument has", at: argument.range,
                    suggestions: suggestions)
            }
        case .histogramCount, .histogramSum, .histogramAvg, .histogramStddev, .histogramStdvar:
            if !probe.hasHistograms {
                return Reason(
                    .aggregationOfNothing,
                    "\(name)() works on native histograms only, and \(query.source.shortText(argument.range)) has floats",
                    at: argument.range)
            }
        default: break
        }
        return Reason(
            .aggregationOfNothing, "\(name)() gives nothing for the \(Self.count(probe.present)) of its argument",
            at: call.range)
    }

    private func reasons(
        for call: FunctionCall, window: Expression, on grid: StepGrid
    ) throws(QueryError) -> [Reason] {
        let probe = try Probe(windows: window, on: grid, context)
        if call.function == .absentOverTime { return [presence(call, probe, window)] }
        if probe.isEmpty { return try reasons(for: window, on: grid) }
        let name = call.function.rawValue
        guard probe.fullestWindow < 2, let reason = try tooShort(call, window, on: grid) else {
            let kinds = probe.hasHistograms && !probe.hasFloats ? " of native histograms" : ""
            return [
                Reason(
                    .aggregationOfNothing,
                    "\(name)() gives nothing for the \(Self.count(probe.present))\(kinds) of its argument",
                    at: call.range)
            ]
        }
        return [reason]
    }

    /// That the windows of a call hold too few samples; with a window that would be long enough.
    private func tooShort(
        _ call: FunctionCall, _ window: Expression, on grid: StepGrid
    ) throws(QueryError) -> Reason? {
        let name = call.function.rawValue
        let text = query.source.shortText(window.withoutParentheses.range)
        switch window.withoutParentheses {
        case .matrixSelector(var node):
            let windows = try context.evaluator.windowGrid(
                node.window, node.selector.offset, node.selector.anchor, on: grid)
            let beginning = "\(name)() needs two samples in a window, and \(text) holds at most one"
            guard let interval = try SelectorReasons.interval(of: node.selector.matchers, windows, context) else {
                return Reason(
                    .rangeTooShort, "\(beginning); there is no second sample in the hour before either",
                    at: window.range)
            }
            let length = TimeText.length(interval)
            guard interval * 2 > windows.range else {
                return Reason(
                    .rangeTooShort,
                    "\(beginning), though samples usually come every \(length): the series have just begun or ended, or"
                        + " have a gap", at: window.range)
            }
            // Four intervals stand one missed scrape and samples that come late.
            let suggestion = TimeText.roundedWindow(interval * 4)
            node.window = .fixed(milliseconds: suggestion)
            var longer = call
            longer.arguments = call.arguments.map { $0 == window ? .matrixSelector(node) : $0 }
            return Reason(
                .rangeTooShort,
                "\(beginning): samples come every \(length). Use a range of \(DurationText.string(suggestion)) or more",
                at: call.range, suggestions: [Expression.call(longer).description])
        case .subquery:
            return Reason(
                .rangeTooShort,
                "\(name)() needs two values in a window, and \(text) gives at most one: make its step smaller or its range"
                    + " longer", at: window.range)
        default: return nil
        }
    }

    /// A number of series in words.
    static func count(_ count: Int) -> String { count == 1 ? "1 series" : "\(count) series" }
}
