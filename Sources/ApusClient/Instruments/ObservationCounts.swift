import Glibc
import Synchronization

/// Counts observations in buckets and adds them up, without a lock, so that buckets, sum and count of one reading agree.
///
/// Observers count into one of two sets. A reader turns them to the other, waits until the observers of the first have
/// finished, reads it, and adds it to the second. Source: the histogram of the Go client library.
struct ObservationCounts: ~Copyable, Sendable {
    /// What was read.
    struct Reading {
        var buckets: [UInt64]
        var count: UInt64
        var sum: Double
    }

    private struct CountSet: ~Copyable, Sendable {
        let buckets: AtomicCells
        let sum = AtomicDouble()
        /// Observations that are complete in this set.
        let finished = Atomic<UInt64>(0)
    }

    /// The set in use (highest bit) and the number of observations begun (other bits).
    private let begun = Atomic<UInt64>(0)
    private let first: CountSet
    private let second: CountSet
    /// Held by readers; the number of observations that a reset has forgotten.
    private let forgotten = Mutex<UInt64>(0)

    private static let setBit: UInt64 = 1 << 63

    init(bucketCount: Int) {
        first = CountSet(buckets: AtomicCells(count: bucketCount))
        second = CountSet(buckets: AtomicCells(count: bucketCount))
    }

    /// Counts one observation; `bucket` is `nil` where there are none.
    @inline(__always)
    func add(_ value: Double, bucket: Int?) {
        let ticket = begun.wrappingAdd(1, ordering: .acquiring).oldValue
        if ticket & Self.setBit == 0 {
            Self.add(value, bucket, to: first)
        } else {
            Self.add(value, bucket, to: second)
        }
    }

    /// The counts as they are now.
    func read() -> Reading {
        forgotten.withLock { forgotten in
            var reading = turn(keeping: true)
            reading.count &-= forgotten
            return reading
        }
    }

    /// Forgets every observation that is complete.
    func reset() {
        forgotten.withLock { forgotten in forgotten = turn(keeping: false).count }
    }

    @inline(__always)
    private static func add(_ value: Double, _ bucket: Int?, to set: borrowing CountSet) {
        if let bucket { set.buckets.increment(bucket) }
        set.sum.add(value)
        // Releasing: who sees this number sees the bucket and the sum.
        set.finished.wrappingAdd(1, ordering: .releasing)
    }

    private func turn(keeping: Bool) -> Reading {
        // Turning the highest bit sends new observers to the other set.
        let before = begun.wrappingAdd(Self.setBit, ordering: .acquiringAndReleasing).oldValue
        let total = before & ~Self.setBit
        return before & Self.setBit == 0
            ? Self.drain(first, into: second, total: total, keeping: keeping)
            : Self.drain(second, into: first, total: total, keeping: keeping)
    }

    private static func drain(
        _ set: borrowing CountSet, into other: borrowing CountSet, total: UInt64, keeping: Bool
    ) -> Reading {
        // Observers take nanoseconds; yielding covers one that lost its processor in between.
        while set.finished.load(ordering: .acquiring) != total { _ = sched_yield() }
        var counts: [UInt64] = []
        counts.reserveCapacity(set.buckets.count)
        for index in 0..<set.buckets.count { counts.append(set.buckets.take(index)) }
        let sum = set.sum.exchange(0)
        set.finished.store(0, ordering: .relaxed)
        if keeping {
            for index in 0..<counts.count where counts[index] > 0 { other.buckets.add(counts[index], to: index) }
            other.sum.add(sum)
        }
        // The other set then counts all observations ever begun, as the next reader of it expects.
        other.finished.wrappingAdd(total, ordering: .releasing)
        return Reading(buckets: counts, count: total, sum: sum)
    }
}
