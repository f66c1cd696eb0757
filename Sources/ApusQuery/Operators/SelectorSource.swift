import ApusModel

/// An instant vector selector: at each step a series' newest sample, if it is young enough and not a staleness marker.
struct SelectorSource: SeriesSource {
    let series: [SeriesIdentity]
    private let selection: any SeriesSelection
    private let evaluation: Evaluation
    private let windows: WindowGrid
    private let givesTimestamps: Bool

    /// - Parameters:
    ///   - windows: where each step looks: its range is the lookback.
    ///   - givesTimestamps: whether the value is the sample's time in seconds.
    init(
        _ selection: any SeriesSelection, windows: WindowGrid, givesTimestamps: Bool, evaluation: Evaluation
    ) {
        self.selection = selection
        self.windows = windows
        self.givesTimestamps = givesTimestamps
        self.evaluation = evaluation
        series = (0..<selection.count).map { SeriesIdentity(labels: selection.labels(at: $0)) }
    }

    func read(_ index: Int, into row: inout [Double], scratch: inout Scratch) throws(QueryError) {
        try selection.readFloats(index, windows.bounds, into: &scratch.samples.columns, evaluation)
        let timestamps = scratch.samples.columns.timestamps.span
        let values = scratch.samples.columns.values.span
        let sampleCount = timestamps.count
        var output = row.mutableSpan
        var end = 0
        var time = windows.firstEnd
        for step in 0..<output.count {
            while end < sampleCount && timestamps[end] <= time { end &+= 1 }
            // A staleness marker has the bits of an absent value, so that a series that ended is absent by itself.
            if end > 0, timestamps[end - 1] > time &- windows.range {
                let value = values[end - 1]
                output[step] =
                    givesTimestamps && Point.isPresent(value) ? Double(timestamps[end - 1]) / 1_000 : value
            } else {
                output[step] = Point.absent
            }
            time &+= windows.step
        }
    }
}

/// A range vector selector.
struct RangeSelectorSource: WindowSource {
    let series: [SeriesIdentity]
    let windows: WindowGrid
    private let selection: any SeriesSelection
    private let evaluation: Evaluation

    init(_ selection: any SeriesSelection, windows: WindowGrid, evaluation: Evaluation) {
        self.selection = selection
        self.windows = windows
        self.evaluation = evaluation
        series = (0..<selection.count).map { SeriesIdentity(labels: selection.labels(at: $0)) }
    }

    func read(_ index: Int, scratch: inout Scratch) throws(QueryError) {
        try selection.readFloats(index, windows.bounds, into: &scratch.samples.columns, evaluation)
        scratch.samples.locateWindows(windows)
    }
}

extension SeriesSelection {
    /// Replaces `columns` by the samples of a series; native histograms among them are refused.
    fileprivate func readFloats(
        _ index: Int, _ bounds: (first: Int64, last: Int64), into columns: inout SampleColumns, _ evaluation: Evaluation
    ) throws(QueryError) {
        try evaluation.check()
        columns.removeAll()
        do {
            try read(index, from: bounds.first, through: bounds.last, into: &columns)
        } catch {
            throw QueryError(error)
        }
        guard columns.histograms.isEmpty else {
            throw .unsupported("the evaluation of native histograms, as \(labels(at: index)) has them,")
        }
        try evaluation.countRead(columns.count)
    }
}

extension QueryError {
    /// The failure of storage as that of a query.
    init(_ error: QueryableError) {
        switch error {
        case .invalidPattern: self = .execution(error.description)
        case .unreadable(let text): self = .storage(text)
        case .cancelled: self = .cancelled(error.description)
        }
    }
}
