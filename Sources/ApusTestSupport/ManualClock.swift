import ApusModel
import Synchronization

/// A time of day that stands still until a test moves it.
package final class ManualClock: WallClock {
    private let milliseconds: Atomic<Int64>

    /// A clock that shows `milliseconds` since the epoch.
    package init(milliseconds: Int64) {
        self.milliseconds = Atomic(milliseconds)
    }

    package func now() -> Int64 {
        milliseconds.load(ordering: .sequentiallyConsistent)
    }

    /// Moves the clock forward, or back with a negative number.
    package func advance(milliseconds delta: Int64) {
        milliseconds.wrappingAdd(delta, ordering: .sequentiallyConsistent)
    }
}
