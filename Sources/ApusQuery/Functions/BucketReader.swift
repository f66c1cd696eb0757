import ApusBytes
import ApusModel
import ApusPromQL

/// What is asked of the buckets of a histogram, with its parameters for each step.
enum BucketFunction: Sendable {
    case quantile([Double])
    case fraction(from: [Double], to: [Double])

    /// The labels of a result: for one of several quantiles with `label`, which says which it is.
    func labels(_ labels: LabelSet, label: String) -> LabelSet {
        guard !label.isEmpty, case .quantile(let quantiles) = self else { return labels }
        var builder = LabelSetBuilder(labels)
        builder.set(label, to: NumberText.string(quantiles.first ?? .nan, .openMetrics))
        return builder.labelSet()
    }
}

/// The series that are one histogram: its buckets, or itself.
struct BucketGroup: Sendable {
    /// The labels without the bound.
    var labels: LabelSet
    var buckets: [(bound: Double, series: Int)] = []
    /// Series whose `le` is no number.
    var malformed: [(text: String, series: Int)] = []
    /// Series without `le`: native histograms, if they are any.
    var unbounded: [Int] = []
}

/// Reads the bucket series of a classic histogram together, and native histograms, for the functions of both.
struct BucketReader: Sendable {
    /// What is asked of one histogram: a row for each function.
    struct Result: Sendable {
        var labels: LabelSet
        var rows: [Row]
    }

    let base: any SeriesSource
    let outputs: [BucketFunction]
    /// The label that tells quantiles apart; empty when there is none.
    let label: String
    let grid: StepGrid
    /// Where the vector stands.
    let position: Int
    let evaluation: Evaluation

    /// What is asked of the histogram of a group, and of native histograms among its buckets: a series may have a bound
    /// as a label and be a native histogram, which then is one by itself.
    func read(_ group: BucketGroup, scratch: inout Scratch) throws(QueryError) -> [Result] {
        var row = scratch.takeRow(grid.count)
        defer { scratch.giveBack(row) }
        var results = [Result(labels: group.labels, rows: emptyRows)]
        for member in group.malformed {
            try base.read(member.series, into: &row, scratch: &scratch)
            if row.hasFloats {
                evaluation.annotate(
                    .badBucketLabel(metric: group.labels.metricName ?? "", label: member.text), at: position)
            }
            if row.hasHistograms { results.append(native(row, base.series[member.series].labels)) }
        }
        var natives: Row?
        for series in group.unbounded {
            try base.read(series, into: &row, scratch: &scratch)
            if row.hasFloats {
                evaluation.annotate(.badBucketLabel(metric: group.labels.metricName ?? "", label: ""), at: position)
            }
            if row.hasHistograms { natives = row }
        }
        var buckets: [(bound: Double, row: Row)] = []
        for bucket in group.buckets {
            var values = scratch.takeRow(grid.count)
            try base.read(bucket.series, into: &values, scratch: &scratch)
            if values.hasHistograms {
                results.append(native(values, base.series[bucket.series].labels))
                values.dropHistograms()
            }
            buckets.append((bucket.bound, values))
        }
        combine(buckets, natives, group.labels, into: &results[0].rows)
        while let used = buckets.popLast() { scratch.giveBack(used.row) }
        return results
    }

    private var emptyRows: [Row] { outputs.map { _ in Row(count: grid.count) } }

    /// The values of a group at all steps: of its buckets, or of its native histogram.
    private func combine(
        _ rows: [(bound: Double, row: Row)], _ natives: Row?, _ labels: LabelSet, into results: inout [Row]
    ) {
        var buckets = ClassicBuckets()
        var fix: MonotonicityFix?
        var remarks: HistogramRemarks = []
        for step in 0..<grid.count {
            buckets.removeAll()
            for bucket in rows where bucket.row.isPresent(at: step) {
                buckets.append(bound: bucket.bound, count: bucket.row.values[step])
            }
            let histogram = natives?.histogram(at: step)
            if histogram != nil, !buckets.isEmpty {
                remarks.insert(.mixedClassicAndNative)
                continue
            }
            for index in outputs.indices {
                if let histogram {
                    results[index].values[step] = value(of: histogram, outputs[index], at: step, &remarks)
                } else if !buckets.isEmpty {
                    results[index].values[step] = value(of: &buckets, outputs[index], at: step, &fix)
                }
            }
        }
        if let fix { evaluation.annotate(fix, metric: labels.metricName ?? "", at: position) }
        evaluation.annotate(remarks, labels, at: position)
    }

    /// The values of a series of native histograms that has a bound as a label.
    private func native(_ row: Row, _ labels: LabelSet) -> Result {
        var result = Result(labels: labels, rows: emptyRows)
        combine([], row, labels, into: &result.rows)
        return result
    }

    private func value(
        of histogram: NativeHistogram, _ function: BucketFunction, at step: Int, _ remarks: inout HistogramRemarks
    ) -> Double {
        switch function {
        case .fraction(let lower, let upper):
            let result = histogram.fraction(from: lower[step], to: upper[step])
            if result.excludesNaN { remarks.insert(.fractionWithoutNaN) }
            return result.value
        case .quantile(let quantiles):
            let result = histogram.quantile(quantiles[step])
            switch result.nanEffect {
            case .none: break
            case .resultIsNaN: remarks.insert(.quantileOfNaN)
            case .resultIsSkewedHigher: remarks.insert(.quantileSkewedByNaN)
            }
            return result.value
        }
    }

    private func value(
        of buckets: inout ClassicBuckets, _ function: BucketFunction, at step: Int, _ fix: inout MonotonicityFix?
    ) -> Double {
        switch function {
        case .fraction(let lower, let upper):
            return buckets.fraction(from: lower[step], to: upper[step])
        case .quantile(let quantiles):
            let quantile = quantiles[step]
            if quantile >= 0, quantile <= 1, let change = buckets.makeMonotonic() {
                let time = grid.timestamp(at: step)
                let part = MonotonicityFix(
                    lowestBucket: change.lowestBucket, highestBucket: change.highestBucket,
                    largestDifference: change.largestDifference, sampleCount: 1, firstTime: time, lastTime: time)
                if fix?.join(part) == nil { fix = part }
            }
            return buckets.quantile(quantile)
        }
    }
}
