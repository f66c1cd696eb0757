/// A time that is being taken.
///
/// Made by `startTimer()` of an instrument. One whose label values are known only at the end is made alone:
///
/// ```swift
/// let timer = RunningTimer()
/// let code = serve()
/// timer.stop(latencyByCode[code])
/// ```
public struct RunningTimer: Sendable {
    private let start = ContinuousClock.now
    private let report: (@Sendable (Duration) -> Void)?

    /// A timer that runs from now on and reports to nobody on its own.
    public init() {
        report = nil
    }

    init(report: @escaping @Sendable (Duration) -> Void) {
        self.report = report
    }

    /// The time since the start.
    ///
    /// ```swift
    /// let timer = latency.startTimer()
    /// if timer.elapsed > .seconds(5) { timer.stop() }
    /// ```
    public var elapsed: Duration { start.duration(to: .now) }

    /// Gives the time since the start to the instrument that started the timer, if one did.
    ///
    /// A timer may be stopped repeatedly; each stop is one observation.
    ///
    /// - Returns: The time.
    @discardableResult
    public func stop() -> Duration {
        let elapsed = elapsed
        report?(elapsed)
        return elapsed
    }

    /// Gives the time since the start to the given instrument alone.
    ///
    /// - Returns: The time.
    @discardableResult
    public func stop(_ instrument: some Observing) -> Duration {
        let elapsed = elapsed
        instrument.observe(elapsed)
        return elapsed
    }
}
