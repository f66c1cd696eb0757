import Glibc

/// Tells the time of day, so that tests can set it.
package protocol WallClock: Sendable {
    /// Milliseconds since the epoch.
    func now() -> Int64
}

/// The operating system's time of day.
package struct SystemWallClock: WallClock {
    /// The operating system's clock.
    package init() {}

    package func now() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
