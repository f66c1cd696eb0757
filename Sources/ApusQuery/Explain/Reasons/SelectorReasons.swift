import ApusModel
import ApusPromQL

/// Why a selector finds nothing: what of it does not exist, or when there was something.
struct SelectorReasons {
    typealias Reason = Explanation.Reason

    let context: ReasonContext
    let matchers: [Matcher]
    let position: SourceRange
    /// Where the steps look.
    let windows: WindowGrid
    /// Whether it is a range selector.
    let isRange: Bool
    /// The matchers of the metric's name.
    let nameMatchers: [Matcher]

    init(
        _ context: ReasonContext, _ selector: VectorSelector, at position: SourceRange, _ windows: WindowGrid,
        isRange: Bool
    ) {
        self.context = context
        matchers = selector.matchers
        self.position = position
        self.windows = windows
        self.isRange = isRange
        nameMatchers = selector.matchers.filter { $0.name == LabelSet.metricName }
    }

    /// The reasons, the most telling first.
    func reasons() throws(QueryError) -> [Reason] {
        let anyTime = try context.select(matchers)
        if anyTime.count > 0 { return try SilenceReasons(self, anyTime).reasons() }
        if !nameMatchers.isEmpty, try context.select(nameMatchers).count == 0 { return [try unknownMetric()] }
        var result: [Reason] = []
        let others = matchers.filter { $0.name != LabelSet.metricName }
        for matcher in others where try context.select(nameMatchers + [matcher]).count == 0 {
            result.append(try unknownValue(matcher))
        }
        if result.isEmpty { result.append(try unknownCombination(others)) }
        return result
    }

    /// The metric in words: its name in quotes, or what is selected.
    var subject: String {
        nameMatchers.first { $0.operation == .equal }.map { QuotedText.quoted($0.value) }
            ?? "{\(matchers.map(\.description).joined(separator: ","))}"
    }

    // MARK: What does not exist

    private func unknownMetric() throws(QueryError) -> Reason {
        guard nameMatchers.count == 1, let matcher = nameMatchers.first, matcher.operation == .equal else {
            return Reason(
                .metricNeverSeen,
                "no metric has a name with \(nameMatchers.map(\.description).joined(separator: " and "))", at: position)
        }
        let all = try context.values(of: LabelSet.metricName, among: [])
        let nearest = NearestNames(matcher.value).best(among: all)
        let count = all.isEmpty ? "; nothing is stored at all" : ""
        return Reason(
            .metricNeverSeen, "no series has the metric name \(QuotedText.quoted(matcher.value))\(count)", at: position,
            suggestions: nearest)
    }

    private func unknownValue(_ matcher: Matcher) throws(QueryError) -> Reason {
        let labels = try context.labels(among: nameMatchers)
        let label = QuotedText.quoted(matcher.name)
        guard labels.contains(matcher.name) else {
            let others = labels.prefix(20).map(QuotedText.quoted).joined(separator: ", ")
            let has = labels.isEmpty ? "it has no labels" : "its labels are \(others)"
            return Reason(
                .labelNotPresent, "no series of \(subject) has the label \(label); \(has)", at: position,
                suggestions: NearestNames(matcher.name).best(among: labels, limit: 3))
        }
        let values = try context.values(of: matcher.name, among: nameMatchers)
        func written(_ value: String) -> String { Matcher(matcher.name, .equal, value).description }
        switch matcher.operation {
        case .equal where matcher.value.isEmpty, .matchesPattern where matcher.value.isEmpty:
            return Reason(
                .labelValueNotPresent, "every series of \(subject) has the label \(label)", at: position,
                suggestions: values.prefix(3).map(written))
        case .equal:
            var nearest = NearestNames(matcher.value).best(among: values, limit: 3)
            if nearest.isEmpty { nearest = Array(values.prefix(3)) }
            let elsewhere = try places(of: matcher.value, among: labels, besides: matcher.name)
            return Reason(
                .labelValueNotPresent,
                "no series of \(subject) has \(matcher); \(Self.count(values, of: label))", at: position,
                suggestions: elsewhere + nearest.map(written))
        case .matchesPattern:
            return Reason(
                .labelValueNotPresent,
                "no value of the label \(label) of \(subject) matches \(QuotedText.quoted(matcher.value));"
                    + " \(Self.count(values, of: label))", at: position,
                suggestions: values.prefix(3).map(written))
        case .notEqual, .matchesNotPattern:
            return Reason(
                .labelValueNotPresent,
                "\(matcher) leaves nothing: \(Self.count(values, of: label)) of \(subject), all of them excluded",
                at: position)
        }
    }

    /// The value written with another label that has it.
    private func places(of value: String, among labels: [String], besides label: String) throws(QueryError) -> [String]
    {
        var result: [String] = []
        for other in labels.prefix(30) where other != label {
            let matcher = Matcher(other, .equal, value)
            if try context.select(nameMatchers + [matcher]).count > 0 { result.append(matcher.description) }
            if result.count == 2 { break }
        }
        return result
    }

    private static func count(_ values: [String], of label: String) -> String {
        let shown = values.prefix(3).map(QuotedText.quoted).joined(separator: ", ")
        if values.count <= 3 { return "its only value\(values.count == 1 ? " is" : "s are") \(shown)" }
        return "it has \(values.count) values of \(label), such as \(shown)"
    }

    private func unknownCombination(_ matchers: [Matcher]) throws(QueryError) -> Reason {
        for (index, first) in matchers.enumerated() {
            for second in matchers.dropFirst(index + 1)
            where try context.select(nameMatchers + [first, second]).count == 0 {
                let values = try context.values(of: second.name, among: nameMatchers + [first])
                return Reason(
                    .combinationNotPresent,
                    "\(first) and \(second) each select series of \(subject), but none has both", at: position,
                    suggestions: values.prefix(3).map { Matcher(second.name, .equal, $0).description })
            }
        }
        let all = matchers.map(\.description).joined(separator: ", ")
        return Reason(
            .combinationNotPresent, "\(all) each select series of \(subject), but no series fulfils all of them",
            at: position)
    }

    // MARK: Intervals

    /// The usual distance of two samples of a few of the selected series in the hour before the windows and in them.
    static func interval(
        of matchers: [Matcher], _ windows: WindowGrid, _ context: ReasonContext
    ) throws(QueryError) -> Int64? {
        let bounds = windows.bounds
        let times = (first: bounds.first - 3_600_000, last: bounds.last)
        let selection = try context.select(matchers, times)
        var distances: [Int64] = []
        for index in 0..<min(selection.count, 5) {
            let samples = try context.samples(selection, index, times)
            distances += zip(samples.timestamps, samples.timestamps.dropFirst()).map { $1 - $0 }
        }
        distances.sort()
        return distances.isEmpty ? nil : distances[distances.count / 2]
    }
}
