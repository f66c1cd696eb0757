import Synchronization

/// Keeps what something reports.
package final class EventCollector<Event: Sendable>: Sendable {
    private let events = Mutex<[Event]>([])

    /// Nothing was reported yet.
    package init() {}

    /// Takes one event.
    @Sendable
    package func append(_ event: Event) {
        events.withLock { $0.append(event) }
    }

    /// What was reported so far.
    package var all: [Event] { events.withLock { $0 } }
}
