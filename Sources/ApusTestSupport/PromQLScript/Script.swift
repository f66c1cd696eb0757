package import ApusModel

/// A script in the field's `.test` language: data to load and queries with their expected answers.
package struct Script: Sendable {
    /// The file's name, for reports.
    package var file: String
    /// What to do, in order.
    package var commands: [ScriptCommand]
}

/// One command of a script.
package enum ScriptCommand: Sendable {
    /// Forget all data.
    case clear
    /// Add data.
    case load(ScriptLoad)
    /// Ask a query and compare the answer.
    case evaluate(ScriptEvaluation)
}

/// A `load` block.
package struct ScriptLoad: Sendable {
    /// The line of the command, from 1.
    package var line: Int
    /// The distance of neighbouring values in milliseconds.
    package var step: Int64
    /// Whether native histograms with custom buckets are made from the classic ones: `load_with_nhcb`.
    package var makesCustomBuckets: Bool
    /// The series; each appears once.
    package var series: [ScriptSeries]
}

/// A series with its values: value i belongs to the time i × step after the first.
package struct ScriptSeries: Sendable, Equatable {
    /// The line it stands in, from 1.
    package var line: Int
    /// The labels.
    package var labels: LabelSet
    /// The values; `nil` where there is none.
    package var values: [ScriptValue?]
    /// The start times relative to the values' own times, in milliseconds; empty when none are given.
    package var startOffsets: [Int64?] = []
}

/// A value in a script.
package enum ScriptValue: Sendable, Equatable {
    /// A float; a staleness marker is one with its bits.
    case float(Double)
    /// A native histogram; in expectations its hint counts only when it was given.
    case histogram(NativeHistogram, hasHint: Bool)
}

/// An `eval` block.
package struct ScriptEvaluation: Sendable {
    /// When the query is evaluated; all times are milliseconds since the epoch.
    package enum Time: Sendable, Equatable {
        /// Once.
        case instant(Int64)
        /// From `start` to `end`, both included, every `step`.
        case range(start: Int64, end: Int64, step: Int64)
    }

    /// The line of the command, from 1.
    package var line: Int
    /// When the query is evaluated.
    package var time: Time
    /// The query.
    package var query: String
    /// What the answer must be.
    package var expectation = ScriptExpectation()
}

/// What an answer must be.
package struct ScriptExpectation: Sendable {
    /// A condition on a message.
    package enum Text: Sendable {
        /// There is one.
        case any
        /// It is exactly this.
        case equal(String)
        /// Some part of it matches this pattern.
        case matching(String)
    }

    /// The expected result.
    package enum Value: Sendable {
        /// The elements of a vector or matrix.
        case series([ScriptSeries])
        /// A scalar.
        case scalar(Double)
        /// A string.
        case string(String)
    }

    /// The error, when the query must fail.
    package var failure: Text?
    /// What the warnings must be; empty when they do not matter.
    package var warnings: [Text] = []
    /// What the infos must be; empty when they do not matter.
    package var infos: [Text] = []
    /// Whether there must be no warnings.
    package var forbidsWarnings = false
    /// Whether there must be no infos.
    package var forbidsInfos = false
    /// Whether the elements must come in the order of the script.
    package var isOrdered = false
    /// The times of the values when an instant query gives a matrix, in milliseconds.
    package var rangeVector: (start: Int64, end: Int64, step: Int64)?
    /// The result.
    package var value: Value = .series([])
}

/// Why a text is not a script.
package struct ScriptError: Error, Sendable, CustomStringConvertible {
    /// The file.
    package let file: String
    /// The line, from 1.
    package let line: Int
    /// What is wrong.
    package let message: String

    package var description: String { "\(file):\(line): \(message)" }
}
