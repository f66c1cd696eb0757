import ApusModel
import ApusPromQL

/// Why series that exist have no sample where a selector looks: when they had one, and whether their target is down.
struct SilenceReasons {
    typealias Reason = Explanation.Reason

    /// So many series are looked at.
    private static let largestRead = 50
    /// How far back the last sample is looked for, one after the other, in milliseconds.
    private static let reaches: [Int64] = [3_600_000, 86_400_000, 30 * 86_400_000]

    private let selector: SelectorReasons
    private let context: ReasonContext
    private let selection: any SeriesSelection

    /// - Parameter selection: the series of the selector, whenever they were.
    init(_ selector: SelectorReasons, _ selection: any SeriesSelection) {
        self.selector = selector
        self.selection = selection
        context = selector.context
    }

    /// The newest sample of some series before a time.
    private struct LastSample {
        var time: Int64
        var isStaleMarker: Bool
        var labels: LabelSet
    }

    /// The reasons, the most telling first.
    func reasons() throws(QueryError) -> [Reason] {
        let bounds = selector.windows.bounds
        let last = try lastSample(through: bounds.last)
        var result: [Reason] = []
        if let last, let down = try downTarget(of: last, at: bounds.last) { result.append(down) }
        result.append(silence(last, try firstSample(after: bounds.last)))
        return result
    }

    private func silence(_ last: LastSample?, _ next: (time: Int64, labels: LabelSet)?) -> Reason {
        let bounds = selector.windows.bounds
        let looked = "\(TimestampText.rfc3339(bounds.first - 1)) to \(TimestampText.rfc3339(bounds.last))"
        let series = ReasonSearch.count(selection.count)
        var text = "\(selector.subject) exists (\(series)), but has no sample where the query looks (\(looked))"
        var suggestions: [String] = []
        if let last {
            let age = TimeText.length(bounds.last - last.time)
            let time = TimestampText.rfc3339(last.time)
            if last.isStaleMarker {
                text +=
                    ": the last of them ended \(age) before, at \(time), when its target stopped exposing it or went"
                    + " away"
            } else {
                text += ": last sample \(age) before, at \(time)"
            }
            if !selector.isRange, bounds.last - last.time < 30 * 86_400_000 {
                let window = DurationText.string(TimeText.roundedWindow(bounds.last - last.time + 60_000))
                let matchers = selector.matchers.map(\.description).joined(separator: ",")
                suggestions.append("last_over_time({\(matchers)}[\(window)])")
            }
        }
        if let next {
            text += last == nil ? ": " : "; "
            text +=
                "\(last == nil ? "first" : "next") sample \(TimeText.length(next.time - bounds.last)) later,"
                + " at \(TimestampText.rfc3339(next.time))"
        }
        return Reason(.noSamplesInRange, text, at: selector.position, suggestions: suggestions)
    }

    // MARK: When there was something

    private func lastSample(through end: Int64) throws(QueryError) -> LastSample? {
        for reach in Self.reaches {
            if let found = try lastSample((end - reach, end), selector.matchers) { return found }
        }
        return try lastSample((ReasonContext.allTimes.first, end), selector.matchers)
    }

    private func lastSample(
        _ times: (first: Int64, last: Int64), _ matchers: [Matcher]
    ) throws(QueryError) -> LastSample? {
        let selection = try context.select(matchers, times)
        var result: LastSample?
        for index in 0..<min(selection.count, Self.largestRead) {
            let samples = try context.samples(selection, index, times)
            guard let time = samples.timestamps.last, let value = samples.values.last else { continue }
            if let result, result.time >= time { continue }
            // What counts is the last true sample; the marker behind it says that the series ended then.
            result = LastSample(
                time: time, isStaleMarker: SpecialValue.isStaleMarker(value), labels: selection.labels(at: index))
        }
        return result
    }

    private func firstSample(after end: Int64) throws(QueryError) -> (time: Int64, labels: LabelSet)? {
        let times = (first: end + 1, last: ReasonContext.allTimes.last)
        let selection = try context.select(selector.matchers, times)
        var result: (time: Int64, labels: LabelSet)?
        for index in 0..<min(selection.count, Self.largestRead) {
            let samples = try context.samples(selection, index, times)
            guard let time = samples.timestamps.first, result.map({ time < $0.time }) ?? true else { continue }
            result = (time, selection.labels(at: index))
        }
        return result
    }

    // MARK: The target

    /// That the target which a series came from is down, if `up` says so.
    private func downTarget(of last: LastSample, at end: Int64) throws(QueryError) -> Reason? {
        guard last.labels.metricName != "up", let instance = last.labels["instance"] else { return nil }
        var matchers = [Matcher(LabelSet.metricName, .equal, "up"), Matcher("instance", .equal, instance)]
        if let job = last.labels["job"] { matchers.append(Matcher("job", .equal, job)) }
        let target = "{\(matchers.dropFirst().reversed().map(\.description).joined(separator: ","))}"
        let times = (first: end - max(context.query.lookback, 3_600_000), last: end)
        let selection = try context.select(matchers, times)
        guard selection.count > 0 else { return nil }
        let samples = try context.samples(selection, 0, times)
        guard let time = samples.timestamps.last, let value = samples.values.last else { return nil }
        if SpecialValue.isStaleMarker(value) || time <= end - context.query.lookback {
            return Reason(
                .targetDown,
                "the target \(target) is no longer scraped: its last \"up\" is \(TimeText.length(end - time)) before",
                at: selector.position)
        }
        guard value == 0 else { return nil }
        let downSince = zip(samples.timestamps, samples.values).reversed().prefix { $0.1 == 0 }.last?.0 ?? time
        return Reason(
            .targetDown,
            "the target \(target) is down: \"up\" is 0 and has been for at least \(TimeText.length(end - downSince))",
            at: selector.position, suggestions: ["up\(target)"])
    }
}
