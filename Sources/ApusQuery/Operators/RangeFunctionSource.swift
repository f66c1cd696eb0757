import ApusModel

/// A function of a range vector that gives one value per series and step.
enum RangeFunction: Sendable {
    case rate(RateKernel.Form)
    case instantChange(isRate: Bool)
    case changes
    case resets
    case sum
    case average
    case extreme(ExtremeKernel.Form)
    case count
    case presence
    case variance(isRoot: Bool)
    case end(isLast: Bool)
    case endTime(isLast: Bool)
    case quantile([Double])
    case medianDistance
    case slope
    case prediction(seconds: [Double])
    case smoothing([Double], trend: [Double])
    case extendedRate(RateKernel.Form, ExtendedKernel.Extent)
    case extendedCount(isReset: Bool, ExtendedKernel.Extent)

    /// The function on windows that samples beside them take part in; `nil` when it has no such form.
    func extended(_ extent: ExtendedKernel.Extent) -> RangeFunction? {
        switch self {
        case .rate(let form): .extendedRate(form, extent)
        case .changes where !extent.isSmoothed: .extendedCount(isReset: false, extent)
        case .resets where !extent.isSmoothed: .extendedCount(isReset: true, extent)
        default: nil
        }
    }

    /// Whether the result keeps the metric's name: it is a sample of the series itself.
    var keepsName: Bool {
        if case .end = self { return true }
        return false
    }

    /// Evaluates all windows of a series of floats.
    ///
    /// - Returns: what is to be remarked of them.
    func evaluate(_ samples: RangeSamples, on grid: StepGrid, into row: inout [Double]) -> HistogramRemarks {
        switch self {
        case .rate(let form):
            if form.isCounter, !samples.columns.startTimestamps.isEmpty {
                return StartedRateKernel.evaluate(samples, form, into: &row)
            }
            RateKernel.evaluate(samples, form, into: &row)
        case .instantChange(let isRate): PairKernels.instantChange(samples, isRate: isRate, into: &row)
        case .changes: PairKernels.count(samples, isReset: false, into: &row)
        case .resets: PairKernels.count(samples, isReset: true, into: &row)
        case .sum: MomentKernels.sum(samples, into: &row)
        case .average: MomentKernels.average(samples, into: &row)
        case .extreme(let form): ExtremeKernel.evaluate(samples, form, into: &row)
        case .count: PairKernels.sampleCount(samples, isPresence: false, into: &row)
        case .presence: PairKernels.sampleCount(samples, isPresence: true, into: &row)
        case .variance(let isRoot): MomentKernels.variance(samples, isRoot: isRoot, into: &row)
        case .end(let isLast): PairKernels.end(samples, isLast: isLast, into: &row)
        case .endTime(let isLast): PairKernels.endTime(samples, isLast: isLast, into: &row)
        case .quantile(let quantiles): QuantileKernel.overTime(samples, quantiles: quantiles, into: &row)
        case .medianDistance: QuantileKernel.medianDistance(samples, into: &row)
        case .slope: RegressionKernel.slope(samples, into: &row)
        case .prediction(let seconds): RegressionKernel.prediction(samples, seconds: seconds, times: grid, into: &row)
        case .smoothing(let factors, let trend):
            SmoothingKernel.evaluate(samples, smoothing: factors, trend: trend, into: &row)
        case .extendedRate(let form, let extent): ExtendedKernel.rate(samples, form, extent, into: &row)
        case .extendedCount(let isReset, let extent):
            ExtendedKernel.count(samples, isReset: isReset, extent, into: &row)
        }
        return []
    }
}

/// The results of a function over the windows of a range vector.
struct RangeFunctionSource: SeriesSource {
    let series: [SeriesIdentity]
    private let base: any WindowSource
    private let function: RangeFunction
    private let grid: StepGrid
    private let marksResets: Bool
    private let evaluation: Evaluation
    /// Where the argument stands to which annotations refer.
    let position: Int
    /// Whether a name that is not a counter's is to be remarked.
    private let remarksCounter: Bool

    init(
        _ function: RangeFunction, of base: any WindowSource, on grid: StepGrid, marksResets: Bool,
        evaluation: Evaluation, position: Int, remarksCounter: Bool
    ) {
        self.function = function
        self.base = base
        self.grid = grid
        self.marksResets = marksResets
        self.evaluation = evaluation
        self.position = position
        self.remarksCounter = remarksCounter
        series =
            function.keepsName
            ? base.series : base.series.map { SeriesIdentity(labels: $0.labels, dropsName: true) }
    }

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        try evaluation.check()
        try base.read(index, scratch: &scratch)
        evaluate(index, into: &row, scratch: &scratch)
    }

    /// The same with each window moved outwards to whole multiples of `resolution` milliseconds.
    func read(
        _ index: Int, widenedTo resolution: Int64, into row: inout Row, scratch: inout Scratch
    ) throws(QueryError) {
        try base.read(index, widenedTo: resolution, scratch: &scratch)
        evaluate(index, into: &row, scratch: &scratch)
    }

    /// Evaluates the samples of a series that were read.
    func evaluate(_ index: Int, into row: inout Row, scratch: inout Scratch) {
        row.clearHistograms()
        if scratch.samples.columns.histograms.isEmpty {
            let remarks = function.evaluate(scratch.samples, on: grid, into: &row.values)
            evaluation.annotate(remarks, series[index].labels, at: position)
        } else {
            var remarks = function.evaluateMixed(scratch.samples, on: grid, into: &row)
            // Otherwise a reset is what the store says for the sake of rates.
            if !marksResets {
                remarks.remove(.conflictInAggregation)
                if function.keepsName { row.forgetResets() }
            }
            evaluation.annotate(remarks, series[index].labels, at: position)
        }
        if case .quantile(let quantiles) = function { remarkInvalidQuantiles(quantiles, of: row) }
        remark(on: row, of: index)
    }

    /// Where only roll-ups of a series are left within the windows.
    func rolledSpan(of index: Int) -> RolledSpan? { base.rolledSpan(of: index) }

    /// Remarks what the name of a series with results in `row` gives reason to.
    func remark(on row: Row, of index: Int) {
        if remarksCounter, row.hasFloats { remarkNonCounter(series[index].labels, at: position) }
    }

    /// Remarks each quantile outside 0…1 that a value was asked with.
    private func remarkInvalidQuantiles(_ quantiles: [Double], of row: Row) {
        var previous = 0.0
        for step in row.values.indices where row.isPresent(at: step) {
            let quantile = quantiles.count == 1 ? quantiles[0] : quantiles[step]
            if !(quantile >= 0 && quantile <= 1), quantile.bitPattern != previous.bitPattern {
                evaluation.annotate(.invalidQuantile(quantile), at: position)
                previous = quantile
            }
        }
    }

    private func remarkNonCounter(_ labels: LabelSet, at position: Int) {
        let typeTells = evaluation.limits.treatsTypeAndUnitAsMetadata
        // Seen by bytes: a text for each series would cost as much as the rate of a short window.
        if !typeTells, labels.metricNameEnds(withAny: Self.counterEndings) { return }
        guard let metric = labels.metricName else { return }
        if typeTells {
            let type = labels["__type__"] ?? ""
            if type != "counter" && type != "histogram" {
                evaluation.annotate(.possibleNonCounterType(metric: metric, type: type), at: position)
            }
        } else {
            evaluation.annotate(.possibleNonCounter(metric: metric), at: position)
        }
    }

    private static let counterEndings = ["_total", "_sum", "_count", "_bucket"].map { Array($0.utf8) }
}
