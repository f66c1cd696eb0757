import ApusModel
import ApusPromQL

extension ReferenceEvaluator {
    /// `rate`, `increase` and `delta`: the change over the window, extrapolated to its edges.
    func rate(
        _ window: ReferenceWindow, isCounter: Bool, isPerSecond: Bool, _ node: FunctionCall, _ position: SourceRange
    ) throws(ReferenceError) -> ReferenceSample? {
        let points = window.points
        let labels = window.series.labels
        if !window.histograms.isEmpty && !window.floats.isEmpty {
            warn("encountered a mix of histograms and floats\(forMetric(labels))", at: position)
            return nil
        }
        let width = Double(window.end - window.start) / 1000
        if window.windowExtension != nil {
            guard let change = try extendedChange(window, isCounter: isCounter, position) else { return nil }
            return isPerSecond ? Self.scaled(change, by: 1 / width) : change
        }
        var change: ReferenceSample?
        if points.count > 1 {
            change = self.change(points, isCounter: isCounter, labels: labels, position)
            if change == nil { return nil }
        }
        let first = points[0]
        let last = points[points.count - 1]
        var toStart = Double(first.time - window.start) / 1000
        var toEnd = Double(window.end - last.time) / 1000
        var sampled = Double(last.time - first.time) / 1000
        let spacing = points.count > 1 ? sampled / Double(points.count - 1) : 0
        if isCounter, first.startTime > window.start, first.startTime != 0, first.startTime < first.time {
            // Counting began inside the window, from zero: nothing to extrapolate before that.
            toStart = 0
            sampled = Double(last.time - first.startTime) / 1000
            if let sum = change {
                change = added(sum, first.sample, labels: labels, position)
            } else {
                change = first.sample
            }
        } else if points.count < 2 {
            return nil
        } else {
            if toStart >= spacing * 1.1 { toStart = spacing / 2 }
            if isCounter {
                // A counter is never below zero, so it cannot have begun before it was zero.
                switch (change, first.sample) {
                case (.float(let total)?, .float(let value)) where total > 0 && value >= 0:
                    toStart = Swift.min(toStart, sampled * (value / total))
                case (.histogram(let total)?, .histogram(let value)) where total.count > 0 && value.count >= 0:
                    toStart = Swift.min(toStart, sampled * (value.count / total.count))
                default: break
                }
            }
        }
        if toEnd >= spacing * 1.1 { toEnd = spacing / 2 }
        var factor = sampled == 0 ? 1 : (sampled + toStart + toEnd) / sampled
        if isPerSecond { factor /= width }
        return change.map { Self.scaled($0, by: factor) }
    }

    private static func scaled(_ sample: ReferenceSample, by factor: Double) -> ReferenceSample {
        switch sample {
        case .float(let value): .float(value * factor)
        case .histogram(let histogram): .histogram(histogram.multiplied(by: factor))
        }
    }

    private func added(
        _ a: ReferenceSample, _ b: ReferenceSample, labels: LabelSet, _ position: SourceRange
    ) -> ReferenceSample? {
        switch (a, b) {
        case (.float(let x), .float(let y)): return .float(x + y)
        case (.histogram(let x), .histogram(let y)):
            return combined(x, y, sign: 1, labels: labels, position).map { .histogram($0) }
        default: return nil
        }
    }

    /// Last minus first, plus the value before each reset of a counter; `nil` when histograms do not fit together.
    private func change(
        _ points: [ReferencePoint], isCounter: Bool, labels: LabelSet, _ position: SourceRange
    ) -> ReferenceSample? {
        let floats = points.compactMap(\.sample.float)
        if !floats.isEmpty {
            var total = floats[floats.count - 1] - floats[0]
            guard isCounter else { return .float(total) }
            for (before, now) in zip(points, points.dropFirst()) {
                guard let x = before.sample.float, let y = now.sample.float else { continue }
                if y < x || Self.isStartTimeReset(before, now) { total += x }
            }
            noteStartTimeOverlap(points, labels, position)
            return .float(total)
        }
        var histograms = points.compactMap(\.sample.histogram)
        let gauges = histograms.count { $0.hint == .gauge }
        if isCounter && gauges > 0 {
            warn("this native histogram metric is not a counter\(quotedName(labels))", at: position)
        }
        if isCounter, Self.isStartTimeReset(points[0], points[1]) || histograms[1].isReset(after: histograms[0]) {
            // What was before the reset does not matter, not even its layout.
            histograms[0] = ReferenceHistogram(NativeHistogram())
            histograms[0].schema = histograms[1].schema
            histograms[0].bounds = histograms[1].bounds
        }
        let compared = isCounter ? histograms : [histograms[0], histograms[histograms.count - 1]]
        guard Set(compared.map(\.isCustom)).count == 1 else {
            warn(
                "vector contains a mix of histograms with exponential and custom buckets schemas\(forMetric(labels))",
                at: position)
            return nil
        }
        let coarsest = compared.map(\.schema).min() ?? 0
        guard
            var total = combined(
                histograms[histograms.count - 1].reduced(to: coarsest), histograms[0], sign: -1, labels: labels,
                position)
        else { return nil }
        if isCounter {
            for index in histograms.indices.dropFirst() {
                let isReset =
                    Self.isStartTimeReset(points[index - 1], points[index])
                    || histograms[index].isReset(after: histograms[index - 1])
                guard isReset else { continue }
                guard let sum = combined(total, histograms[index - 1], sign: 1, labels: labels, position) else {
                    return nil
                }
                total = sum
            }
            noteStartTimeOverlap(points, labels, position)
        } else if histograms[0].hint != .gauge || histograms[histograms.count - 1].hint != .gauge {
            warn("this native histogram metric is not a gauge\(quotedName(labels))", at: position)
        }
        total.hint = .gauge
        return .histogram(total)
    }

    private func quotedName(_ labels: LabelSet) -> String {
        ": \(QuotedText.quoted(labels.metricName ?? ""))"
    }

    /// Sum or difference with the remark on custom buckets.
    private func combined(
        _ a: ReferenceHistogram, _ b: ReferenceHistogram, sign: Double, labels: LabelSet, _ position: SourceRange
    ) -> ReferenceHistogram? {
        guard let sum = a.added(b, sign: sign) else {
            warn(
                "vector contains a mix of histograms with exponential and custom buckets schemas\(forMetric(labels))",
                at: position)
            return nil
        }
        if sum.reconciledBounds {
            inform(
                "mismatched custom buckets were reconciled during \(sign < 0 ? "subtraction" : "addition")",
                at: position)
        }
        return sum.histogram
    }

    private func noteStartTimeOverlap(_ points: [ReferencePoint], _ labels: LabelSet, _ position: SourceRange) {
        let overlaps = zip(points, points.dropFirst()).contains { before, now in
            now.startTime != 0 && now.startTime < before.time && now.startTime != before.startTime
        }
        if overlaps {
            warn(
                "sample has start time that overlaps with previous sample timestamp for metric"
                    + " \(QuotedText.quoted(labels.metricName ?? ""))", at: position)
        }
    }

    /// The remark on metrics whose names are not those of counters.
    func noteNonCounter(_ window: ReferenceWindow, _ node: FunctionCall, _ position: SourceRange) {
        guard node.function == .rate || node.function == .increase, !window.floats.isEmpty else { return }
        let labels = window.series.labels
        let name = labels.metricName ?? ""
        if settings.treatsTypeAndUnitAsMetadata {
            let type = labels["__type__"] ?? ""
            guard type != "counter", type != "histogram" else { return }
            inform(
                "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\","
                    + " got \(QuotedText.quoted(type)): \(QuotedText.quoted(name))", at: position)
            return
        }
        guard !name.isEmpty, !["_total", "_sum", "_count", "_bucket"].contains(where: { name.hasSuffix($0) }) else {
            return
        }
        inform(
            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket:"
                + " \(QuotedText.quoted(name))", at: position)
    }

    // MARK: The last two samples

    /// `irate` and `idelta`.
    func instantRate(
        _ window: ReferenceWindow, isCounter: Bool, _ node: FunctionCall, _ position: SourceRange
    ) -> ReferenceSample? {
        let points = window.points
        guard points.count >= 2 else { return nil }
        let labels = window.series.labels
        let (before, now) = (points[points.count - 2], points[points.count - 1])
        let seconds = Double(now.time - before.time) / 1000
        switch (before.sample, now.sample) {
        case (.float(let x), .float(let y)):
            guard isCounter else { return .float(y - x) }
            let isReset = y < x || Self.isStartTimeReset(before, now)
            return .float((isReset ? y : y - x) / seconds)
        case (.histogram(let x), .histogram(let y)):
            if isCounter && (x.hint == .gauge || y.hint == .gauge) {
                warn("this native histogram metric is not a counter\(quotedName(labels))", at: position)
            }
            if !isCounter && (x.hint != .gauge || y.hint != .gauge) {
                warn("this native histogram metric is not a gauge\(quotedName(labels))", at: position)
            }
            var result = y
            if !isCounter || !(y.isReset(after: x) || Self.isStartTimeReset(before, now)) {
                guard let difference = combined(y, x, sign: -1, labels: labels, position) else { return nil }
                result = difference
            }
            result.hint = .gauge
            return .histogram(isCounter ? result.divided(by: seconds) : result)
        default:
            warn("encountered a mix of histograms and floats\(forMetric(labels))", at: position)
            return nil
        }
    }

    // MARK: Extended windows

    /// The values at the edges of an extended window; `nil` when the series has none there.
    func bounds(
        of window: ReferenceWindow, isCounter: Bool, at position: SourceRange
    ) throws(ReferenceError) -> (left: ReferenceSample, right: ReferenceSample)? {
        let points = window.points
        guard !points.isEmpty else { return nil }
        let isSmoothed = window.windowExtension == .smoothed
        let first = points.lastIndex { $0.time <= window.start } ?? 0
        var last = points.count - 1
        if isSmoothed { last = points.firstIndex { $0.time >= window.end } ?? last }
        guard points[last].time > window.start, !isSmoothed || points[first].time <= window.end else { return nil }
        var left = points[first].sample
        var right = points[last].sample
        let labels = window.series.labels
        if isSmoothed, points[first].time < window.start {
            guard
                let sample = interpolated(
                    points[first], points[first + 1], at: window.start, isCounter: isCounter, position: position,
                    labels: labels)
            else { return nil }
            left = sample
        }
        if isSmoothed, last > 0, points[last].time > window.end {
            guard
                let sample = interpolated(
                    points[last - 1], points[last], at: window.end, isCounter: isCounter, position: position,
                    labels: labels)
            else { return nil }
            right = sample
        }
        return (left, right)
    }

    /// The samples that an extended window works with: the last before it or the first in it, up to the last in it or,
    /// when smoothed, the first after it.
    private func used(_ window: ReferenceWindow) -> [ReferencePoint] {
        let points = window.points
        let first = points.lastIndex { $0.time <= window.start } ?? 0
        var last = points.count - 1
        if window.windowExtension == .smoothed { last = points.firstIndex { $0.time >= window.end } ?? last }
        return first <= last ? Array(points[first...last]) : []
    }

    private func extendedChange(
        _ window: ReferenceWindow, isCounter: Bool, _ position: SourceRange
    ) throws(ReferenceError) -> ReferenceSample? {
        guard let bounds = try bounds(of: window, isCounter: isCounter, at: position) else { return nil }
        let inside = window.points.filter { $0.time > window.start && $0.time < window.end }
        let labels = window.series.labels
        if case .float(let left) = bounds.left, case .float(let right) = bounds.right {
            var total = right - left
            guard isCounter else { return .float(total) }
            let values = [left] + inside.compactMap(\.sample.float) + [right]
            for (before, now) in zip(values, values.dropFirst()) where now < before { total += before }
            return .float(total)
        }
        guard case .histogram(let left) = bounds.left, case .histogram(let right) = bounds.right else { return nil }
        let histograms = used(window).compactMap(\.sample.histogram)
        guard Set(histograms.map(\.isCustom)).count == 1 else {
            warn(
                "vector contains a mix of histograms with exponential and custom buckets schemas\(forMetric(labels))",
                at: position)
            return nil
        }
        if isCounter, histograms.contains(where: { $0.hint == .gauge }) {
            warn("this native histogram metric is not a counter\(quotedName(labels))", at: position)
        }
        if !isCounter, left.hint != .gauge || right.hint != .gauge {
            warn("this native histogram metric is not a gauge\(quotedName(labels))", at: position)
        }
        guard var total = combined(right, left, sign: -1, labels: labels, position) else { return nil }
        if isCounter {
            var chain = [left] + histograms.dropFirst().dropLast() + [right]
            let startsBefore = used(window)[0].time < window.start && window.windowExtension == .smoothed
            if startsBefore, histograms.count > 1, histograms[1].isReset(after: histograms[0]) {
                // The value at the left edge lies beyond that reset already.
                chain = histograms.count == 2 ? [] : Array(histograms[1...].dropLast()) + [right]
            }
            for (before, now) in zip(chain, chain.dropFirst()) where now.isReset(after: before) {
                guard let sum = combined(total, before, sign: 1, labels: labels, position) else { return nil }
                total = sum
            }
        }
        total.hint = .gauge
        return .histogram(total)
    }

    /// The value at a time on the line between two samples; a counter that was reset begins at zero.
    func interpolated(
        _ before: ReferencePoint, _ after: ReferencePoint, at time: Int64, isCounter: Bool, position: SourceRange,
        labels: LabelSet
    ) -> ReferenceSample? {
        let fraction = Double(time - before.time) / Double(after.time - before.time)
        switch (before.sample, after.sample) {
        case (.float(let x), .float(let y)):
            let start = isCounter && y < x ? 0 : x
            return .float(start + (y - start) * Double(time - before.time) / Double(after.time - before.time))
        case (.histogram(let x), .histogram(let y)):
            if time == before.time { return before.sample }
            if time == after.time { return after.sample }
            if isCounter && y.isReset(after: x) { return .histogram(y.multiplied(by: fraction)) }
            guard let difference = combined(y, x, sign: -1, labels: labels, position),
                let sum = combined(difference.multiplied(by: fraction), x, sign: 1, labels: labels, position)
            else { return nil }
            return .histogram(sum)
        default: return nil
        }
    }
}
