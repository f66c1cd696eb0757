import ApusModel
import ApusPromQL

extension Evaluator {
    // MARK: Scalars

    /// A function whose value is a scalar.
    func scalarCall(_ call: FunctionCall, on grid: StepGrid) throws(QueryError) -> [Double] {
        let query = (start: evaluation.grid.start, end: evaluation.end)
        func constant(_ value: Double) -> [Double] { [Double](repeating: value, count: grid.count) }
        switch call.function {
        case .time: return (0..<grid.count).map { Double(grid.timestamp(at: $0)) / 1_000 }
        case .pi: return constant(.pi)
        case .start: return constant(Double(query.start) / 1_000)
        case .end: return constant(Double(query.end) / 1_000)
        case .range: return constant(Double(query.end - query.start) / 1_000)
        case .step: return constant(Double(evaluation.step) / 1_000)
        case .minOf, .maxOf:
            let left = try scalar(call.arguments[0], on: grid)
            let right = try scalar(call.arguments[1], on: grid)
            let isMinimum = call.function == .minOf
            return zip(left, right).map { pair in
                isMinimum ? ElementFunction.minimum(pair.0, pair.1) : ElementFunction.maximum(pair.0, pair.1)
            }
        case .scalar: return try onlyElement(try vector(call.arguments[0], on: grid), on: grid)
        default: throw .unsupported("the function \(call.function.rawValue)()")
        }
    }

    /// `scalar(vector)`: the value where the vector has exactly one element, NaN elsewhere.
    private func onlyElement(_ source: any SeriesSource, on grid: StepGrid) throws(QueryError) -> [Double] {
        var result = [Double](repeating: .nan, count: grid.count)
        var counts = [Int](repeating: 0, count: grid.count)
        var scratch = Scratch()
        var row = Row(count: grid.count)
        for index in source.series.indices {
            try source.read(index, into: &row, scratch: &scratch)
            row.dropHistograms()
            for step in row.values.indices where row.isPresent(at: step) {
                counts[step] += 1
                result[step] = counts[step] == 1 ? row.values[step] : .nan
            }
        }
        return result
    }

    // MARK: Vectors

    /// A function whose value is an instant vector.
    func call(_ call: FunctionCall, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        if let transform = ElementFunction.transform(for: call.function) {
            return MappedSource(floatsOf: try vector(call.arguments[0], on: grid), dropsName: true, transform)
        }
        if let part = ElementFunction.datePart(for: call.function) {
            let argument: any SeriesSource =
                call.arguments.isEmpty
                ? timeVector(on: grid) : try vector(call.arguments[0], on: grid)
            return MappedSource(floatsOf: argument, dropsName: true) { row in
                row.mapPresent { ElementFunction.datePart(part, atSeconds: $0) }
            }
        }
        if let position = call.function.signature.argumentTypes.firstIndex(of: .rangeVector) {
            return try rangeCall(call, argument: call.arguments[position], on: grid)
        }
        switch call.function {
        case .round, .clamp, .clampMin, .clampMax: return try bounded(call, on: grid)
        case .vector:
            let values = try scalar(call.arguments[0], on: grid)
            return RowSource(series: [SeriesIdentity(labels: .empty)], rows: [Row(values)])
        case .timestamp: return try timestamps(of: call.arguments[0], on: grid)
        case .absent: return try absence(of: call.arguments[0], on: grid)
        case .labelReplace, .labelJoin: return try relabel(call, on: grid)
        case .sort, .sortDesc, .sortByLabel, .sortByLabelDesc: return try sort(call, on: grid)
        case .startTimestamp: return try startTimestamps(of: call.arguments[0], on: grid)
        case .info: return try info(call, on: grid)
        case .histogramQuantile, .histogramFraction, .histogramQuantiles: return try buckets(call, on: grid)
        case .histogramCount: return try mapHistograms(call, on: grid) { $0.count }
        case .histogramSum: return try mapHistograms(call, on: grid) { $0.sum }
        case .histogramAvg: return try mapHistograms(call, on: grid) { $0.average }
        case .histogramStddev: return try mapHistograms(call, on: grid) { $0.standardDeviation }
        case .histogramStdvar: return try mapHistograms(call, on: grid) { $0.variance }
        default: throw .unsupported("the function \(call.function.rawValue)()")
        }
    }

    private func timeVector(on grid: StepGrid) -> any SeriesSource {
        RowSource(
            series: [SeriesIdentity(labels: .empty)],
            rows: [Row((0..<grid.count).map { Double(grid.timestamp(at: $0)) / 1_000 })])
    }

    private func bounded(_ call: FunctionCall, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        let base = try vector(call.arguments[0], on: grid)
        var parameters: [[Double]] = []
        for argument in call.arguments.dropFirst() { parameters.append(try scalar(argument, on: grid)) }
        let function = call.function
        if function == .round, parameters.isEmpty { parameters = [[Double](repeating: 1, count: grid.count)] }
        guard let first = parameters.first, let last = parameters.last else { return base }
        return MappedSource(floatsOf: base, dropsName: true) { row in
            switch function {
            case .round: row.mapPresent { ElementFunction.round($0, toNearest: first[$1]) }
            case .clampMin: row.mapPresent { ElementFunction.maximum(first[$1], $0) }
            case .clampMax: row.mapPresent { ElementFunction.minimum(first[$1], $0) }
            default:
                row.mapPresent { value, step in
                    let (low, high) = (first[step], last[step])
                    if high < low { return Point.absent }
                    return ElementFunction.maximum(low, ElementFunction.minimum(high, value))
                }
            }
        }
    }

    private func timestamps(of argument: Expression, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        if case .vectorSelector(let selector) = argument.withoutParentheses, selector.windowExtension == nil {
            // The time of the sample itself, which only the selector knows.
            let source = try select(selector, on: grid, content: .timestamp)
            return MappedSource(source, dropsName: true) { _ in }
        }
        return MappedSource(try vector(argument, on: grid), dropsName: true) { row in
            row.clearHistograms()
            row.values.mapPresent { _, step in Double(grid.timestamp(at: step)) / 1_000 }
        }
    }

    /// `start_timestamp(vector)`: of samples of a selector only, and only where start times are used at all.
    private func startTimestamps(of argument: Expression, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        guard evaluation.limits.features[.startTimestamps],
            case .vectorSelector(let selector) = argument.withoutParentheses, selector.windowExtension == nil
        else { return MappedSource(try vector(argument, on: grid), dropsName: true) { $0.removeAll() } }
        return MappedSource(try select(selector, on: grid, content: .startTimestamp), dropsName: true) { _ in }
    }

    /// A function of each histogram; floats are left out.
    private func mapHistograms(
        _ call: FunctionCall, on grid: StepGrid, _ transform: @escaping @Sendable (NativeHistogram) -> Double
    ) throws(QueryError) -> any SeriesSource {
        // Only the spread of the observations needs their buckets.
        let needsBuckets = call.function == .histogramStddev || call.function == .histogramStdvar
        let argument = try marking(resets: !needsBuckets).vector(call.arguments[0], on: grid)
        return MappedSource(argument, dropsName: true) { row in
            row.mapHistograms { histogram, _ in transform(histogram) }
        }
    }

    // MARK: Range vectors

    private func rangeCall(
        _ call: FunctionCall, argument: Expression, on grid: StepGrid
    ) throws(QueryError) -> any SeriesSource {
        if call.function == .absentOverTime {
            if case .matrixSelector(let node) = argument.withoutParentheses {
                if let windowExtension = node.selector.windowExtension { throw misused(windowExtension, call) }
            }
            return try absenceOverTime(of: argument, on: grid)
        }
        var function = try rangeFunction(call, on: grid)
        let source: any WindowSource
        if case .matrixSelector(let node) = argument.withoutParentheses,
            let windowExtension = node.selector.windowExtension
        {
            let (extent, extendedWindows) = try extendedWindows(node, windowExtension, on: grid)
            guard let extended = function.extended(extent) else { throw misused(windowExtension, call) }
            function = extended
            source = extendedWindows
        } else {
            source = try windows(argument, on: grid)
        }
        let exact = RangeFunctionSource(
            function, of: source, on: grid, marksResets: marksResets, evaluation: evaluation,
            position: call.arguments[0].withoutParentheses.range.start,
            remarksCounter: call.function == .rate || call.function == .increase)
        return SummaryRangeSource(function, of: source, exact: exact, evaluation: evaluation) ?? exact
    }

    private func misused(_ windowExtension: WindowExtension, _ call: FunctionCall) -> QueryError {
        .execution(
            "\(windowExtension.rawValue) modifier can only be used with: \(windowExtension.functions)"
                + " - not with \(call.function.rawValue)")
    }

    private func rangeFunction(_ call: FunctionCall, on grid: StepGrid) throws(QueryError) -> RangeFunction {
        switch call.function {
        case .rate: return .rate(.init(isCounter: true, isPerSecond: true))
        case .increase: return .rate(.init(isCounter: true, isPerSecond: false))
        case .delta: return .rate(.init(isCounter: false, isPerSecond: false))
        case .irate: return .instantChange(isRate: true)
        case .idelta: return .instantChange(isRate: false)
        case .changes: return .changes
        case .resets: return .resets
        case .deriv: return .slope
        case .predictLinear: return .prediction(seconds: try scalar(call.arguments[1], on: grid))
        case .sumOverTime: return .sum
        case .avgOverTime: return .average
        case .minOverTime: return .extreme(.init(isMaximum: false, isTime: false))
        case .maxOverTime: return .extreme(.init(isMaximum: true, isTime: false))
        case .tsOfMinOverTime: return .extreme(.init(isMaximum: false, isTime: true))
        case .tsOfMaxOverTime: return .extreme(.init(isMaximum: true, isTime: true))
        case .countOverTime: return .count
        case .presentOverTime: return .presence
        case .stddevOverTime: return .variance(isRoot: true)
        case .stdvarOverTime: return .variance(isRoot: false)
        case .lastOverTime: return .end(isLast: true)
        case .firstOverTime: return .end(isLast: false)
        case .tsOfLastOverTime: return .endTime(isLast: true)
        case .tsOfFirstOverTime: return .endTime(isLast: false)
        case .madOverTime: return .medianDistance
        case .quantileOverTime:
            return .quantile(try scalar(call.arguments[0], on: grid))
        case .doubleExponentialSmoothing:
            let smoothing = try factors(call.arguments[1], on: grid, what: "smoothing", symbol: "sf")
            let trend = try factors(call.arguments[2], on: grid, what: "trend", symbol: "tf")
            return .smoothing(smoothing, trend: trend)
        default: throw .unsupported("the function \(call.function.rawValue)()")
        }
    }

    private func factors(
        _ expression: Expression, on grid: StepGrid, what: String, symbol: String
    ) throws(QueryError) -> [Double] {
        let values = try scalar(expression, on: grid)
        if let wrong = values.first(where: { !($0 > 0 && $0 < 1) }) {
            throw .execution("invalid \(what) factor. Expected: 0 < \(symbol) < 1, got: \(wrong)")
        }
        return values
    }

    /// Remarks a NaN among quantiles, the largest above 1 and the smallest below 0.
    func remarkExtremeQuantiles(_ quantiles: [Double], at position: Int) {
        if quantiles.contains(where: \.isNaN) { evaluation.annotate(.invalidQuantile(.nan), at: position) }
        let numbers = quantiles.filter { !$0.isNaN }
        if let largest = numbers.max(), largest > 1 { evaluation.annotate(.invalidQuantile(largest), at: position) }
        if let smallest = numbers.min(), smallest < 0 { evaluation.annotate(.invalidQuantile(smallest), at: position) }
    }

    /// Remarks each quantile outside 0…1.
    func remarkInvalidQuantiles(_ quantiles: [Double], at position: Int) {
        for quantile in quantiles where !(quantile >= 0 && quantile <= 1) {
            evaluation.annotate(.invalidQuantile(quantile), at: position)
        }
    }
}

extension WindowExtension {
    /// The functions that work on windows extended in this way, as messages name them.
    var functions: String {
        switch self {
        case .anchored: "changes, delta, increase, rate, resets"
        case .smoothed: "delta, increase, rate"
        }
    }
}
