/// A value of which only the name is known, not what it means: for numbers taken over from elsewhere.
///
/// ```swift
/// let level: Untyped = try registry.untyped("legacy_level", help: "Level as the old system gives it.")
/// level.set(3)
/// ```
///
/// Every method may be called from any thread; none waits.
public final class Untyped: Instrument {
    private let current = AtomicDouble()

    init() {}

    /// Sets the value.
    public func set(_ value: Double) {
        current.store(value)
    }

    /// Sets the value to zero, for tests.
    public func reset() {
        current.store(0)
    }

    /// The value now.
    public var value: Double { current.load() }
}
