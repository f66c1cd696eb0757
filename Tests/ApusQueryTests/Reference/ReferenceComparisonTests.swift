import ApusTestSupport
import Foundation
import Testing

/// The engine against the reference evaluator on random data and random queries.
///
/// `APUS_RANDOM_QUERIES` says how many (2,000 otherwise), `APUS_RANDOM_SEED` where to begin. Each number of a query is
/// the seed of its data and its text, so that a failure can be repeated alone.
@Suite("the engine and the reference evaluator")
struct ReferenceComparisonTests {
    private static func setting(_ name: String, otherwise value: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? value
    }

    /// How many comparisons went how.
    private struct Tally {
        var compared = 0
        var empty = 0
        var failures = 0
        var ambiguous = 0
        var unsupported: [String: Int] = [:]
    }

    @Test("give the same answers to random queries")
    func randomQueries() async throws {
        let count = Self.setting("APUS_RANDOM_QUERIES", otherwise: 2_000)
        let firstSeed = Self.setting("APUS_RANDOM_SEED", otherwise: 1)
        var tally = Tally()
        var reported = 0
        var data = RandomData(seed: UInt64(firstSeed / 20))
        var subject = try RandomSubject(data.series)
        for seed in firstSeed..<firstSeed + count {
            // Many queries share their data, which costs more to make than to ask.
            if seed % 20 == 0 {
                data = RandomData(seed: UInt64(seed / 20))
                subject = try RandomSubject(data.series)
            }
            let steps = seed % 1_000 == 999 ? 5_000 : seed % 100 == 99 ? 500 : 40
            let query = RandomQuery(seed: UInt64(seed), data: data, maximumSteps: steps)
            let comparison = RandomComparison(seed: UInt64(seed), series: data.series, query: query)
            switch try await comparison.outcome(on: subject) {
            case .same(let isEmpty):
                tally.compared += 1
                tally.empty += isEmpty ? 1 : 0
            case .sameFailure:
                tally.compared += 1
                tally.failures += 1
            case .ambiguous: tally.ambiguous += 1
            case .unsupported(let reason): tally.unsupported[reason, default: 0] += 1
            case .different(let differences):
                tally.compared += 1
                reported += 1
                // A few in full; the rest would hide them.
                guard reported <= Self.setting("APUS_RANDOM_REPORTS", otherwise: 5) else { continue }
                let smallest = try await comparison.shrunk()
                var smallestDifferences: [String] = []
                if case .different(let texts) = try await smallest.outcome() { smallestDifferences = texts }
                Issue.record(
                    """
                    \(seed): \(query.text) at \(query.time): \(differences.count) differences, smallest case:
                    \(smallest.description)
                      \(smallestDifferences.prefix(5).joined(separator: "\n  "))
                    """)
            }
        }
        print(
            "random queries: \(tally.compared) compared, \(tally.empty) with empty answers, \(tally.failures) with the same"
                + " failure; beside them \(tally.ambiguous) with an open choice; seeds from \(firstSeed)")
        #expect(reported == 0, "\(reported) of \(tally.compared) comparisons differ")
        #expect(tally.unsupported.isEmpty, "the engine refuses: \(tally.unsupported)")
        #expect(tally.ambiguous * 20 <= count, "too many queries leave their answer open")
        #expect(tally.empty * 2 <= count, "too many answers are empty to compare anything")
    }
}
