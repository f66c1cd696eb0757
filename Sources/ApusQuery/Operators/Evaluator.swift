import ApusModel
import ApusPromQL

/// Turns an expression into sources of series, once for all steps.
///
/// Opening a part selects its series and evaluates what must be known as a whole (right sides, groups, parameters); the
/// rest is evaluated series by series when the source is read.
struct Evaluator: Sendable {
    let evaluation: Evaluation
    /// Whether each histogram is made to say if its counter was reset before it, where the store does not.
    ///
    /// Then adding histograms of both kinds is remarked. As in Prometheus this is so where only the counts and sums of
    /// observations are asked for.
    var marksResets = false

    /// The evaluator for an argument, in which resets are marked or not.
    func marking(resets: Bool) -> Evaluator {
        Evaluator(evaluation: evaluation, marksResets: resets)
    }

    // MARK: Dispatch

    /// The instant vector of an expression on a grid.
    func vector(_ expression: Expression, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        // Also what reads no series, such as a subquery over numbers, must end when it is told to.
        try evaluation.check()
        if grid.count > 1, expression.isStepInvariant {
            return ConstantSource(base: try vector(expression, on: StepGrid(instant: grid.start)))
        }
        return try tracked(expression, on: grid) { node throws(QueryError) in
            try node.openVector(expression, on: grid)
        }
    }

    private func openVector(_ expression: Expression, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        switch expression {
        case .vectorSelector(let selector):
            return try select(selector, on: grid, content: .value)
        case .parenthesised(let node):
            return try vector(node.inner, on: grid)
        case .unary(let node):
            let operand = try vector(node.operand, on: grid)
            if node.operation == .plus { return operand }
            return MappedSource(operand, dropsName: true) { $0.negate() }
        case .binary(let node):
            return try binary(node, on: grid)
        case .aggregation(let node):
            return try aggregate(node, on: grid)
        case .call(let call):
            return try self.call(call, on: grid)
        case .number, .string, .matrixSelector, .subquery:
            throw .execution("unexpected \(expression.valueType.rawValue) where an instant vector is needed")
        }
    }

    /// The values of a scalar expression: one per step.
    func scalar(_ expression: Expression, on grid: StepGrid) throws(QueryError) -> [Double] {
        if grid.count > 1, expression.isStepInvariant {
            let value = try scalar(expression, on: StepGrid(instant: grid.start))[0]
            return [Double](repeating: value, count: grid.count)
        }
        return try tracked(scalar: expression, on: grid) { node throws(QueryError) in
            try node.evaluateScalar(expression, on: grid)
        }
    }

    private func evaluateScalar(_ expression: Expression, on grid: StepGrid) throws(QueryError) -> [Double] {
        switch expression {
        case .number(let literal):
            return [Double](repeating: literal.value, count: grid.count)
        case .parenthesised(let node):
            return try scalar(node.inner, on: grid)
        case .unary(let node):
            let operand = try scalar(node.operand, on: grid)
            return node.operation == .plus ? operand : operand.map { -$0 }
        case .binary(let node):
            return try scalarBinary(node, on: grid)
        case .call(let call):
            return try scalarCall(call, on: grid)
        case .string, .vectorSelector, .matrixSelector, .subquery, .aggregation:
            throw .execution("unexpected \(expression.valueType.rawValue) where a scalar is needed")
        }
    }

    /// The text of a string expression.
    func string(_ expression: Expression) throws(QueryError) -> String {
        guard case .string(let literal) = expression.withoutParentheses else {
            throw .execution("unexpected \(expression.valueType.rawValue) where a string is needed")
        }
        return literal.value
    }

    /// The range vector of an expression on a grid.
    func windows(_ expression: Expression, on grid: StepGrid) throws(QueryError) -> any WindowSource {
        let inner = expression.withoutParentheses
        return try tracked(windows: inner, on: grid) { node throws(QueryError) in
            try node.openWindows(inner, on: grid)
        }
    }

    private func openWindows(_ expression: Expression, on grid: StepGrid) throws(QueryError) -> any WindowSource {
        switch expression {
        case .matrixSelector(let node):
            let windows = try windowGrid(
                node.window, node.selector.offset, node.selector.anchor, on: grid)
            if let windowExtension = node.selector.windowExtension {
                throw .execution(
                    "\(windowExtension.rawValue) modifier can only be used with: \(windowExtension.functions)")
            }
            return RangeSelectorSource(
                try selection(node.selector.matchers, windows), windows: windows, marksResets: marksResets,
                evaluation: evaluation)
        case .subquery(let node):
            return try subquery(node, on: grid)
        default:
            throw .execution("unexpected \(expression.valueType.rawValue) where a range vector is needed")
        }
    }

    /// The range vector of a selector with `smoothed` or `anchored`: its windows reach one lookback further.
    func extendedWindows(
        _ node: MatrixSelector, _ windowExtension: WindowExtension, on grid: StepGrid
    ) throws(QueryError) -> (ExtendedKernel.Extent, any WindowSource) {
        if evaluation.part != node.range {
            return try focused(on: .matrixSelector(node), grid).extendedWindows(node, windowExtension, on: grid)
        }
        let proper = try windowGrid(node.window, node.selector.offset, node.selector.anchor, on: grid)
        let margin = evaluation.lookback
        let isSmoothed = windowExtension == .smoothed
        let windows = WindowGrid(
            firstEnd: proper.firstEnd + (isSmoothed ? margin : 0), step: proper.step, count: proper.count,
            range: proper.range + (isSmoothed ? 2 * margin : margin))
        let source = RangeSelectorSource(
            try selection(node.selector.matchers, windows), windows: windows, marksResets: marksResets,
            evaluation: evaluation)
        return (.init(isSmoothed: isSmoothed, margin: margin, range: proper.range), source)
    }

    // MARK: Selectors

    /// The series of an instant vector selector.
    func select(
        _ selector: VectorSelector, on grid: StepGrid, content: SelectorSource.Content
    ) throws(QueryError) -> any SeriesSource {
        // A function that opens its argument by itself comes here as the function.
        if evaluation.part != selector.range {
            return try focused(on: .vectorSelector(selector), grid).select(selector, on: grid, content: content)
        }
        let windows = try windowGrid(
            .fixed(milliseconds: evaluation.lookback), selector.offset, selector.anchor, on: grid)
        switch selector.windowExtension {
        case .smoothed: return try smoothed(selector, windows)
        case .anchored: throw .execution("anchored modifier can only be used with range vector selectors")
        case nil: break
        }
        return SelectorSource(
            try selection(selector.matchers, windows), windows: windows, content: content,
            marksResets: marksResets, evaluation: evaluation)
    }

    /// The series of an instant vector selector with `smoothed`, which looks one lookback ahead, too.
    private func smoothed(_ selector: VectorSelector, _ windows: WindowGrid) throws(QueryError) -> any SeriesSource {
        let margin = evaluation.lookback
        let wider = WindowGrid(
            firstEnd: windows.firstEnd + margin, step: windows.step, count: windows.count, range: 2 * margin)
        let base = RangeSelectorSource(
            try selection(selector.matchers, wider), windows: wider, marksResets: marksResets,
            evaluation: evaluation)
        return SmoothedSelectorSource(
            base, margin: margin, position: selector.range.start, evaluation: evaluation)
    }

    /// The series that matchers select, for reading within windows.
    func selection(_ matchers: [Matcher], _ windows: WindowGrid) throws(QueryError) -> any SeriesSelection {
        try evaluation.check()
        let bounds = windows.bounds
        let selection = try evaluation.query.sharing.selection(
            matchers, from: bounds.first, through: bounds.last
        ) { () throws(QueryError) in
            do throws(QueryableError) {
                return try evaluation.queryable.querier(from: bounds.first, through: bounds.last).select(matchers)
            } catch {
                throw QueryError(error)
            }
        }
        try evaluation.countSelected(selection.count)
        return selection
    }

    private func subquery(_ node: Subquery, on grid: StepGrid) throws(QueryError) -> any WindowSource {
        let (inner, windows) = try subqueryGrid(node, on: grid)
        let base: any SeriesSource =
            inner.count == 0 ? RowSource.empty : try marking(resets: false).values(node.inner, on: inner)
        return SubquerySource(base, on: inner, windows: windows, evaluation: evaluation)
    }

    /// The times at which the inner expression of a subquery is evaluated, and where the steps of `grid` look among them.
    func subqueryGrid(
        _ node: Subquery, on grid: StepGrid
    ) throws(QueryError) -> (inner: StepGrid, windows: WindowGrid) {
        let windows = try windowGrid(node.window, node.offset, node.anchor, on: grid)
        var step = evaluation.limits.defaultSubqueryStep
        if let given = node.step { step = try duration(given) }
        guard step > 0 else { throw .execution("duration must be greater than 0") }
        // The inner times are multiples of the step, whatever the outer query's times are.
        let lowest = windows.start(at: 0)
        var start = lowest / step * step
        if start <= lowest { start += step }
        let last = windows.end(at: max(0, windows.count - 1))
        let count = last < start ? 0 : (last - start) / step + 1
        guard count <= Int64(evaluation.limits.maxSamples) else {
            throw .execution("query processing would load too many samples into memory in query execution")
        }
        return (StepGrid(start: start, step: step, count: Int(count)), windows)
    }

    /// The value of an expression that may be a scalar, as a vector.
    private func values(_ expression: Expression, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        guard expression.valueType == .scalar else { return try vector(expression, on: grid) }
        return RowSource(series: [SeriesIdentity(labels: .empty)], rows: [Row(try scalar(expression, on: grid))])
    }

    // MARK: Times

    /// Where the steps of a grid look with a range, an offset and an `@` modifier.
    func windowGrid(
        _ range: DurationValue, _ offset: DurationValue?, _ anchor: TimeAnchor?, on grid: StepGrid
    ) throws(QueryError) -> WindowGrid {
        let length = try duration(range)
        guard length > 0 else { throw .execution("duration must be greater than 0") }
        var shift: Int64 = 0
        if let offset { shift = try duration(offset) }
        let fixed: Int64? =
            switch anchor {
            case .timestamp(let time): time
            case .start: evaluation.grid.start
            case .end: evaluation.end
            case nil: nil
            }
        // Both far below what overflows: a timestamp lies within 9999 years of the epoch, a duration within 292.
        let valid = TimestampText.validRange
        let first = min(max(fixed ?? grid.start, valid.lowerBound), valid.upperBound)
        return WindowGrid(firstEnd: first - shift, step: fixed == nil ? grid.step : 0, count: grid.count, range: length)
    }

    /// A duration in milliseconds; clamped to what arithmetic on timestamps can bear.
    func duration(_ value: DurationValue) throws(QueryError) -> Int64 {
        let range = evaluation.end - evaluation.grid.start
        let limit: Int64 = 10_000_000_000_000
        do {
            let result = try value.milliseconds(in: DurationContext(step: evaluation.step, range: range))
            return min(max(result, -limit), limit)
        } catch {
            throw .execution(error.description)
        }
    }
}

extension Expression {
    /// Whether the value is the same at every step of a query.
    var isStepInvariant: Bool {
        switch self {
        case .number, .string: return true
        case .vectorSelector(let node): return node.anchor != nil
        case .matrixSelector(let node): return node.selector.anchor != nil
        case .subquery(let node): return node.anchor != nil
        case .unary, .binary, .aggregation, .parenthesised:
            return children.allSatisfy(\.isStepInvariant)
        case .call(let call):
            switch call.function {
            case .time, .timestamp, .predictLinear: return false
            case .minute, .hour, .dayOfWeek, .dayOfMonth, .dayOfYear, .daysInMonth, .month, .year:
                if call.arguments.isEmpty { return false }
            default: break
            }
            return call.arguments.allSatisfy(\.isStepInvariant)
        }
    }
}
