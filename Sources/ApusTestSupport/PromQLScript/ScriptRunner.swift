import ApusModel
import ApusPromQL

/// How one evaluation block went.
package struct ScriptOutcome: Sendable {
    /// The script's file.
    package var file: String
    /// The line of the block, from 1.
    package var line: Int
    /// The query.
    package var query: String
    /// The differences between what was expected and what came; none when the block passed.
    package var differences: [String]

    /// The outcome of a block.
    package init(file: String, line: Int, query: String, differences: [String]) {
        self.file = file
        self.line = line
        self.query = query
        self.differences = differences
    }

    /// Whether everything was as expected.
    package var isPassed: Bool { differences.isEmpty }

    /// `file:line`, which names the block in lists.
    package var place: String { "\(file):\(line)" }
}

extension ScriptOutcome: CustomStringConvertible {
    package var description: String {
        isPassed ? "\(place): passed" : "\(place): \(query)\n    \(differences.joined(separator: "\n    "))"
    }
}

/// Runs scripts and reports every evaluation block separately.
package struct ScriptRunner<Engine: ScriptEngine>: Sendable {
    /// What the scripts are run against.
    package let engine: Engine
    /// Whether instant queries are asked in other ways that must give the same answer, too.
    ///
    /// That is as a range query around their time, and at other times with `@` on every selector.
    package var repeatsInOtherWays = true

    /// A runner for an engine.
    package init(engine: Engine) {
        self.engine = engine
    }

    /// Runs a script from empty data.
    ///
    /// - Throws: when data cannot be loaded; what goes wrong in evaluations is in the outcomes.
    package func run(_ script: Script) async throws -> [ScriptOutcome] {
        var outcomes: [ScriptOutcome] = []
        try await engine.clear()
        for command in script.commands {
            switch command {
            case .clear:
                try await engine.clear()
            case .load(let load):
                try await engine.load(load.loadedSeries)
            case .evaluate(let evaluation):
                let differences = await differences(evaluation)
                outcomes.append(
                    ScriptOutcome(
                        file: script.file, line: evaluation.line, query: evaluation.query, differences: differences))
            }
        }
        return outcomes
    }

    private func differences(_ evaluation: ScriptEvaluation) async -> [String] {
        let expectation = evaluation.expectation
        let answer =
            switch evaluation.time {
            case .instant(let time): await engine.evaluate(evaluation.query, at: time)
            case .range(let start, let end, let step):
                await engine.evaluate(evaluation.query, from: start, through: end, step: step)
            }
        if let failure = expectation.failure {
            guard case .failure(let message) = answer.value else { return ["expected a failure, got an answer"] }
            return ScriptComparison.differences(failure: failure, message: message)
        }
        var differences: [String]
        if case .range(let start, _, let step) = evaluation.time {
            differences = rangeDifferences(expectation, answer.value, start: start, step: step)
        } else {
            differences = ScriptComparison.differences(expectation, answer.value)
        }
        differences += ScriptComparison.differences(
            annotations: answer.warnings, expected: expectation.warnings, forbidden: expectation.forbidsWarnings,
            kind: "warning")
        differences += ScriptComparison.differences(
            annotations: answer.infos, expected: expectation.infos, forbidden: expectation.forbidsInfos, kind: "info")
        if repeatsInOtherWays, differences.isEmpty, case .instant(let time) = evaluation.time {
            differences += await otherWays(evaluation, at: time)
        }
        return differences
    }

    private func rangeDifferences(
        _ expectation: ScriptExpectation, _ value: ScriptAnswer.Value, start: Int64, step: Int64
    ) -> [String] {
        if case .failure(let message) = value { return ["unexpected failure: \(message)"] }
        guard case .series(let expected) = expectation.value, case .matrix(let actual) = value else {
            return ["expected a matrix"]
        }
        return ScriptComparison.differences(expected, actual, start: start, step: step)
    }

    // MARK: Other ways to ask

    /// The differences when an instant query is asked as a range query, and at other times with `@`.
    private func otherWays(_ evaluation: ScriptEvaluation, at time: Int64) async -> [String] {
        guard let expression = try? Parser.parse(evaluation.query) else { return [] }
        let expectation = evaluation.expectation
        var differences: [String] = []
        let hasFixedForm = expectation.isOrdered || expectation.rangeVector != nil
        if !hasFixedForm, !expression.mentionsQueryRange,
            expression.valueType == .scalar || expression.valueType == .instantVector
        {
            let minute: Int64 = 60_000
            let answer = await engine.evaluate(
                evaluation.query, from: time - minute, through: time + minute, step: minute)
            differences += Self.middleStep(of: answer.value, at: time, expectation).map { "as a range query: \($0)" }
        }
        if let fixed = expression.fixed(at: time) {
            for other in [time &* -10, 0, time / 5, time, time &* 10] {
                let answer = await engine.evaluate(fixed.description, at: other)
                differences += ScriptComparison.differences(expectation, answer.value)
                    .map { "as \(fixed) at \(other) ms: \($0)" }
            }
        }
        return differences
    }

    private static func middleStep(
        of value: ScriptAnswer.Value, at time: Int64, _ expectation: ScriptExpectation
    ) -> [String] {
        guard case .matrix(let elements) = value else { return ScriptComparison.differences(expectation, value) }
        let atTime = elements.compactMap { element -> ScriptAnswer.Element? in
            let points = element.points.filter { $0.timestamp == time }
            return points.isEmpty ? nil : ScriptAnswer.Element(labels: element.labels, points: points)
        }
        if case .scalar = expectation.value {
            guard atTime.count == 1, case .float(let value)? = atTime[0].points.first?.value else {
                return ["expected one series for a scalar"]
            }
            return ScriptComparison.differences(expectation, .scalar(value))
        }
        return ScriptComparison.differences(expectation, .vector(atTime))
    }
}
