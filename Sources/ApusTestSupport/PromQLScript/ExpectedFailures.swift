/// The evaluation blocks that are known not to pass yet.
///
/// The list can only shrink: a listed block that passes, or that does not exist, is an error like one that fails
/// without being listed.
package struct ExpectedFailures: Sendable {
    /// The blocks, as `file:line`.
    package var places: Set<String>

    /// Reads a list: one `file:line` per line; empty lines and what follows `#` do not count.
    package init(_ text: String) {
        places = Set(
            text.split(separator: "\n").compactMap { line in
                let place = ScriptText.trimmed(line.prefix { $0 != "#" })
                return place.isEmpty ? nil : String(place)
            })
    }

    /// What is wrong with the outcomes of a run of all scripts, one text for each block; empty when all is as listed.
    package func problems(in outcomes: [ScriptOutcome]) -> [String] {
        var unseen = places
        var problems: [String] = []
        for outcome in outcomes {
            let isListed = unseen.remove(outcome.place) != nil
            if isListed && outcome.isPassed {
                problems.append("\(outcome.place): passes, so remove it from the list of expected failures")
            } else if !isListed && !outcome.isPassed {
                problems.append(outcome.description)
            }
        }
        problems += unseen.sorted().map { "\($0): is in the list of expected failures, but there is no such block" }
        return problems
    }
}
