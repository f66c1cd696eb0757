import ApusModel
import ApusPromQL
import Glibc

extension ReferenceEvaluator {
    /// The value of an expression at a time.
    func value(of expression: Expression, at time: Int64) throws(ReferenceError) -> ReferenceValue {
        switch expression {
        case .number(let node): return .scalar(node.value)
        case .string(let node): return .string(node.value)
        case .parenthesised(let node): return try value(of: node.inner, at: time)
        case .vectorSelector(let node): return .vector(try vector(node, at: time))
        case .matrixSelector(let node): return .matrix(try shownWindows(node, at: time))
        case .subquery(let node): return .matrix(try windows(node, at: time))
        case .unary(let node): return try value(of: node, at: time)
        case .binary(let node): return try value(of: node, at: time)
        case .aggregation(let node): return .vector(try value(of: node, at: time))
        case .call(let node): return try value(of: node, at: time)
        }
    }

    /// The number that a scalar expression has.
    func scalar(_ expression: Expression, at time: Int64) throws(ReferenceError) -> Double {
        guard case .scalar(let value) = try value(of: expression, at: time) else {
            throw .badData("expected a scalar")
        }
        return value
    }

    /// The elements that a vector expression has.
    func vector(_ expression: Expression, at time: Int64) throws(ReferenceError) -> [ReferenceElement] {
        guard case .vector(let elements) = try value(of: expression, at: time) else {
            throw .badData("expected an instant vector")
        }
        return elements
    }

    /// The text that a string expression has.
    func string(_ expression: Expression) throws(ReferenceError) -> String {
        guard case .string(let node) = expression.withoutParentheses else { throw .badData("expected a string") }
        if node.invalidBytes != nil { throw .execution("invalid label name or value: not UTF-8") }
        return node.value
    }

    private func value(of node: UnaryExpression, at time: Int64) throws(ReferenceError) -> ReferenceValue {
        let operand = try value(of: node.operand, at: time)
        guard node.operation == .minus else { return operand }
        switch operand {
        case .scalar(let value): return .scalar(-value)
        case .vector(let elements):
            return .vector(
                elements.map { element in
                    var negated = element
                    negated.dropsName = true
                    switch element.sample {
                    case .float(let value): negated.sample = .float(-value)
                    case .histogram(let histogram): negated.sample = .histogram(histogram.multiplied(by: -1))
                    }
                    return negated
                })
        case .string, .matrix: throw .badData("a sign before something else")
        }
    }

    /// A warning for each function that sorts, since the answer to a range query is always in the order of labels.
    func noteIneffectiveSorting(in expression: Expression) {
        if case .call(let node) = expression.withoutParentheses,
            [.sort, .sortDesc, .sortByLabel, .sortByLabelDesc].contains(node.function)
        {
            warn(
                "sort is ineffective for range queries since results are always ordered by labels", at: node.range)
        }
        for child in expression.children { noteIneffectiveSorting(in: child) }
    }

    // MARK: Selectors

    /// The time that a selector or subquery refers to.
    func referenceTime(
        _ anchor: TimeAnchor?, _ offset: DurationValue?, at time: Int64
    ) throws(ReferenceError) -> Int64 {
        let anchored =
            switch anchor {
            case .timestamp(let fixed): fixed
            case .start: start
            case .end: end
            case nil: time
            }
        return anchored - (try duration(offset))
    }

    private func duration(_ value: DurationValue?) throws(ReferenceError) -> Int64 {
        guard let value else { return 0 }
        do {
            return try value.milliseconds(in: context)
        } catch {
            throw .execution("\(error)")
        }
    }

    /// The length of a window or step, in milliseconds.
    func positiveDuration(_ value: DurationValue) throws(ReferenceError) -> Int64 {
        do {
            return try value.positiveMilliseconds(in: context)
        } catch {
            throw .execution("\(error)")
        }
    }

    /// The youngest sample of each series that is not older than the lookback.
    private func vector(_ node: VectorSelector, at time: Int64) throws(ReferenceError) -> [ReferenceElement] {
        try currentPoints(node, at: time).map { ReferenceElement(labels: $0.labels, sample: $0.point.sample) }
    }

    /// The same with the samples' own times.
    func currentPoints(
        _ node: VectorSelector, at time: Int64
    ) throws(ReferenceError) -> [(labels: LabelSet, point: ReferencePoint)] {
        let reference = try referenceTime(node.anchor, node.offset, at: time)
        var result: [(labels: LabelSet, point: ReferencePoint)] = []
        for series in try series(matching: node.matchers) {
            if node.windowExtension == .smoothed {
                if let sample = smoothed(series, at: reference, node) {
                    result.append((series.labels, ReferencePoint(time: time, sample: sample)))
                }
                continue
            }
            guard let last = series.points.lastIndex(where: { $0.time <= reference }) else { continue }
            let candidate = series.points[last]
            guard candidate.time > reference - settings.lookback, !candidate.isStale else { continue }
            // Whether a store knows of a reset that only a sample before the window shows depends on its layout.
            if detectsHints, last > 0, series.points[last - 1].time <= reference - settings.lookback {
                isAmbiguous = true
            }
            result.append((series.labels, candidate))
        }
        return result
    }

    /// The value on the line between the samples before and after a time; the one before when there is none after.
    private func smoothed(
        _ series: ReferenceSeries, at time: Int64, _ node: VectorSelector
    ) -> ReferenceSample? {
        let points = series.points.filter {
            $0.time > time - settings.lookback && $0.time <= time + settings.lookback && !$0.isStale
        }
        let floats = points.filter { $0.sample.float != nil }
        if !floats.isEmpty && floats.count < points.count {
            warn("encountered a mix of histograms and floats\(forMetric(series.labels))", at: node.range)
            return nil
        }
        guard let before = points.last(where: { $0.time <= time }) else { return nil }
        if before.time == time { return before.sample }
        guard let after = points.first(where: { $0.time > time }) else { return before.sample }
        return interpolated(
            before, after, at: time, isCounter: before.sample.histogram.map { $0.hint != .gauge } ?? false,
            position: node.range,
            labels: series.labels)
    }

    /// The samples of each series in the window of a range selector, open at its start and closed at its end.
    func windows(_ node: MatrixSelector, at time: Int64) throws(ReferenceError) -> [ReferenceWindow] {
        let reference = try referenceTime(node.selector.anchor, node.selector.offset, at: time)
        let width = try positiveDuration(node.window)
        let before = node.selector.windowExtension == nil ? 0 : settings.lookback
        let after = node.selector.windowExtension == .smoothed ? settings.lookback : 0
        return try series(matching: node.selector.matchers).map { series in
            ReferenceWindow(
                series: ReferenceSeries(
                    labels: series.labels,
                    points: series.points.filter {
                        $0.time > reference - width - before && $0.time <= reference + after && !$0.isStale
                    }),
                start: reference - width, end: reference, windowExtension: node.selector.windowExtension)
        }
    }

    /// The inner expression's values at the multiples of the step inside the window.
    func windows(_ node: Subquery, at time: Int64) throws(ReferenceError) -> [ReferenceSeries] {
        let reference = try referenceTime(node.anchor, node.offset, at: time)
        let width = try positiveDuration(node.window)
        var step = settings.defaultSubqueryStep
        if let given = node.step { step = try positiveDuration(given) }
        var inner = Int64((Double(reference - width) / Double(step)).rounded(.down)) * step
        while inner <= reference - width { inner += step }
        let outer = detectsHints
        defer { detectsHints = outer }
        detectsHints = false
        var joined = JoinedSeries()
        while inner <= reference {
            try joined.append(try vector(node.inner, at: inner), at: inner)
            inner += step
        }
        // Between the samples that a subquery takes there may be others, so that hints say nothing any more.
        return joined.series.map { series in
            var result = series
            for (index, point) in series.points.enumerated() {
                guard case .histogram(var histogram) = point.sample, histogram.hint != .gauge else { continue }
                histogram.hint = .unknown
                result.points[index].sample = .histogram(histogram)
            }
            return result
        }
    }
}

/// The samples of one series around a window.
struct ReferenceWindow {
    /// The series with the samples in the window, and those that an extension adds.
    var series: ReferenceSeries
    /// The window's edges: after `start` through `end`.
    var start: Int64
    var end: Int64
    /// How samples beside the window take part.
    var windowExtension: WindowExtension?

    var points: [ReferencePoint] { series.points }
    var floats: [(time: Int64, value: Double)] {
        points.compactMap { point in point.sample.float.map { (point.time, $0) } }
    }
    var histograms: [ReferenceHistogram] { points.compactMap(\.sample.histogram) }
}

extension ReferencePoint {
    /// Whether the point says that its series ended.
    var isStale: Bool {
        switch sample {
        case .float(let value): SpecialValue.isStaleMarker(value)
        case .histogram(let histogram): SpecialValue.isStaleMarker(histogram.sum)
        }
    }
}
