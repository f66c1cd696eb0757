import ApusBytes
import ApusModel
import ApusPromQL

extension ReferenceEvaluator {
    /// The windows of a range vector expression.
    ///
    /// - Throws: when the function cannot work with the way in which the window is extended.
    func windows(
        _ expression: Expression, at time: Int64, in node: FunctionCall
    ) throws(ReferenceError) -> [ReferenceWindow] {
        switch expression.withoutParentheses {
        case .matrixSelector(let matrix):
            let name = node.function.rawValue
            switch matrix.selector.windowExtension {
            case .smoothed where ![.delta, .increase, .rate].contains(node.function):
                throw .execution("smoothed modifier can only be used with: delta, increase, rate - not with \(name)")
            case .anchored where ![.changes, .delta, .increase, .rate, .resets].contains(node.function):
                throw .execution(
                    "anchored modifier can only be used with: changes, delta, increase, rate, resets - not with \(name)"
                )
            default: return try windows(matrix, at: time)
            }
        case .subquery(let subquery):
            let end = try referenceTime(subquery.anchor, subquery.offset, at: time)
            let width = try positiveDuration(subquery.window)
            return try windows(subquery, at: time).map {
                ReferenceWindow(series: $0, start: end - width, end: end)
            }
        default: throw .badData("expected a range vector")
        }
    }

    /// The windows of a selector that is the query itself.
    func shownWindows(_ node: MatrixSelector, at time: Int64) throws(ReferenceError) -> [ReferenceSeries] {
        let windows = try windows(node, at: time)
        if node.selector.windowExtension == nil {
            return windows.map(\.series).filter { !$0.points.isEmpty }
        }
        var result: [ReferenceSeries] = []
        for window in windows {
            var shown = window.series
            guard let bounds = try bounds(of: window, isCounter: false, at: node.range) else { continue }
            let inside = window.points.filter { $0.time > window.start && $0.time < window.end }
            shown.points =
                [ReferencePoint(time: window.start, sample: bounds.left)] + inside + [
                    ReferencePoint(time: window.end, sample: bounds.right)
                ]
            result.append(shown)
        }
        return result
    }

    /// What a function makes of each window.
    func overWindows(
        _ node: FunctionCall, _ argument: Expression, at time: Int64
    ) throws(ReferenceError) -> [ReferenceElement] {
        var numbers: [Double] = []
        for other in node.arguments where other.valueType == .scalar { numbers.append(try scalar(other, at: time)) }
        if node.function == .doubleExponentialSmoothing {
            for (number, name) in zip(numbers, ["smoothing", "trend"]) where !(number > 0 && number < 1) {
                throw .execution("invalid \(name) factor. Expected: 0 < \(name.prefix(1))f < 1, got: \(number)")
            }
        }
        let keepsName = node.function == .lastOverTime || node.function == .firstOverTime
        var result: [ReferenceElement] = []
        for window in try windows(argument, at: time, in: node) where !window.points.isEmpty {
            guard let sample = try sample(node, window, numbers, at: time, position: argument.range) else { continue }
            noteNonCounter(window, node, argument.range)
            if node.function == .quantileOverTime, !(numbers[0] >= 0 && numbers[0] <= 1) {
                warn(
                    "quantile value should be between 0 and 1, got \(NumberText.string(numbers[0], .general))",
                    at: node.arguments[0].range)
            }
            result.append(
                ReferenceElement(
                    labels: window.series.labels, dropsName: window.series.dropsName || !keepsName, sample: sample))
        }
        return result
    }

    private func sample(
        _ node: FunctionCall, _ window: ReferenceWindow, _ numbers: [Double], at time: Int64, position: SourceRange
    ) throws(ReferenceError) -> ReferenceSample? {
        let points = window.points
        switch node.function {
        case .countOverTime: return .float(Double(points.count))
        case .presentOverTime: return .float(1)
        case .lastOverTime: return points[points.count - 1].sample
        case .firstOverTime: return points[0].sample
        case .tsOfLastOverTime: return .float(Double(points[points.count - 1].time) / 1000)
        case .tsOfFirstOverTime: return .float(Double(points[0].time) / 1000)
        case .changes: return changes(window) { !Self.areEqual($0, $1) }
        case .resets: return resets(window)
        case .rate: return try rate(window, isCounter: true, isPerSecond: true, node, position)
        case .increase: return try rate(window, isCounter: true, isPerSecond: false, node, position)
        case .delta: return try rate(window, isCounter: false, isPerSecond: false, node, position)
        case .irate: return instantRate(window, isCounter: true, node, position)
        case .idelta: return instantRate(window, isCounter: false, node, position)
        case .sumOverTime, .avgOverTime:
            let floats = window.floats.map(\.value)
            let histograms = window.histograms
            if histograms.isEmpty {
                return .float(
                    node.function == .sumOverTime
                        ? ReferenceArithmetic.sum(floats) : ReferenceArithmetic.mean(floats))
            }
            guard floats.isEmpty else {
                warn(
                    "encountered a mix of histograms and floats\(forMetric(window.series.labels))", at: position)
                return nil
            }
            return combined(
                histograms, isMean: node.function == .avgOverTime, metric: window.series.labels, at: position
            ).map { .histogram($0) }
        default: break
        }
        return floatSample(node, window, numbers, at: time, position: position).map { .float($0) }
    }

    /// The functions that know floats only.
    private func floatSample(
        _ node: FunctionCall, _ window: ReferenceWindow, _ numbers: [Double], at time: Int64, position: SourceRange
    ) -> Double? {
        let floats = window.floats
        let values = floats.map(\.value)
        guard !values.isEmpty else { return nil }
        let needsTwo = [.deriv, .predictLinear, .doubleExponentialSmoothing].contains(node.function)
        if !window.histograms.isEmpty {
            inform(
                "ignored histograms in a range containing both floats and histograms\(forMetric(window.series.labels))",
                at: node.arguments[0].range)
        }
        if needsTwo && values.count < 2 { return nil }
        switch node.function {
        case .minOverTime: return values.reduce(.nan) { $1 < $0 || $0.isNaN ? $1 : $0 }
        case .maxOverTime: return values.reduce(.nan) { $1 > $0 || $0.isNaN ? $1 : $0 }
        case .tsOfMinOverTime, .tsOfMaxOverTime:
            // The last of several extremes.
            var best = floats[0]
            for point in floats {
                let isBetter = node.function == .tsOfMinOverTime ? point.value <= best.value : point.value >= best.value
                if isBetter || best.value.isNaN { best = point }
            }
            return Double(best.time) / 1000
        case .stddevOverTime: return ReferenceArithmetic.variance(values).squareRoot()
        case .stdvarOverTime: return ReferenceArithmetic.variance(values)
        case .quantileOverTime: return ReferenceArithmetic.quantile(numbers[0], values)
        case .madOverTime:
            if values.contains(where: \.isNaN) { return .nan }
            let median = ReferenceArithmetic.quantile(0.5, values)
            return ReferenceArithmetic.quantile(0.5, values.map { ($0 - median).magnitude })
        case .deriv: return ReferenceArithmetic.regression(floats, origin: floats[0].time).slope
        case .predictLinear:
            let line = ReferenceArithmetic.regression(floats, origin: time)
            return line.slope * numbers[0] + line.intercept
        case .doubleExponentialSmoothing: return smoothed(values, factor: numbers[0], trendFactor: numbers[1])
        default: return nil
        }
    }

    /// Holt's linear method: level and trend, each an exponentially weighted mean.
    private func smoothed(_ values: [Double], factor: Double, trendFactor: Double) -> Double {
        var previous = 0.0
        var level = values[0]
        var trend = values[1] - values[0]
        for index in 1..<values.count {
            if index > 1 { trend = trendFactor * (level - previous) + (1 - trendFactor) * trend }
            let next = factor * values[index] + (1 - factor) * (level + trend)
            (previous, level) = (level, next)
        }
        return level
    }

    // MARK: Changes and resets

    private static func areEqual(_ a: ReferenceSample, _ b: ReferenceSample) -> Bool {
        switch (a, b) {
        case (.float(let x), .float(let y)): x == y || (x.isNaN && y.isNaN)
        case (.histogram(let x), .histogram(let y)): x.isSame(as: y)
        default: false
        }
    }

    /// The points that count for `changes` and `resets`: with `anchored` the last one before the window is the first.
    private func countedPoints(_ window: ReferenceWindow) -> [ReferencePoint]? {
        guard window.windowExtension == .anchored else { return window.points }
        guard let last = window.points.last, last.time > window.start else { return nil }
        let first = window.points.lastIndex { $0.time <= window.start } ?? 0
        return Array(window.points[first...])
    }

    private func changes(
        _ window: ReferenceWindow, _ isCounted: (ReferenceSample, ReferenceSample) -> Bool
    ) -> ReferenceSample? {
        guard let points = countedPoints(window) else { return nil }
        return .float(Double(zip(points, points.dropFirst()).count { isCounted($0.sample, $1.sample) }))
    }

    private func resets(_ window: ReferenceWindow) -> ReferenceSample? {
        guard let points = countedPoints(window) else { return nil }
        let count = zip(points, points.dropFirst()).count { a, b in
            if Self.isStartTimeReset(a, b) { return true }
            return switch (a.sample, b.sample) {
            case (.float(let x), .float(let y)): y < x
            case (.histogram(let x), .histogram(let y)): y.isReset(after: x)
            default: true
            }
        }
        return .float(Double(count))
    }

    /// Whether the start time of a sample says that counting began anew after the sample before it.
    static func isStartTimeReset(_ before: ReferencePoint, _ now: ReferencePoint) -> Bool {
        guard now.startTime != 0, now.startTime < now.time, now.startTime >= before.time else { return false }
        if now.startTime > before.time { return true }
        // At the very time of the sample before: a reset of deltas, but not where starts are unknown.
        return before.startTime <= before.time && before.startTime != 0 && before.startTime != before.time
    }
}
