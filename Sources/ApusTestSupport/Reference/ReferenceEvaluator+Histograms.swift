import ApusBytes
import ApusModel
import ApusPromQL

extension ReferenceEvaluator {
    /// `histogram_count` and its like, which know native histograms only.
    func histogramValues(_ node: FunctionCall, at time: Int64) throws(ReferenceError) -> [ReferenceElement] {
        // Where only counts and sums are wanted, Prometheus compares neighbouring samples while it reads them, so that
        // conflicts between their hints are seen.
        let outer = detectsHints
        defer { detectsHints = outer }
        detectsHints = [.histogramCount, .histogramSum, .histogramAvg].contains(node.function)
        return try vector(node.arguments[0], at: time).compactMap { element in
            guard let histogram = element.sample.histogram else { return nil }
            let value =
                switch node.function {
                case .histogramCount: histogram.count
                case .histogramSum: histogram.sum
                case .histogramAvg: histogram.sum / histogram.count
                case .histogramStddev: histogram.variance.squareRoot()
                default: histogram.variance
                }
            return ReferenceElement(labels: element.labels, dropsName: true, sample: .float(value))
        }
    }

    /// `histogram_quantile`, `histogram_quantiles` and `histogram_fraction`, of classic and native histograms.
    func bucketFunction(_ node: FunctionCall, at time: Int64) throws(ReferenceError) -> [ReferenceElement] {
        let arguments = node.arguments
        let vectorPosition = arguments.firstIndex { $0.valueType == .instantVector } ?? 0
        let elements = try vector(arguments[vectorPosition], at: time)
        var numbers: [Double] = []
        for argument in arguments where argument.valueType == .scalar { numbers.append(try scalar(argument, at: time)) }
        let isFraction = node.function == .histogramFraction
        if !isFraction {
            for (number, argument) in zip(numbers, arguments.filter { $0.valueType == .scalar })
            where !(number >= 0 && number <= 1) {
                warn(
                    "quantile value should be between 0 and 1, got \(NumberText.string(number, .general))",
                    at: argument.range)
            }
        }
        var result: [ReferenceElement] = []
        func append(_ labels: LabelSet, _ value: (Double) -> Double) throws(ReferenceError) {
            if node.function == .histogramQuantiles {
                let label = try string(arguments[1])
                for number in numbers {
                    var builder = LabelSetBuilder(labels)
                    builder.set(label, to: NumberText.string(number, .openMetrics))
                    result.append(
                        ReferenceElement(
                            labels: builder.labelSet(), dropsName: true, sample: .float(value(number))))
                }
            } else {
                result.append(ReferenceElement(labels: labels, dropsName: true, sample: .float(value(numbers[0]))))
            }
        }
        let position = arguments[vectorPosition].range
        let (classic, order) = classicHistograms(elements, at: position)
        var mixed: Set<LabelSet> = []
        for element in elements {
            guard let histogram = element.sample.histogram else { continue }
            if classic[element.labels] != nil {
                mixed.insert(element.labels)
                warn("vector contains a mix of classic and native histograms\(forMetric(element.labels))", at: position)
                continue
            }
            try append(element.labels) { number in
                if isFraction {
                    if histogram.sum.isNaN {
                        inform(
                            "input to histogram_fraction has NaN observations, which are excluded from all fractions"
                                + forMetric(element.labels), at: position)
                    }
                    return histogram.fraction(from: numbers[0], through: numbers[1])
                }
                let (value, remark) = histogram.quantile(number)
                if remark != .none {
                    inform(
                        "input to histogram_quantile has NaN observations, \(remark.rawValue)\(forMetric(element.labels))",
                        at: position)
                }
                return value
            }
        }
        for labels in order where !mixed.contains(labels) {
            let buckets = classic[labels] ?? []
            try append(labels) { number in
                isFraction
                    ? Self.fraction(from: numbers[0], through: numbers[1], of: buckets)
                    : classicQuantile(number, buckets, labels, at: position)
            }
        }
        return result
    }

    /// A bucket of a classic histogram: how many observations were at most `bound`.
    typealias ClassicBucket = (bound: Double, count: Double)

    private func classicHistograms(
        _ elements: [ReferenceElement], at position: SourceRange
    ) -> (buckets: [LabelSet: [ClassicBucket]], order: [LabelSet]) {
        var buckets: [LabelSet: [ClassicBucket]] = [:]
        var order: [LabelSet] = []
        for element in elements {
            guard let value = element.sample.float else { continue }
            let text = element.labels["le"] ?? ""
            guard let bound = NumberText.parseFloat(Array(text.utf8).span) else {
                warn(
                    "bucket label \"le\" is missing or has a malformed value of \(QuotedText.quoted(text))"
                        + forMetric(element.labels), at: position)
                continue
            }
            let labels = LabelNames(["le"]).dropping(element.labels)
            if buckets[labels] == nil { order.append(labels) }
            buckets[labels, default: []].append((bound, value))
        }
        return (buckets, order)
    }

    /// Buckets in order, those of one bound joined.
    private static func joined(_ buckets: [ClassicBucket]) -> [ClassicBucket] {
        var result: [ClassicBucket] = []
        for bucket in buckets.sorted(by: { $0.bound < $1.bound }) {
            if let last = result.last, last.bound == bucket.bound {
                result[result.count - 1].count += bucket.count
            } else {
                result.append(bucket)
            }
        }
        return result
    }

    private func classicQuantile(
        _ phi: Double, _ unordered: [ClassicBucket], _ labels: LabelSet, at position: SourceRange
    ) -> Double {
        if phi.isNaN { return .nan }
        if phi < 0 { return -.infinity }
        if phi > 1 { return .infinity }
        var buckets = Self.joined(unordered)
        guard buckets[buckets.count - 1].bound == .infinity else { return .nan }
        var isFixed = false
        for index in buckets.indices.dropFirst() {
            let (before, now) = (buckets[index - 1].count, buckets[index].count)
            let isNoise = (now - before).magnitude <= 1e-12 * (now.magnitude + before.magnitude)
            if isNoise {
                buckets[index].count = before
            } else if now < before {
                buckets[index].count = before
                isFixed = true
            }
        }
        if isFixed, buckets[buckets.count - 1].count != 0 {
            inform(
                "input to histogram_quantile needed to be fixed for monotonicity"
                    + " (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"
                    + forMetric(labels), at: position)
        }
        guard buckets.count >= 2 else { return .nan }
        let total = buckets[buckets.count - 1].count
        if total == 0 { return .nan }
        let rank = phi * total
        let index = buckets.dropLast().firstIndex { $0.count >= rank } ?? buckets.count - 1
        if index == buckets.count - 1 { return buckets[index - 1].bound }
        if index == 0 {
            let bound = buckets[0].bound
            return bound <= 0 ? bound : bound * (rank / buckets[0].count)
        }
        let (low, high) = (buckets[index - 1], buckets[index])
        return low.bound + (high.bound - low.bound) * ((rank - low.count) / (high.count - low.count))
    }

    private static func fraction(
        from lower: Double, through upper: Double, of unordered: [ClassicBucket]
    ) -> Double {
        let buckets = joined(unordered)
        guard buckets[buckets.count - 1].bound == .infinity else { return .nan }
        let total = buckets[buckets.count - 1].count
        if total == 0 || lower.isNaN || upper.isNaN { return .nan }
        if lower >= upper { return 0 }
        func rank(of value: Double) -> Double {
            if value == .infinity { return total }
            var (bound, count) = (buckets[0].bound > 0 ? 0 : -Double.infinity, 0.0)
            for bucket in buckets {
                if value <= bound { return count }
                if value < bucket.bound {
                    if bucket.bound == .infinity { return count }
                    // Nothing is known of where in such a first bucket its observations lie.
                    if bound == -.infinity { return bucket.count }
                    return count + (bucket.count - count) * (value - bound) / (bucket.bound - bound)
                }
                (bound, count) = (bucket.bound, bucket.count)
            }
            return count
        }
        return (rank(of: upper) - rank(of: lower)) / total
    }
}
