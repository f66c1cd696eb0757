package import ApusConfig

/// Finds the targets of one discovery section, and keeps looking.
package protocol Discoverer: Sendable {
    /// Finds targets until the calling task is cancelled.
    ///
    /// - Parameter report: takes everything that is known after each change, and every failure. After a failure what was
    ///   known before stays in force.
    func run(report: @escaping @Sendable (DiscoveryEvent) async -> Void) async
}

/// What a discoverer tells.
package enum DiscoveryEvent: Sendable, Hashable {
    /// All groups that are known now; replaces what was told before.
    case groups([TargetGroup])
    /// A source could not be read; the groups told before stay.
    case failure(DiscoveryFailure)
}

/// Why a source of targets could not be read.
package struct DiscoveryFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or name.
    package let source: String
    /// What is wrong, and where.
    package let reason: String

    /// A failure of `source`.
    package init(source: String, reason: String) {
        self.source = source
        self.reason = reason
    }

    package var description: String { "\(source): \(reason)" }
}

/// Waits between two looks; a test gives its own.
package typealias DiscoverySleep = @Sendable (_ milliseconds: Int64) async throws -> Void

/// Waits on the continuous clock.
package let sleepOnContinuousClock: DiscoverySleep = { milliseconds in
    try await Task.sleep(for: .milliseconds(milliseconds))
}

/// The targets that stand in the configuration itself.
package struct StaticDiscoverer: Discoverer {
    private let groups: [TargetGroup]

    /// A discoverer that tells `groups` once.
    package init(_ groups: [TargetGroup]) {
        self.groups = groups
    }

    package func run(report: @escaping @Sendable (DiscoveryEvent) async -> Void) async {
        await report(.groups(groups))
    }
}
