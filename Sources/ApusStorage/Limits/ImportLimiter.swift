import ApusBytes
import ApusModel
import Synchronization

/// Decides which series of an import are taken: those that the head has, and as many new ones as the limits leave beside them.
///
/// Series of blocks count only where they are part of the import. What was decided of a series holds for the whole import.
struct ImportLimiter {
    /// A label set as 128 bits, by two seeded hashes.
    private struct Fingerprint: Hashable {
        private static let hashes = (
            SeededHash(seed: .random(in: .min ... .max)), SeededHash(seed: .random(in: .min ... .max))
        )

        private let first: UInt64
        private let second: UInt64

        init(_ labels: LabelSet) {
            let run = labels.run
            first = Self.hashes.0.hash(run.span)
            second = Self.hashes.1.hash(run.span)
        }
    }

    private let clock: any WallClock
    /// What decides; `nil` without limits, when nothing is counted.
    private var limiter: SeriesLimiter?
    private var accepted = SeriesLimiter.Accepted()
    /// Whether a series is taken.
    private var decisions: [Fingerprint: Bool] = [:]
    private var table = RefusalTable()
    /// The samples of series that were refused.
    private(set) var refusedSamples = 0

    /// A limiter with limits; the most series that a head takes do not matter to blocks.
    init(_ limits: SeriesLimits, clock: any WallClock) {
        self.clock = clock
        limiter = limits.isEmpty ? nil : SeriesLimiter(limits, maximumSeries: .max, clock: clock)
    }

    /// The limits that refused series, with the number of different ones.
    var refused: [RefusedSeries] { table.entries }

    /// Whether `samples` samples of a series are taken.
    mutating func takes(_ labels: LabelSet, samples: Int, beside head: Head) -> Bool {
        guard limiter != nil else { return true }
        let fingerprint = Fingerprint(labels)
        let isTaken = decisions[fingerprint] ?? decide(labels, beside: head)
        decisions[fingerprint] = isTaken
        if !isTaken { refusedSamples += samples }
        return isTaken
    }

    private mutating func decide(_ labels: LabelSet, beside head: Head) -> Bool {
        let refusal: SeriesRefusal? = head.index.withLock { index in
            guard index.find(labels.run.span) == nil else { return nil }
            return limiter?.decide(labels, in: index, beside: &accepted)
        }
        guard let refusal else { return true }
        _ = table.note(refusal, now: clock.now())
        return false
    }
}
