package import ApusModel
package import ApusPromQL

/// A float or a native histogram.
package enum ReferenceSample: Sendable {
    case float(Double)
    case histogram(ReferenceHistogram)

    /// The float, `nil` for a histogram.
    package var float: Double? {
        if case .float(let value) = self { value } else { nil }
    }

    /// The histogram, `nil` for a float.
    package var histogram: ReferenceHistogram? {
        if case .histogram(let value) = self { value } else { nil }
    }
}

/// A sample with its time.
package struct ReferencePoint: Sendable {
    /// Milliseconds since the epoch.
    package var time: Int64
    /// The value.
    package var sample: ReferenceSample
    /// When counting began, in milliseconds since the epoch; 0 where unknown.
    package var startTime: Int64 = 0

    /// A sample at a time.
    package init(time: Int64, sample: ReferenceSample, startTime: Int64 = 0) {
        self.time = time
        self.sample = sample
        self.startTime = startTime
    }
}

/// A series with samples: of a store, of a window, or of an answer.
package struct ReferenceSeries: Sendable {
    /// The labels, the metric's name included as long as the evaluation lasts.
    package var labels: LabelSet
    /// Whether the name is to be dropped at the end.
    package var dropsName = false
    /// The samples, ascending in time.
    package var points: [ReferencePoint]

    /// A series.
    package init(labels: LabelSet, dropsName: Bool = false, points: [ReferencePoint]) {
        self.labels = labels
        self.dropsName = dropsName
        self.points = points
    }
}

/// An element of an instant vector.
package struct ReferenceElement: Sendable {
    /// The labels, the metric's name included as long as the evaluation lasts.
    package var labels: LabelSet
    /// Whether the name is to be dropped at the end.
    package var dropsName = false
    /// The value.
    package var sample: ReferenceSample
}

/// The value of an expression at one time, or of a range query.
package enum ReferenceValue: Sendable {
    case scalar(Double)
    case string(String)
    case vector([ReferenceElement])
    case matrix([ReferenceSeries])
}

/// The answer to a query.
package struct ReferenceAnswer: Sendable {
    /// The value; a range query always gives a matrix.
    package var value: ReferenceValue
    /// The warnings with their positions, sorted.
    package var warnings: [String]
    /// The infos with their positions, sorted.
    package var infos: [String]
    /// Whether the answer is left open.
    ///
    /// So it is with ties in `topk` and `limitk` of a calculated vector, the deviation of values that differ by their
    /// rounding alone, and a counter reset that only a sample before the window shows.
    package var isAmbiguous: Bool
}

/// Why a query has no answer.
package enum ReferenceError: Error, Sendable {
    case parse(ParseError)
    case badData(String)
    case execution(String)
    case storage(String)
}

/// What holds for all queries.
package struct ReferenceSettings: Sendable {
    /// How long a sample counts as the current one, in milliseconds.
    package var lookback: Int64 = 300_000
    /// The step of subqueries that name none, in milliseconds.
    package var defaultSubqueryStep: Int64 = 60_000
    /// Whether `__type__` and `__unit__` go wherever the metric's name goes.
    package var treatsTypeAndUnitAsMetadata = false
    /// Whether the start times of samples tell of resets.
    package var usesStartTimes = true

    /// The peers' defaults.
    package init() {}
}
