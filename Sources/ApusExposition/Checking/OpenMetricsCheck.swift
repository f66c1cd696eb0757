import ApusModel

/// Checks what the lines of an OpenMetrics text say together, family by family.
///
/// Source: OpenMetrics 1.0; where its text leaves a question open, its conformance cases.
struct OpenMetricsCheck {
    /// The family that is being read.
    private struct Family {
        var name: String
        /// Where its first line begins.
        var start: Int
        var type: MetricType?
        var hasHelp = false
        var hasUnitLine = false
        var hasUnit = false
        var hasSamples = false
        /// The names that samples may have.
        var sampleNames: Set<String>
        var seenGroups: Set<[Label]> = []
        var metric: Metric?
        var histogram = HistogramCheck()
    }

    /// The metric that is being read: the samples of a family that have all labels in common but those of the type itself.
    private struct Metric {
        var group: [Label]
        /// Where its first line begins.
        var start: Int
        var timestamp: ExactTime?
        var hasTotal = false
        /// The samples of the current point, by name and labels.
        var seen: Set<[Label]> = []
    }

    private var family: Family?
    /// The names of the families read so far and of the samples that they may have.
    private var taken: Set<String> = []
    /// Where the line begins that is checked.
    private var place = 0

    mutating func check(_ line: BodyLine) throws(ReadFailure) {
        place = line.start
        switch line.content {
        case .metadata(let metadata, _): try check(metadata)
        case .sample(let sample): try check(sample)
        }
    }

    /// Checks the last family.
    mutating func finish() throws(ReadFailure) {
        try endFamily()
    }

    private func failure(_ text: String, at start: Int? = nil) -> ReadFailure {
        ReadFailure(.violation(text), at: start ?? place)
    }

    // MARK: - Families

    private mutating func check(_ metadata: MetadataText) throws(ReadFailure) {
        let name = String(decoding: metadata.family, as: UTF8.self)
        if family?.name != name {
            try endFamily()
            family = Family(name: name, start: place, sampleNames: [name])
        }
        guard var current = family else { return }
        let quoted = QuotedText.quoted(name)
        guard !current.hasSamples else { throw failure("metadata of metric \(quoted) comes after its samples") }
        switch metadata.content {
        case .type(let type):
            guard current.type == nil else { throw failure("second TYPE line for metric \(quoted)") }
            current.type = type
            current.sampleNames = Set(SampleRules.suffixes(of: type).map { name + $0 })
        case .help:
            guard !current.hasHelp else { throw failure("second HELP line for metric \(quoted)") }
            current.hasHelp = true
        case .unit(let unit):
            guard !current.hasUnitLine else { throw failure("second UNIT line for metric \(quoted)") }
            current.hasUnitLine = true
            current.hasUnit = !unit.isEmpty
        case .comment, .eof: break
        }
        family = current
    }

    private mutating func endFamily() throws(ReadFailure) {
        guard var ended = family else { return }
        family = nil
        let type = ended.type ?? .unknown
        let quoted = QuotedText.quoted(ended.name)
        for suffix in Set(SampleRules.suffixes(of: type) + [""]) where !taken.insert(ended.name + suffix).inserted {
            throw failure(
                "metric \(QuotedText.quoted(ended.name + suffix)) clashes with one before, or is torn apart",
                at: ended.start)
        }
        if type == .info || type == .stateSet, ended.hasUnit {
            throw failure("metric \(quoted) has a unit, which its type does not allow", at: ended.start)
        }
        try endMetric(of: ended)
        if type == .histogram || type == .gaugeHistogram, let problem = ended.histogram.finish() {
            throw failure("histogram \(quoted): \(problem)", at: ended.metric?.start)
        }
    }

    private func endMetric(of family: Family) throws(ReadFailure) {
        if family.type == .counter, let metric = family.metric, !metric.hasTotal {
            throw failure("counter \(QuotedText.quoted(family.name)) has no total", at: metric.start)
        }
    }

    // MARK: - Samples

    private mutating func check(_ sample: BodySample) throws(ReadFailure) {
        if family?.sampleNames.contains(sample.name) != true {
            try endFamily()
            family = Family(name: sample.name, start: place, type: .unknown, sampleNames: [sample.name])
        }
        guard var current = family else { return }
        current.hasSamples = true
        let type = current.type ?? .unknown
        let rules = SampleRules(type: type, name: current.name)
        if let problem = rules.problem(of: sample) { throw failure(problem) }
        let suffix = rules.suffix(of: sample)
        // The labels of an info metric cannot be told from those of its value.
        let group = type == .info ? [] : rules.ownLabel(of: suffix).map(sample.labels(without:)) ?? sample.labels
        try place(sample, group: group, in: &current)
        if type == .histogram || type == .gaugeHistogram,
            let problem = current.histogram.add(
                suffix, group: group, bound: sample.label("le").flatMap(SampleRules.number), value: sample.value,
                timestamp: sample.timestamp.flatMap(ExactTime.init))
        {
            throw failure("histogram \(QuotedText.quoted(current.name)): \(problem)")
        }
        family = current
    }

    /// Checks where a sample stands among those of its metric, and its metric among those of the family.
    private func place(_ sample: BodySample, group: [Label], in family: inout Family) throws(ReadFailure) {
        let time = sample.timestamp.flatMap(ExactTime.init)
        if family.metric?.group != group {
            try endMetric(of: family)
            guard family.seenGroups.insert(group).inserted else {
                throw failure("the samples of one metric do not stand together")
            }
            family.metric = Metric(group: group, start: place, timestamp: time)
        }
        guard var metric = family.metric else { return }
        guard (time == nil) == (metric.timestamp == nil) else {
            throw failure("some samples of one metric have a timestamp and some have not")
        }
        if let time, let before = metric.timestamp, time != before {
            // The samples of an info metric may belong to several metrics.
            guard time > before || family.type == .info else {
                throw failure("the timestamps of one metric go backwards")
            }
            metric.seen = []
        }
        metric.timestamp = time
        // With timestamps, two points may have been a moment apart that their text does not show.
        let series = [Label(name: LabelSet.metricName, value: sample.name)] + sample.labels
        guard metric.seen.insert(series).inserted || time != nil else { throw failure("two samples of one series") }
        if sample.name.hasSuffix("_total") { metric.hasTotal = true }
        family.metric = metric
    }
}
