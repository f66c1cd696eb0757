package import ApusModel

/// One element of an instant vector.
package struct VectorSample: Sendable, Equatable {
    /// The element's labels.
    package var labels: LabelSet
    /// The value; NaN where the element is a histogram.
    package var value: Double
    /// The native histogram, when the element is one.
    package var histogram: NativeHistogram?
    /// The evaluation time in milliseconds since the epoch.
    package var timestamp: Int64

    /// An element.
    package init(labels: LabelSet, value: Double, histogram: NativeHistogram? = nil, timestamp: Int64) {
        self.labels = labels
        self.value = value
        self.histogram = histogram
        self.timestamp = timestamp
    }
}

/// One series of a matrix.
package struct MatrixSeries: Sendable {
    /// The series' labels.
    package var labels: LabelSet
    /// The samples, ascending; only the steps at which the series has a value.
    package var samples: SampleColumns

    /// A series.
    package init(labels: LabelSet, samples: SampleColumns) {
        self.labels = labels
        self.samples = samples
    }
}

/// The value of a query.
package enum QueryValue: Sendable {
    /// A number at a time in milliseconds.
    case scalar(Double, timestamp: Int64)
    /// A text at a time in milliseconds.
    case string(String, timestamp: Int64)
    /// An instant vector, in the order to be shown.
    case vector([VectorSample])
    /// A matrix, sorted by labels.
    case matrix([MatrixSeries])
}

/// What a query cost.
package struct QueryStatistics: Sendable {
    /// Samples read from storage.
    package var samplesRead = 0
    /// The most samples held at one time.
    package var peakSamples = 0
    /// Series selected, counted once per selector.
    package var seriesSelected = 0
    /// Samples that the steps looked at, those of overlapping windows at each step anew.
    package var queryableSamples = 0
    /// The same for each step with its time in milliseconds; `nil` unless asked for.
    package var samplesPerStep: [(timestamp: Int64, count: Int)]?
    /// The most bytes held at one time.
    package var peakMemoryBytes = 0
    /// Time spent waiting for a thread, in nanoseconds.
    package var queueNanoseconds: Int64 = 0
    /// Time spent on parsing, in nanoseconds.
    package var preparationNanoseconds: Int64 = 0
    /// Time spent on evaluation, in nanoseconds.
    package var evaluationNanoseconds: Int64 = 0
    /// Time spent on sorting the result, in nanoseconds.
    package var sortNanoseconds: Int64 = 0

    /// The statistics of a query that did nothing.
    package init() {}
}

extension QueryStatistics {
    /// The time from the begin of the evaluation to the sorted result, in nanoseconds (`evalTotalTime`).
    package var evaluationTotalNanoseconds: Int64 {
        preparationNanoseconds + evaluationNanoseconds + sortNanoseconds
    }

    /// The time from the arrival to the sorted result, in nanoseconds (`execTotalTime`).
    package var executionTotalNanoseconds: Int64 { queueNanoseconds + evaluationTotalNanoseconds }
}

/// The answer to a query.
package struct QueryResult: Sendable {
    /// The value.
    package var value: QueryValue
    /// Annotations that say the result may be wrong; each ends with its position.
    package var warnings: [String] = []
    /// Annotations that say something may not be as intended.
    package var infos: [String] = []
    /// What the query cost.
    package var statistics = QueryStatistics()

    /// An answer with the given value.
    package init(
        value: QueryValue,
        warnings: [String] = [],
        infos: [String] = [],
        statistics: QueryStatistics = QueryStatistics()
    ) {
        self.value = value
        self.warnings = warnings
        self.infos = infos
        self.statistics = statistics
    }
}
