import ApusModel

/// An instant vector selector: at each step a series' newest sample, if it is young enough and not a staleness marker.
struct SelectorSource: SeriesSource {
    /// What of the sample becomes the value.
    enum Content: Sendable {
        /// The sample itself.
        case value
        /// The sample's time in seconds.
        case timestamp
        /// The time in seconds at which the sample's counting began, 0 where that is unknown.
        case startTimestamp
    }

    let series: [SeriesIdentity]
    private let selection: any SeriesSelection
    private let evaluation: Evaluation
    private let windows: WindowGrid
    private let content: Content
    private let marksResets: Bool

    /// - Parameters:
    ///   - windows: where each step looks: its range is the lookback.
    ///   - marksResets: whether histograms say if there was a reset before them.
    init(
        _ selection: any SeriesSelection, windows: WindowGrid, content: Content, marksResets: Bool,
        evaluation: Evaluation
    ) {
        self.selection = selection
        self.windows = windows
        self.content = content
        self.marksResets = marksResets
        self.evaluation = evaluation
        series = (0..<selection.count).map { SeriesIdentity(labels: selection.labels(at: $0)) }
    }

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        let rolled = try selection.readSamples(
            index, windows.bounds, reachingBack: windows.range, into: &scratch.samples.columns, evaluation)
        row.clearHistograms()
        switch content {
        case .value:
            Self.place(scratch.samples.columns, windows, rolled, into: &row.values) { values, _, sample in
                values[sample]
            }
            if !scratch.samples.columns.histograms.isEmpty {
                if marksResets { scratch.samples.columns.markResets() }
                placeHistograms(scratch.samples.columns, into: &row)
                if !marksResets { row.forgetResets() }
            }
        case .timestamp:
            Self.place(scratch.samples.columns, windows, rolled, into: &row.values) { values, timestamps, sample in
                Point.isPresent(values[sample]) ? Double(timestamps[sample]) / 1_000 : Point.absent
            }
        case .startTimestamp:
            let starts = scratch.samples.columns.startTimestamps
            Self.place(scratch.samples.columns, windows, rolled, into: &row.values) { values, _, sample in
                if Point.isAbsent(values[sample]) { return Point.absent }
                return sample < starts.count ? Double(starts[sample]) / 1_000 : 0
            }
        }
        evaluation.countQueryable(presentIn: row)
    }

    /// Finds the sample of each step; a staleness marker has the bits of an absent value, so that a series that ended is
    /// absent by itself.
    ///
    /// Where only roll-ups are left, a sample is young enough until the next bucket has had time to end.
    @inline(__always)
    private static func place(
        _ columns: SampleColumns, _ windows: WindowGrid, _ rolled: RolledSpan?, into row: inout [Double],
        _ value: (Span<Double>, Span<Int64>, Int) -> Double
    ) {
        let rolledEnd = rolled?.range.upperBound ?? .min
        let rolledRange = max(windows.range, rolled?.resolution ?? 0)
        let timestamps = columns.timestamps.span
        let values = columns.values.span
        let sampleCount = timestamps.count
        var output = row.mutableSpan
        var end = 0
        var time = windows.firstEnd
        for step in 0..<output.count {
            while end < sampleCount && timestamps[end] <= time { end &+= 1 }
            if end > 0,
                timestamps[end - 1] > time &- (timestamps[end - 1] > rolledEnd ? windows.range : rolledRange)
            {
                output[step] = value(values, timestamps, end - 1)
            } else {
                output[step] = Point.absent
            }
            time &+= windows.step
        }
    }

    private func placeHistograms(_ columns: SampleColumns, into row: inout Row) {
        let histograms = columns.histograms
        var end = 0
        var entry = 0
        for step in 0..<row.count {
            let time = windows.end(at: step)
            while end < columns.count && columns.timestamps[end] <= time { end += 1 }
            guard row.isPresent(at: step) else { continue }
            while entry + 1 < histograms.count && histograms[entry + 1].position < end { entry += 1 }
            if histograms[entry].position == end - 1 { row.set(histograms[entry].histogram, at: step) }
        }
    }
}

/// A range vector selector.
struct RangeSelectorSource: WindowSource {
    let series: [SeriesIdentity]
    let windows: WindowGrid
    private let selection: any SeriesSelection
    /// Whether histograms say if there was a reset before them.
    let marksResets: Bool
    private let evaluation: Evaluation

    init(_ selection: any SeriesSelection, windows: WindowGrid, marksResets: Bool, evaluation: Evaluation) {
        self.selection = selection
        self.windows = windows
        self.marksResets = marksResets
        self.evaluation = evaluation
        series = (0..<selection.count).map { SeriesIdentity(labels: selection.labels(at: $0)) }
    }

    func read(_ index: Int, scratch: inout Scratch) throws(QueryError) {
        try selection.readSamples(index, windows.bounds, into: &scratch.samples.columns, evaluation)
        if marksResets, !scratch.samples.columns.histograms.isEmpty { scratch.samples.columns.markResets() }
        scratch.samples.locateWindows(windows)
        scratch.samples.countQueryable(evaluation)
    }

    func read(_ index: Int, widenedTo resolution: Int64, scratch: inout Scratch) throws(QueryError) {
        let bounds = (
            first: windows.window(at: 0, widenedTo: resolution).start &+ 1,
            last: windows.window(at: max(0, windows.count - 1), widenedTo: resolution).end
        )
        try selection.readSamples(index, bounds, into: &scratch.samples.columns, evaluation)
        if marksResets, !scratch.samples.columns.histograms.isEmpty { scratch.samples.columns.markResets() }
        scratch.samples.locateWindows(windows, widenedTo: resolution)
        scratch.samples.countQueryable(evaluation)
    }

    func summaries() -> (any SummarySelection)? { selection.summaries(alignedTo: windows.alignment) }

    func rolledSpan(of index: Int) -> RolledSpan? {
        let bounds = windows.bounds
        return selection.rolledSpan(of: index, from: bounds.first, through: bounds.last)
    }
}

extension SeriesSelection {
    /// Replaces `columns` by the samples of a series; what only roll-ups tell of is remarked.
    ///
    /// - Parameter lookback: how far before the first step a sample counts, that the time before may be read where only roll-ups with longer
    ///   buckets are left; `nil` when samples out of the bounds never count.
    /// - Returns: the span of which only roll-ups are left.
    @discardableResult
    func readSamples(
        _ index: Int, _ bounds: (first: Int64, last: Int64), reachingBack lookback: Int64? = nil,
        into columns: inout SampleColumns, _ evaluation: Evaluation
    ) throws(QueryError) -> RolledSpan? {
        try evaluation.check()
        columns.removeAll()
        let rolled = rolledSpan(of: index, from: bounds.first, through: bounds.last)
        var first = bounds.first
        if let rolled {
            evaluation.annotate(rolled)
            if let lookback, rolled.resolution > lookback { first &-= rolled.resolution &- lookback }
        }
        do {
            try read(index, from: first, through: bounds.last, into: &columns)
        } catch {
            throw QueryError(error)
        }
        if !columns.startTimestamps.isEmpty, !evaluation.limits.features[.startTimestamps] {
            columns.startTimestamps.removeAll(keepingCapacity: true)
        }
        if columns.histograms.isEmpty {
            try evaluation.countRead(columns.count)
        } else {
            columns.markStaleHistograms()
            try evaluation.countRead(columns.histograms.reduce(columns.count) { $0 + $1.histogram.weight })
        }
        return rolled
    }
}

extension SampleColumns {
    /// Marks each histogram of which nothing is known as reset or not, by the one directly before it.
    fileprivate mutating func markResets() {
        for index in histograms.indices.dropFirst() {
            let previous = histograms[index - 1]
            guard histograms[index].histogram.counterResetHint == .unknown,
                histograms[index].position == previous.position + 1
            else { continue }
            let isReset = histograms[index].histogram.detectsReset(after: previous.histogram)
            histograms[index].histogram.counterResetHint = isReset ? .reset : .notReset
        }
    }

    /// Replaces histograms that are staleness markers, which their sum says, by the marker of floats.
    fileprivate mutating func markStaleHistograms() {
        guard histograms.contains(where: { SpecialValue.isStaleMarker($0.histogram.sum) }) else { return }
        for entry in histograms where SpecialValue.isStaleMarker(entry.histogram.sum) {
            values[entry.position] = SpecialValue.staleMarker
        }
        histograms.removeAll { SpecialValue.isStaleMarker($0.histogram.sum) }
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
