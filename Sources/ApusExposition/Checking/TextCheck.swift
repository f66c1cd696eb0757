import ApusBytes
import ApusModel

/// Checks what the lines of the text format say together.
///
/// Families may be torn apart, as parsers have always taken them. A TYPE line that comes too late or twice, two samples of
/// one series at one time, and histograms and summaries whose parts contradict each other are refused.
///
/// Source: "Exposition formats" of Prometheus, and the parser of its Go library, whose test corpus this agrees with.
struct TextCheck {
    private struct Series: Hashable {
        var name: String
        var labels: [Label]
        var timestamp: String?
    }

    /// A histogram, or the quantiles of a summary.
    private struct Distribution {
        var hasBuckets = false
        /// Where its first line begins.
        var start: Int
        /// The bound or quantile read last, with its value and timestamp.
        var previous: (number: Double, value: Double, timestamp: String?)?
        /// The value of the bucket without bound.
        var last: Double?
        var count: Double?
    }

    private var types: [String: MetricType] = [:]
    private var helps: Set<String> = []
    private var sampled: Set<String> = []
    private var seen: Set<Series> = []
    private var distributions: [Series: Distribution] = [:]
    /// Where the line begins that is checked.
    private var place = 0

    mutating func check(_ line: BodyLine) throws(ReadFailure) {
        place = line.start
        switch line.content {
        case .metadata(let metadata, let help):
            // Without a text the line is a comment.
            if help?.isEmpty != true { try check(metadata) }
        case .sample(let sample): try check(sample)
        }
    }

    /// Checks what only the end of the body shows.
    mutating func finish() throws(ReadFailure) {
        for (series, distribution) in distributions.sorted(by: { $0.value.start < $1.value.start })
        where distribution.hasBuckets {
            let name = QuotedText.quoted(series.name)
            place = distribution.start
            guard let last = distribution.last else {
                throw failure("histogram \(name) has no bucket with le=\"+Inf\"")
            }
            if let count = distribution.count, count != last {
                throw failure("the count of histogram \(name) is not that of its last bucket")
            }
        }
    }

    private func failure(_ text: String) -> ReadFailure { ReadFailure(.violation(text), at: place) }

    private mutating func check(_ metadata: MetadataText) throws(ReadFailure) {
        let family = String(decoding: metadata.family, as: UTF8.self)
        let quoted = QuotedText.quoted(family)
        switch metadata.content {
        case .type(let type):
            guard types.updateValue(type, forKey: family) == nil else {
                throw failure("second TYPE line for metric \(quoted)")
            }
            guard !sampled.contains(family) else { throw failure("TYPE of metric \(quoted) comes after its samples") }
        case .help:
            guard helps.insert(family).inserted else { throw failure("second HELP line for metric \(quoted)") }
        case .unit, .comment, .eof: break
        }
    }

    private mutating func check(_ sample: BodySample) throws(ReadFailure) {
        let (family, suffix) = self.family(of: sample.name)
        sampled.insert(family)
        let series = Series(name: sample.name, labels: sample.labels, timestamp: sample.timestamp)
        guard seen.insert(series).inserted else { throw failure("two samples of one series") }
        switch (types[family], suffix) {
        case (.summary, ""):
            guard let quantile = try number("quantile", of: sample) else { break }
            try follow(sample, quantile, Series(name: family, labels: sample.labels(without: "quantile")))
        case (.histogram, "_bucket"):
            guard let bound = try number("le", of: sample) else { break }
            try followBucket(sample, bound, Series(name: family, labels: sample.labels(without: "le")))
        case (.histogram, "_count"):
            distributions[Series(name: family, labels: sample.labels), default: Distribution(start: place)].count =
                sample.value
        default: break
        }
    }

    /// Checks that bounds ascend and that a bucket holds what the one before holds.
    private mutating func followBucket(_ sample: BodySample, _ bound: Double, _ key: Series) throws(ReadFailure) {
        let previous = distributions[key]?.previous
        try follow(sample, bound, key)
        if let previous, previous.timestamp == sample.timestamp, sample.value < previous.value {
            throw failure("a bucket of histogram \(QuotedText.quoted(key.name)) has less than the one before")
        }
        distributions[key]?.hasBuckets = true
        if bound == .infinity { distributions[key]?.last = sample.value }
    }

    /// Checks that bounds or quantiles ascend.
    private mutating func follow(_ sample: BodySample, _ number: Double, _ key: Series) throws(ReadFailure) {
        if let previous = distributions[key]?.previous, previous.timestamp == sample.timestamp,
            number <= previous.number
        {
            throw failure("the bounds or quantiles of \(QuotedText.quoted(key.name)) do not ascend")
        }
        distributions[key, default: Distribution(start: place)].previous = (number, sample.value, sample.timestamp)
    }

    /// The family to which a sample belongs and what its name has beyond it.
    private func family(of name: String) -> (name: String, suffix: String) {
        for suffix in ["_bucket", "_count", "_sum"] where name.hasSuffix(suffix) {
            let base = String(name.dropLast(suffix.count))
            switch types[base] {
            case .histogram: return (base, suffix)
            case .summary where suffix != "_bucket": return (base, suffix)
            default: break
            }
        }
        return (name, "")
    }

    /// The number in a label; `nil` where the label is absent.
    private func number(_ label: String, of sample: BodySample) throws(ReadFailure) -> Double? {
        guard let value = sample.label(label) else { return nil }
        let bytes = Array(value.utf8)
        guard let number = NumberText.parseFloat(bytes.span) else {
            throw failure("expected a number as value of label \(label), got \(QuotedText.quoted(value))")
        }
        return number
    }
}
