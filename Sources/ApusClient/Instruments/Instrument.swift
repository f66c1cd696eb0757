/// A thing that measures: a `Counter`, a `Gauge`, a `Histogram`, a `Summary`, a `StateSet` or an `Untyped` value.
///
/// The protocol only says what a `MetricFamily` may hold; instruments come from a `MetricRegistry`.
///
/// ```swift
/// let instruments: [any Instrument] = [served, latency]
/// for instrument in instruments { instrument.reset() }
/// ```
public protocol Instrument: AnyObject, Sendable {
    /// Takes the instrument back to what it was when it was made, for tests; a counter of a running service only goes up.
    func reset()
}

/// An instrument that takes observations: a `Histogram` or a `Summary`.
///
/// ```swift
/// let targets: [any Observing] = [latency, durations]
/// for target in targets { target.observe(0.25) }
/// ```
public protocol Observing: Instrument {
    /// Takes one observation.
    func observe(_ value: Double)
}

extension Observing {
    /// Takes a duration as one observation, in seconds.
    ///
    /// ```swift
    /// latency.observe(.milliseconds(12))
    /// ```
    public func observe(_ duration: Duration) {
        observe(duration.inSeconds)
    }

    /// Observes how long `work` takes, in seconds, also when it throws.
    ///
    /// ```swift
    /// let page = latency.time { render() }
    /// ```
    public func time<Result, Failure: Error>(_ work: () throws(Failure) -> Result) throws(Failure) -> Result {
        let start = ContinuousClock.now
        defer { observe(start.duration(to: .now)) }
        return try work()
    }

    /// Observes how long `work` takes, in seconds, also when it throws.
    ///
    /// ```swift
    /// let page = try await latency.time { try await load() }
    /// ```
    public func time<Result, Failure: Error>(
        _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let start = ContinuousClock.now
        defer { observe(start.duration(to: .now)) }
        return try await work()
    }

    /// Starts a timer whose time is observed when it is stopped.
    ///
    /// ```swift
    /// let timer = latency.startTimer()
    /// serve()
    /// timer.stop()
    /// ```
    public func startTimer() -> RunningTimer {
        RunningTimer { [self] in observe($0) }
    }
}

extension Duration {
    /// The duration in seconds.
    var inSeconds: Double {
        let parts = components
        return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
    }
}
