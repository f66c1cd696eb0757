/// How long to wait before something that failed is tried again: twice as long after each failure.
struct RetryDelay {
    /// Milliseconds after the first failure.
    let first: Int
    /// Milliseconds at most.
    let longest: Int
    private var failures = 0
    private var end = Int.min

    /// A delay that nothing has to wait for yet.
    init(first: Int, longest: Int) {
        self.first = first
        self.longest = longest
    }

    /// Whether it is too early, on the clock that only goes forward.
    func isWaiting(now: Int) -> Bool { now < end }

    /// Notes a failure.
    mutating func noteFailure(now: Int) {
        end = now + min(longest, first << min(failures, 16))
        failures += 1
    }

    /// Notes that it went well.
    mutating func noteSuccess() {
        self = RetryDelay(first: first, longest: longest)
    }
}
