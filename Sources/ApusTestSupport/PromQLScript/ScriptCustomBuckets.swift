import ApusModel

/// Makes native histograms with custom buckets from classic ones, as `load_with_nhcb` asks.
enum ScriptCustomBuckets {
    /// The parts of a classic histogram at one time.
    private struct Parts {
        var cumulative: [Double: Double] = [:]
        var count: Double?
        var sum: Double?
    }

    /// One series of native histograms for each classic histogram.
    static func histograms(from series: [ScriptLoadedSeries]) -> [ScriptLoadedSeries] {
        var groups: [LabelSet: [Int64: Parts]] = [:]
        for one in series {
            guard let name = one.labels.metricName else { continue }
            var builder = LabelSetBuilder(one.labels)
            var bound = 0.0
            let suffix: String
            if name.hasSuffix("_bucket"), let le = one.labels["le"] {
                guard let value = ScriptValues.number(le[...]), !value.isNaN else { continue }
                bound = value
                suffix = "_bucket"
                builder.remove("le")
            } else if name.hasSuffix("_count") {
                suffix = "_count"
            } else if name.hasSuffix("_sum") {
                suffix = "_sum"
            } else {
                continue
            }
            builder.set(LabelSet.metricName, to: String(name.dropLast(suffix.count)))
            let labels = builder.labelSet()
            for sample in one.samples {
                guard case .float(let value) = sample.value else { continue }
                var parts = groups[labels]?[sample.timestamp] ?? Parts()
                switch suffix {
                case "_bucket": parts.cumulative[bound] = value
                case "_count": parts.count = value
                default: parts.sum = value
                }
                groups[labels, default: [:]][sample.timestamp] = parts
            }
        }
        return groups.sorted { $0.key < $1.key }.map { labels, times in
            ScriptLoadedSeries(
                labels: labels,
                samples: times.sorted { $0.key < $1.key }.map { timestamp, parts in
                    ScriptSample(timestamp: timestamp, value: .histogram(histogram(parts), hasHint: false))
                })
        }
    }

    private static func histogram(_ parts: Parts) -> NativeHistogram {
        var histogram = NativeHistogram()
        histogram.schema = NativeHistogram.customBoundsSchema
        let bounds = parts.cumulative.keys.sorted()
        histogram.customBounds = bounds.filter { $0 < .infinity }
        histogram.count =
            parts.count ?? parts.cumulative[.infinity] ?? bounds.last.flatMap { parts.cumulative[$0] } ?? 0
        histogram.sum = parts.sum ?? 0
        var before = 0.0
        for bound in histogram.customBounds {
            let cumulative = parts.cumulative[bound] ?? before
            histogram.positiveBuckets.append(cumulative - before)
            before = cumulative
        }
        histogram.positiveBuckets.append(histogram.count - before)
        histogram.positiveSpans = [
            NativeHistogram.Span(offset: 0, length: UInt32(clamping: histogram.positiveBuckets.count))
        ]
        return histogram
    }
}
