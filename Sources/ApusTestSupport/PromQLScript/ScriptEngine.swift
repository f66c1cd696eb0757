package import ApusModel

/// What a script is run against.
package protocol ScriptEngine: Sendable {
    /// Forgets all data.
    func clear() async throws
    /// Adds data; the times may be before those of data that is there.
    func load(_ series: [ScriptLoadedSeries]) async throws
    /// Answers a query at one time, in milliseconds since the epoch.
    func evaluate(_ query: String, at time: Int64) async -> ScriptAnswer
    /// Answers a query for a range of times, in milliseconds since the epoch; a scalar comes as a matrix, too.
    func evaluate(_ query: String, from start: Int64, through end: Int64, step: Int64) async -> ScriptAnswer
}

/// A series to be loaded.
package struct ScriptLoadedSeries: Sendable {
    /// The labels.
    package var labels: LabelSet
    /// The samples, ascending in time.
    package var samples: [ScriptSample]
}

/// A sample to be loaded, or a point of an answer.
package struct ScriptSample: Sendable {
    /// Milliseconds since the epoch.
    package var timestamp: Int64
    /// The value.
    package var value: ScriptValue
    /// The start time, in milliseconds since the epoch, when there is one.
    package var startTimestamp: Int64?

    /// A sample.
    package init(timestamp: Int64, value: ScriptValue, startTimestamp: Int64? = nil) {
        self.timestamp = timestamp
        self.value = value
        self.startTimestamp = startTimestamp
    }
}

/// What an engine answers.
package struct ScriptAnswer: Sendable {
    /// One series of an answer.
    package struct Element: Sendable {
        /// The labels.
        package var labels: LabelSet
        /// The points, ascending in time; one for an element of an instant vector.
        package var points: [ScriptSample]

        /// A series of an answer.
        package init(labels: LabelSet, points: [ScriptSample]) {
            self.labels = labels
            self.points = points
        }
    }

    /// The result.
    package enum Value: Sendable {
        case scalar(Double)
        case string(String)
        case vector([Element])
        case matrix([Element])
        /// The query failed with this message (without the position of a parse error).
        case failure(String)
    }

    /// The result.
    package var value: Value
    /// The warnings, as the API shows them.
    package var warnings: [String]
    /// The infos, as the API shows them.
    package var infos: [String]

    /// An answer.
    package init(_ value: Value, warnings: [String] = [], infos: [String] = []) {
        self.value = value
        self.warnings = warnings
        self.infos = infos
    }
}

extension ScriptLoad {
    /// The data of the block, with the times of the samples.
    package var loadedSeries: [ScriptLoadedSeries] {
        let loaded = series.map { series in
            var samples: [ScriptSample] = []
            for (index, value) in series.values.enumerated() {
                guard let value else { continue }
                let timestamp = Int64(index) &* step
                let offset = index < series.startOffsets.count ? series.startOffsets[index] : nil
                samples.append(
                    ScriptSample(timestamp: timestamp, value: value, startTimestamp: offset.map { timestamp &+ $0 }))
            }
            return ScriptLoadedSeries(labels: series.labels, samples: samples)
        }
        return makesCustomBuckets ? loaded + ScriptCustomBuckets.histograms(from: loaded) : loaded
    }
}
