import Synchronization

/// What happened to containers lately, and how often.
///
/// The latest events are kept in a ring for graphs that show them; the counts are exposed as `container_events_total`.
package final class ContainerEventLog: Sendable {
    /// Who and what is counted.
    struct Key: Hashable, Sendable {
        let name: String
        let identity: ContainerIdentity
        let action: ContainerEvent.Action
    }

    private struct State {
        var ring: [ContainerEvent] = []
        /// Where the next event goes once the ring is full.
        var next = 0
        var counts: [Key: (count: UInt64, time: Int64)] = [:]
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let maximumCounts: Int

    /// An empty log of the latest `capacity` events and of counts of `maximumCounts` kinds, of which the oldest give
    /// way.
    package init(capacity: Int = 4_096, maximumCounts: Int = 8_192) {
        self.capacity = max(1, capacity)
        self.maximumCounts = max(1, maximumCounts)
    }

    /// Takes note of an event.
    package func append(_ event: ContainerEvent) {
        state.withLock { state in
            if state.ring.count < capacity {
                state.ring.append(event)
            } else {
                state.ring[state.next] = event
                state.next = (state.next + 1) % capacity
            }
            let key = Key(name: event.name, identity: event.identity, action: event.action)
            if state.counts[key] == nil, state.counts.count >= maximumCounts,
                let oldest = state.counts.min(by: { $0.value.time < $1.value.time })?.key
            {
                state.counts[oldest] = nil
            }
            let count = state.counts[key]?.count ?? 0
            state.counts[key] = (count &+ 1, event.time)
        }
    }

    /// The events from `start` to `end` (milliseconds since the epoch), oldest first; the latest `limit` of them.
    package func events(from start: Int64 = .min, to end: Int64 = .max, limit: Int = .max) -> [ContainerEvent] {
        let events = state.withLock { state in
            Array(state.ring[state.next...] + state.ring[..<state.next])
        }
        return Array(events.filter { $0.time >= start && $0.time <= end }.suffix(max(0, limit)))
    }

    /// How often each thing happened to each container, in a fixed order.
    var counts: [(key: Key, count: UInt64)] {
        state.withLock { $0.counts.map { (key: $0.key, count: $0.value.count) } }
            .sorted {
                ($0.key.name, $0.key.action.rawValue, $0.key.identity.service)
                    < ($1.key.name, $1.key.action.rawValue, $1.key.identity.service)
            }
    }
}
