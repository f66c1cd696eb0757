import ApusBytes
import ApusModel
import ApusPromQL

extension Evaluator {
    /// `histogram_quantile`, `histogram_quantiles` and `histogram_fraction`, of classic buckets and of native histograms.
    func buckets(_ call: FunctionCall, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        let arguments = call.arguments
        let vectorArgument: Expression
        var outputs: [BucketFunction] = []
        var label = ""
        switch call.function {
        case .histogramFraction:
            vectorArgument = arguments[2]
            outputs = [.fraction(from: try scalar(arguments[0], on: grid), to: try scalar(arguments[1], on: grid))]
        case .histogramQuantiles:
            vectorArgument = arguments[0]
            label = try string(arguments[1])
            guard isValidLabelName(label) else {
                throw .execution("invalid label name \(evaluation.sourceText(arguments[1].withoutParentheses.range))")
            }
            for argument in arguments.dropFirst(2) {
                let quantiles = try scalar(argument, on: grid)
                remarkInvalidQuantiles(quantiles, at: argument.withoutParentheses.range.start)
                outputs.append(.quantile(quantiles))
            }
        default:
            vectorArgument = arguments[1]
            let quantiles = try scalar(arguments[0], on: grid)
            remarkInvalidQuantiles(quantiles, at: arguments[0].withoutParentheses.range.start)
            outputs = [.quantile(quantiles)]
        }
        let source = try marking(resets: false).vector(vectorArgument, on: grid)
        let position = vectorArgument.withoutParentheses.range.start
        let groups = bucketGroups(source, position: position)
        var series: [SeriesIdentity] = []
        var places: [(group: Int, output: Int)] = []
        for (group, entry) in groups.enumerated() {
            for (index, output) in outputs.enumerated() {
                var labels = entry.labels
                if case .quantile(let quantiles) = output, !label.isEmpty {
                    guard labels[label] == nil else {
                        throw .execution("label \"\(label)\" already present in histogram_quantiles() input")
                    }
                    var builder = LabelSetBuilder(labels)
                    builder.set(label, to: NumberText.string(quantiles.first ?? .nan, .openMetrics))
                    labels = builder.labelSet()
                }
                series.append(SeriesIdentity(labels: labels, dropsName: true))
                places.append((group, index))
            }
        }
        let result = BucketFunctionSource(
            series: series, base: source, groups: groups, outputs: outputs, places: places, grid: grid,
            position: position, evaluation: evaluation)
        return try joiningDuplicates(result, on: grid)
    }

    /// The series that are buckets, by their labels without `le`, each group's ordered by bound.
    private func bucketGroups(_ source: any SeriesSource, position: Int) -> [BucketGroup] {
        let names = LabelNames(["le"])
        var groups: [BucketGroup] = []
        var indices: [LabelSet: Int] = [:]
        for (index, identity) in source.series.enumerated() {
            let text = identity.labels["le"]
            let labels = names.dropping(identity.labels)
            let group = indices[labels] ?? groups.count
            if group == groups.count {
                indices[labels] = group
                groups.append(BucketGroup(labels: labels))
            }
            guard let text else {
                groups[group].unbounded.append(index)
                continue
            }
            if let bound = NumberText.parseFloat(Array(text.utf8).span), !bound.isNaN {
                groups[group].buckets.append((bound, index))
            } else {
                groups[group].malformed.append((text, index))
            }
        }
        for group in groups.indices { groups[group].buckets.sort { $0.bound < $1.bound } }
        return groups
    }
}

/// What is asked of the buckets of a histogram, with its parameters for each step.
private enum BucketFunction: Sendable {
    case quantile([Double])
    case fraction(from: [Double], to: [Double])
}

/// The series that are one histogram: its buckets, or itself.
private struct BucketGroup: Sendable {
    var labels: LabelSet
    var buckets: [(bound: Double, series: Int)] = []
    /// Series whose `le` is no number.
    var malformed: [(text: String, series: Int)] = []
    /// Series without `le`: native histograms, if they are any.
    var unbounded: [Int] = []
}

/// Functions of histograms: the bucket series of a classic one are read together.
private struct BucketFunctionSource: SeriesSource {
    let series: [SeriesIdentity]
    let base: any SeriesSource
    let groups: [BucketGroup]
    let outputs: [BucketFunction]
    /// For each result the histogram and what is asked of it.
    let places: [(group: Int, output: Int)]
    let grid: StepGrid
    /// Where the vector stands.
    let position: Int
    let evaluation: Evaluation

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        let (groupIndex, output) = places[index]
        let group = groups[groupIndex]
        try remarkMalformed(group, into: &row, scratch: &scratch)
        let natives = try nativeRow(group, scratch: &scratch)
        var rows: [Row] = []
        for bucket in group.buckets {
            var bucketRow = scratch.takeRow(grid.count)
            try base.read(bucket.series, into: &bucketRow, scratch: &scratch)
            bucketRow.dropHistograms()
            rows.append(bucketRow)
        }
        row.clearHistograms()
        var buckets = ClassicBuckets()
        var fix: MonotonicityFix?
        var remarks: HistogramRemarks = []
        for step in 0..<grid.count {
            buckets.removeAll()
            for (position, bucket) in group.buckets.enumerated() where rows[position].isPresent(at: step) {
                buckets.append(bound: bucket.bound, count: rows[position].values[step])
            }
            if let histogram = natives?.histogram(at: step) {
                if buckets.isEmpty {
                    row.values[step] = value(of: histogram, outputs[output], at: step, &remarks)
                } else {
                    remarks.insert(.mixedClassicAndNative)
                    row.values[step] = Point.absent
                }
            } else {
                row.values[step] = buckets.isEmpty ? Point.absent : value(of: &buckets, outputs[output], at: step, &fix)
            }
        }
        if let fix { evaluation.annotate(fix, metric: group.labels.metricName ?? "", at: position) }
        evaluation.annotate(remarks, group.labels, at: position)
        while let used = rows.popLast() { scratch.giveBack(used) }
    }

    /// The native histograms of a group; floats among them lack a bound.
    private func nativeRow(_ group: BucketGroup, scratch: inout Scratch) throws(QueryError) -> Row? {
        var result: Row?
        for series in group.unbounded {
            var row = Row(count: grid.count)
            try base.read(series, into: &row, scratch: &scratch)
            if row.hasFloats {
                evaluation.annotate(.badBucketLabel(metric: group.labels.metricName ?? "", label: ""), at: position)
            }
            if row.hasHistograms { result = row }
        }
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

    private func remarkMalformed(
        _ group: BucketGroup, into row: inout Row, scratch: inout Scratch
    ) throws(QueryError) {
        for member in group.malformed {
            try base.read(member.series, into: &row, scratch: &scratch)
            if row.hasFloats {
                evaluation.annotate(
                    .badBucketLabel(metric: group.labels.metricName ?? "", label: member.text), at: position)
            }
        }
    }
}
