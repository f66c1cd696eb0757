import ApusExposition
import ApusModel
import Synchronization

/// The counts of a histogram that is native, or both native and classic.
///
/// Under one lock, so that all parts of a reading agree; observing takes some ten nanoseconds more than without native
/// buckets.
final class NativeCells: Sendable {
    /// What was read.
    struct Reading {
        var counts: ObservationCounts.Reading
        var native: NativeCounts
    }

    private struct State {
        var positive = SparseBuckets()
        var negative = SparseBuckets()
        var zeroCount: UInt64 = 0
        var schema: Int32
        var zeroThreshold: Double
        var count: UInt64 = 0
        var sum = 0.0
        var classic: [UInt64]
        /// When counting began, in milliseconds since the epoch.
        var began: Int64
    }

    private let buckets: NativeBuckets
    private let clock: any WallClock
    private let state: Mutex<State>

    init(_ buckets: NativeBuckets, classicCount: Int, clock: any WallClock) {
        self.buckets = buckets
        self.clock = clock
        state = Mutex(Self.empty(buckets, classicCount, clock))
    }

    /// Counts one observation, which falls in the given classic bucket.
    func add(_ value: Double, classicBucket: Int) {
        state.withLock { state in
            state.count &+= 1
            state.sum += value
            if classicBucket < state.classic.count { state.classic[classicBucket] &+= 1 }
            // What is not a number is in no native bucket: only count and sum show it.
            guard !value.isNaN else { return }
            let magnitude = value.magnitude
            if magnitude <= state.zeroThreshold {
                state.zeroCount &+= 1
                return
            }
            let index = Self.bucketIndex(of: magnitude, schema: state.schema)
            if value > 0 { state.positive.add(1, to: index) } else { state.negative.add(1, to: index) }
            if buckets.maximumBuckets > 0, state.positive.count + state.negative.count > buckets.maximumBuckets {
                makeFewer(&state, counting: value, classicBucket)
            }
        }
    }

    /// The counts as they are now.
    func read() -> Reading {
        let state = state.withLock { $0 }
        let native = NativeCounts(
            schema: state.schema, zeroThreshold: state.zeroThreshold, zeroCount: state.zeroCount,
            positive: state.positive.sorted, negative: state.negative.sorted)
        return Reading(
            counts: ObservationCounts.Reading(buckets: state.classic, count: state.count, sum: state.sum),
            native: native)
    }

    /// When counting began, in milliseconds since the epoch.
    var began: Int64 { state.withLock { $0.began } }

    /// Forgets every observation.
    func reset() {
        state.withLock { $0 = Self.empty(buckets, $0.classic.count, clock) }
    }

    private static func empty(_ buckets: NativeBuckets, _ classicCount: Int, _ clock: any WallClock) -> State {
        State(
            schema: buckets.schema, zeroThreshold: buckets.zeroThreshold,
            classic: Array(repeating: 0, count: classicCount), began: clock.now())
    }

    /// The bucket of a positive value; infinity has one of its own behind the greatest float.
    private static func bucketIndex(of value: Double, schema: Int32) -> Int32 {
        if value.isInfinite {
            return NativeHistogram.bucketIndex(of: .greatestFiniteMagnitude, schema: schema) &+ 1
        }
        return NativeHistogram.bucketIndex(of: value, schema: schema)
    }

    /// Brings the number of buckets below the bound.
    ///
    /// `value` is the observation counted last.
    private func makeFewer(_ state: inout State, counting value: Double, _ classicBucket: Int) {
        if let interval = buckets.minimumResetInterval, Double(clock.now() &- state.began) / 1_000 >= interval.inSeconds
        {
            state = Self.empty(buckets, state.classic.count, clock)
            state.count = 1
            state.sum = value
            if classicBucket < state.classic.count { state.classic[classicBucket] = 1 }
            let index = Self.bucketIndex(of: value.magnitude, schema: state.schema)
            if value > 0 { state.positive.add(1, to: index) } else { state.negative.add(1, to: index) }
            return
        }
        if widenZeroBucket(&state) { return }
        while state.positive.count + state.negative.count > buckets.maximumBuckets,
            state.schema > NativeHistogram.exponentialSchemas.lowerBound
        {
            state.positive.halveResolution()
            state.negative.halveResolution()
            state.schema -= 1
        }
    }

    /// Takes the smallest bucket into the zero bucket; `false` when that may not be as wide.
    private func widenZeroBucket(_ state: inout State) -> Bool {
        let smallest = [state.positive.sorted.first?.index, state.negative.sorted.first?.index].compactMap(\.self).min()
        guard let smallest else { return false }
        let threshold = NativeHistogram.upperBound(index: smallest, schema: state.schema)
        guard threshold <= buckets.maximumZeroThreshold, threshold > state.zeroThreshold else { return false }
        state.zeroThreshold = threshold
        state.zeroCount &+= state.positive.remove(smallest) &+ state.negative.remove(smallest)
        return true
    }
}
