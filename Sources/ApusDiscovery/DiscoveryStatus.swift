/// How the discovery of one section of a job is doing.
package struct DiscoveryStatus: Sendable, Hashable {
    /// The job.
    package let job: String
    /// The mechanism: `static`, `file`, `dns`.
    package let mechanism: String
    /// How many targets it knows.
    package let targetCount: Int
    /// Whether it has told anything yet.
    package let isKnown: Bool
    /// The last failure; `nil` after a success.
    package let lastFailure: DiscoveryFailure?
}
