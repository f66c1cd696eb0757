import ApusModel
import Synchronization

/// A value that only goes up: requests served, bytes written, errors met.
///
/// ```swift
/// let served = try registry.counter("requests_served_total", help: "Requests answered.")
/// served.increment()
/// served.increment(by: 3)
/// ```
///
/// Every method may be called from any thread; none waits. Whole amounts cost one atomic addition (about 2 ns).
public final class Counter: Instrument {
    // Whole and fractional amounts are kept apart, so that the usual increment is an addition and no compare-exchange.
    private let whole = Atomic<UInt64>(0)
    private let fraction = AtomicDouble()
    private let createdAt: Atomic<Int64>
    private let exemplars = LazyExemplars()

    init(clock: any WallClock) {
        createdAt = Atomic(clock.now())
    }

    /// Adds one.
    public func increment() {
        whole.wrappingAdd(1, ordering: .relaxed)
    }

    /// Adds a whole amount.
    ///
    /// A counter never goes down: a negative amount is not added.
    ///
    /// - Returns: Whether the amount was added.
    @discardableResult
    public func increment(by amount: Int) -> Bool {
        guard amount >= 0 else { return false }
        whole.wrappingAdd(UInt64(amount), ordering: .relaxed)
        return true
    }

    /// Adds an amount that need not be whole, such as seconds.
    ///
    /// A counter never goes down: a negative amount, and one that is not a number, is not added.
    ///
    /// - Returns: Whether the amount was added.
    @discardableResult
    public func increment(by amount: Double) -> Bool {
        guard amount >= 0 else { return false }
        fraction.add(amount)
        return true
    }

    /// Adds an amount and keeps an exemplar, which replaces the one before.
    ///
    /// ```swift
    /// served.increment(by: 1, exemplar: ["trace_id": "4bf92f3577b34da6"])
    /// ```
    ///
    /// - Returns: Whether the amount was added.
    @discardableResult
    public func increment(by amount: Double = 1, exemplar: ExemplarLabels) -> Bool {
        if let whole = UInt32(exactly: amount) {
            self.whole.wrappingAdd(UInt64(whole), ordering: .relaxed)
        } else {
            guard increment(by: amount) else { return false }
        }
        exemplars.set(0, of: 1, exemplar, value: amount)
        return true
    }

    /// The value now.
    public var value: Double {
        Double(whole.load(ordering: .relaxed)) + fraction.load()
    }

    /// Sets the counter to zero, for tests.
    ///
    /// ```swift
    /// served.reset()
    /// ```
    public func reset() {
        whole.store(0, ordering: .relaxed)
        fraction.store(0)
        createdAt.store(SystemWallClock().now(), ordering: .relaxed)
        exemplars.removeAll()
    }

    /// The value as a whole number, or `nil` when a fraction was added.
    var wholeValue: UInt64? {
        fraction.load() == 0 ? whole.load(ordering: .relaxed) : nil
    }

    /// When the counter began to count, in milliseconds since the epoch.
    var created: Int64 { createdAt.load(ordering: .relaxed) }

    /// Whether there ever was an exemplar.
    var hasExemplar: Bool { exemplars.areUsed }

    /// The newest exemplar.
    var exemplar: Exemplar? { exemplars.all.first.flatMap { $0?.exemplar } }
}
