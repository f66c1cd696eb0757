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
        let groups = bucketGroups(source)
        for group in groups { try checkAbsence(of: label, in: group.labels) }
        let reader = BucketReader(
            base: source, outputs: outputs, label: label, grid: grid, position: position, evaluation: evaluation)
        return try joiningDuplicates(try rows(of: groups, reader, on: grid), on: grid)
    }

    /// Reads all histograms, in parallel; what is asked of them is far less than their buckets.
    private func rows(
        of groups: [BucketGroup], _ reader: BucketReader, on grid: StepGrid
    ) throws(QueryError) -> RowSource {
        try evaluation.expectRows(series: groups.count * reader.outputs.count, steps: grid.count)
        let parts = evaluation.parts(of: groups.count, atLeast: 4)
        let results = try evaluation.parallel(parts: parts.count) { part, scratch throws(QueryError) in
            var results: [BucketReader.Result] = []
            for group in parts[part] {
                let found = try reader.read(groups[group], scratch: &scratch)
                for result in found {
                    try evaluation.hold(result.rows.count * grid.count)
                    // What has the bound as a label was not seen before it was read.
                    try checkAbsence(of: reader.label, in: result.labels)
                }
                results += found
            }
            return results
        }
        var series: [SeriesIdentity] = []
        var rows: [Row] = []
        for result in results.joined() {
            for (output, row) in zip(reader.outputs, result.rows) {
                series.append(
                    SeriesIdentity(labels: output.labels(result.labels, label: reader.label), dropsName: true))
                rows.append(row)
            }
        }
        return RowSource(series: series, rows: rows)
    }

    /// Fails when series have the label already that is to say which quantile they are.
    private func checkAbsence(of label: String, in labels: LabelSet) throws(QueryError) {
        guard !label.isEmpty, labels[label] != nil else { return }
        throw .execution("label \"\(label)\" already present in histogram_quantiles() input")
    }

    /// The series that are buckets, by their labels without `le`, each group's ordered by bound.
    private func bucketGroups(_ source: any SeriesSource) -> [BucketGroup] {
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
