import ApusModel

/// A value that goes up and down: requests in flight, bytes in use, a temperature.
///
/// ```swift
/// let inFlight: Gauge = try registry.gauge("requests_in_flight", help: "Requests being answered now.")
/// let answer = try await inFlight.tracking { try await handle(request) }
/// ```
///
/// Every method may be called from any thread; none waits.
public final class Gauge: Instrument {
    private let current = AtomicDouble()

    init() {}

    /// Sets the value.
    public func set(_ value: Double) {
        current.store(value)
    }

    /// Sets the value to a whole number.
    public func set(_ value: Int) {
        current.store(Double(value))
    }

    /// Adds an amount, one when none is given.
    public func increment(by amount: Double = 1) {
        current.add(amount)
    }

    /// Subtracts an amount, one when none is given.
    ///
    /// ```swift
    /// let waiting = try registry.gauge("jobs_waiting", help: "Waiting jobs.")
    /// waiting.increment(by: 2)
    /// waiting.decrement()
    /// ```
    public func decrement(by amount: Double = 1) {
        current.add(-amount)
    }

    /// Sets the value to the time of day in seconds since the epoch, as "last success" gauges want it.
    ///
    /// ```swift
    /// let success = try registry.gauge("last_success_seconds", help: "Of the backup.")
    /// success.setToCurrentTime()
    /// ```
    public func setToCurrentTime() {
        current.store(Double(SystemWallClock().now()) / 1_000)
    }

    /// Counts `work` as in progress while it runs: one is added before and subtracted after, also when it throws.
    public func tracking<Result, Failure: Error>(_ work: () throws(Failure) -> Result) throws(Failure) -> Result {
        increment()
        defer { decrement() }
        return try work()
    }

    /// Counts `work` as in progress while it runs: one is added before and subtracted after, also when it throws.
    public func tracking<Result, Failure: Error>(
        _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        increment()
        defer { decrement() }
        return try await work()
    }

    /// Sets the value to how long `work` takes, in seconds, also when it throws.
    ///
    /// ```swift
    /// lastRunSeconds.setDuration { rebuildIndex() }
    /// ```
    public func setDuration<Result, Failure: Error>(of work: () throws(Failure) -> Result) throws(Failure) -> Result {
        let start = ContinuousClock.now
        defer { set(start.duration(to: .now).inSeconds) }
        return try work()
    }

    /// Sets the value to how long `work` takes, in seconds, also when it throws.
    ///
    /// ```swift
    /// let page = try await lastRunSeconds.setDuration { try await load() }
    /// ```
    public func setDuration<Result, Failure: Error>(
        of work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let start = ContinuousClock.now
        defer { set(start.duration(to: .now).inSeconds) }
        return try await work()
    }

    /// Sets the value to zero, for tests.
    public func reset() {
        set(0.0)
    }

    /// The value now.
    public var value: Double { current.load() }
}
