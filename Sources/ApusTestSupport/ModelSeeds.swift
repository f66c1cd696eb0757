import Foundation

/// The seeds of tests that run random operations against a model: one run each.
package enum ModelSeeds {
    /// The seeds to run: six, or as many as `APUS_MODEL_SEEDS` asks for.
    package static let all = Array(
        1...(ProcessInfo.processInfo.environment["APUS_MODEL_SEEDS"].flatMap { UInt64($0) } ?? 6))

    /// Whether a run must have come across everything it is there for.
    ///
    /// The first six are known to; of many others a few by chance hardly do one thing or another.
    package static func mustBeRich(_ seed: UInt64) -> Bool { seed <= 6 }
}
