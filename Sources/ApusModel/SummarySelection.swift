/// Selected series of which runs of samples can be read as summaries.
package protocol SummarySelection: Sendable {
    /// Appends summaries of all samples of the series at `index` from `start` through `end`, in order of time.
    ///
    /// No run lies on both sides of a multiple of the alignment that was asked for, but where `rolledSpan` says so; samples of which there
    /// is no summary come one by one. `start` is a millisecond after a multiple of the alignment, or of the resolution of that span, `end`
    /// is one.
    func read(
        _ index: Int, from start: Int64, through end: Int64, fields: SampleSummaries.Fields,
        into summaries: inout SampleSummaries
    ) throws(QueryableError) -> SummaryOutcome

    /// Appends those samples of a series with native histograms that say what rates need, when there are such: the first and the last one
    /// between two multiples of the alignment, and both sides of each reset or change of layout. Staleness markers are left out.
    ///
    /// - Parameter weights: takes for each how many samples there are behind the one before, up to and with it.
    /// - Returns: `false` when the samples have to be read themselves; what was appended then means nothing.
    func readThinned(
        _ index: Int, from start: Int64, through end: Int64, into columns: inout SampleColumns,
        weights: inout [Double]
    ) throws(QueryableError) -> Bool

    /// Where between two times the series at `index` has runs that may lie on both sides of a multiple of the alignment, because its samples
    /// are gone and no roll-up of a resolution that divides the alignment is left; `nil` when nowhere.
    func rolledSpan(of index: Int, from start: Int64, through end: Int64) -> RolledSpan?
}

/// What reading summaries gave.
package enum SummaryOutcome: Sendable {
    /// Nothing: the samples have to be read themselves, as those of series with native histograms; what was appended means nothing.
    case none
    /// Everything that was asked for, as the samples would tell it.
    case exact
    /// Runs of which not all is known any more; what is not follows from the rest as well as it can.
    case estimated
}

/// A span of time of which only roll-ups of a series are left.
package struct RolledSpan: Sendable, Hashable {
    /// The length of the longest buckets in it, in milliseconds.
    package var resolution: Int64
    /// From the first to the last such bucket within the times that were asked for.
    package var range: ClosedRange<Int64>
    /// A file that should tell of a part of it and is damaged; the part is then missing.
    package var damagedPath: String?

    /// A span that is told by roll-ups of `resolution` milliseconds.
    package init(resolution: Int64, range: ClosedRange<Int64>, damagedPath: String? = nil) {
        self.resolution = resolution
        self.range = range
        self.damagedPath = damagedPath
    }

    /// Both spans as one.
    package func joined(with other: RolledSpan) -> RolledSpan {
        RolledSpan(
            resolution: max(resolution, other.resolution),
            range: min(range.lowerBound, other.range.lowerBound)...max(range.upperBound, other.range.upperBound),
            damagedPath: damagedPath ?? other.damagedPath)
    }
}

extension SeriesSelection {
    /// By default there are no summaries.
    package func summaries(alignedTo alignment: Int64) -> (any SummarySelection)? { nil }

    /// By default every sample is there.
    package func rolledSpan(of index: Int, from start: Int64, through end: Int64) -> RolledSpan? { nil }
}
