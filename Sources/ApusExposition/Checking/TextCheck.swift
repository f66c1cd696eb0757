import ApusBytes
import ApusModel

/// Checks what the lines of the text format say together.
///
/// Families may be torn apart, as parsers have always taken them; a TYPE line that comes too late or twice, two samples of
/// one series, a bound that is no number and a histogram whose last bucket is not its count may not be.
struct TextCheck {
    private struct Series: Hashable {
        var name: String
        var labels: [Label]
    }

    private struct Population {
        var last: Double?
        var count: Double?
        var hasBuckets = false
    }

    private var types: [String: MetricType] = [:]
    private var helps: Set<String> = []
    private var sampled: Set<String> = []
    private var seen: Set<Series> = []
    private var histograms: [Series: Population] = [:]

    mutating func check(_ line: BodyLine) throws(ReadFailure) {
        switch line.content {
        case .metadata(let metadata, let help):
            // Without a text the line is a comment.
            if help?.isEmpty != true { try check(metadata, at: line.start) }
        case .sample(let sample): try check(sample, at: line.start)
        }
    }

    /// Checks what only the end of the body shows.
    mutating func finish(at end: Int) throws(ReadFailure) {
        for (series, population) in histograms.sorted(by: { $0.key.name < $1.key.name }) {
            let name = QuotedText.quoted(series.name)
            guard population.hasBuckets else { continue }
            guard let last = population.last else {
                throw ReadFailure(.violation("histogram \(name) has no bucket with le=\"+Inf\""), at: end)
            }
            if let count = population.count, count != last {
                throw ReadFailure(.violation("the count of histogram \(name) is not that of its last bucket"), at: end)
            }
        }
    }

    private mutating func check(_ metadata: MetadataText, at start: Int) throws(ReadFailure) {
        let family = String(decoding: metadata.family, as: UTF8.self)
        switch metadata.content {
        case .type(let type):
            guard types.updateValue(type, forKey: family) == nil else {
                throw ReadFailure(.violation("second TYPE line for metric \(QuotedText.quoted(family))"), at: start)
            }
            guard !sampled.contains(family) else {
                throw ReadFailure(
                    .violation("TYPE of metric \(QuotedText.quoted(family)) comes after its samples"), at: start)
            }
        case .help:
            guard helps.insert(family).inserted else {
                throw ReadFailure(.violation("second HELP line for metric \(QuotedText.quoted(family))"), at: start)
            }
        case .unit, .comment, .eof: break
        }
    }

    private mutating func check(_ sample: BodySample, at start: Int) throws(ReadFailure) {
        let (family, suffix) = self.family(of: sample.name)
        sampled.insert(family)
        guard sample.timestamp != nil || seen.insert(Series(name: sample.name, labels: sample.labels)).inserted else {
            throw ReadFailure(.violation("two samples of one series"), at: start)
        }
        switch (types[family], suffix) {
        case (.summary, ""):
            try checkNumber("quantile", of: sample, at: start)
        case (.histogram, "_bucket"):
            try checkNumber("le", of: sample, at: start)
            let key = Series(name: family, labels: sample.labels(without: "le"))
            histograms[key, default: Population()].hasBuckets = true
            let bound = sample.label("le").map { Array($0.utf8) } ?? []
            if NumberText.parseFloat(bound.span) == .infinity {
                histograms[key, default: Population()].last = sample.value
            }
        case (.histogram, "_count"):
            histograms[Series(name: family, labels: sample.labels), default: Population()].count = sample.value
        default: break
        }
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

    private func checkNumber(_ label: String, of sample: BodySample, at start: Int) throws(ReadFailure) {
        guard let value = sample.label(label) else { return }
        let bytes = Array(value.utf8)
        guard NumberText.parseFloat(bytes.span) != nil else {
            throw ReadFailure(
                .violation("expected a number as value of label \(label), got \(QuotedText.quoted(value))"), at: start)
        }
    }
}
