import ApusPromQL
import Synchronization

/// What the queries of one shape have cost together.
package struct HeavyQuery: Sendable {
    /// The shape's hash, 16 hexadecimal digits.
    package var fingerprint: String
    /// The shape: the query in normal form with its values left open.
    package var query: String
    /// How many were evaluated.
    package var count = 0
    /// How many of them took the slow threshold or longer.
    package var slowCount = 0
    /// How many of them failed.
    package var failures = 0
    /// Their times together, waiting left out, in seconds.
    package var totalSeconds = 0.0
    /// The longest of their times in seconds.
    package var maxSeconds = 0.0
    /// The samples that they read from storage together.
    package var samplesRead = 0
    /// The most bytes that one of them held.
    package var maxMemoryBytes = 0
    /// When the last one ended, in milliseconds since the epoch.
    package var lastSeen: Int64 = 0
}

/// What queries have cost, by their shape; a bounded number of shapes.
final class HeavyQueryTable: Sendable {
    private let capacity: Int
    private let state = Mutex(State())

    private struct State: Sendable {
        var entries: [QueryFingerprint: HeavyQuery] = [:]
        /// The shapes of texts seen lately, because dashboards ask the same again and again.
        var shapes: [String: QueryFingerprint] = [:]
    }

    /// What one query has cost.
    struct Cost: Sendable {
        var seconds: Double
        var isSlow: Bool
        var hasFailed: Bool
        var samplesRead: Int
        var peakBytes: Int
        var end: Int64
    }

    /// A table of at most `capacity` shapes.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// Adds what a query has cost.
    func record(_ text: String, _ expression: Expression, _ cost: Cost) {
        let known = state.withLock { $0.shapes[text] }
        let shape = known ?? QueryFingerprint(expression)
        state.withLock { state in
            if known == nil, text.utf8.count <= 4_096 {
                if state.shapes.count >= 1_024 { state.shapes.removeAll(keepingCapacity: true) }
                state.shapes[text] = shape
            }
            var entry = state.entries[shape] ?? HeavyQuery(fingerprint: shape.id, query: shape.shape)
            entry.count += 1
            entry.slowCount += cost.isSlow ? 1 : 0
            entry.failures += cost.hasFailed ? 1 : 0
            entry.totalSeconds += cost.seconds
            entry.maxSeconds = max(entry.maxSeconds, cost.seconds)
            entry.samplesRead &+= cost.samplesRead
            entry.maxMemoryBytes = max(entry.maxMemoryBytes, cost.peakBytes)
            entry.lastSeen = max(entry.lastSeen, cost.end)
            let isNew = state.entries.updateValue(entry, forKey: shape) == nil
            if isNew, state.entries.count > capacity {
                let cheapest = state.entries.filter { $0.key != shape }
                    .min { $0.value.totalSeconds < $1.value.totalSeconds }
                if let cheapest { state.entries.removeValue(forKey: cheapest.key) }
            }
        }
    }

    /// All shapes, those that cost the most time first.
    var queries: [HeavyQuery] {
        state.withLock { Array($0.entries.values) }
            .sorted { ($1.totalSeconds, $0.query) < ($0.totalSeconds, $1.query) }
    }
}
