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

    init() {}

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

    /// The value now.
    public var value: Double {
        Double(whole.load(ordering: .relaxed)) + fraction.load()
    }

    /// The value as a whole number, or `nil` when a fraction was added.
    var wholeValue: UInt64? {
        fraction.load() == 0 ? whole.load(ordering: .relaxed) : nil
    }
}
