import ApusModel
import Glibc
import Synchronization

/// The distribution of the observations of the last minutes.
///
/// Five slices follow each other; the oldest is emptied when a new one begins. So the window is at least four fifths and
/// at most the whole of the time it is asked for.
final class QuantileWindow: Sendable {
    private struct Slice {
        var positive = SparseBuckets()
        var negative = SparseBuckets()
        var zeros: UInt64 = 0
        var infinities: (negative: UInt64, positive: UInt64) = (0, 0)
        var schema: Int32 = 7
        var least = Double.infinity
        var greatest = -Double.infinity
    }

    private struct State {
        var slices = [Slice](repeating: Slice(), count: QuantileWindow.sliceCount)
        /// The number of the slice that is filled now, counted from the clock's zero.
        var current: Int64
    }

    private static let sliceCount = 5
    /// Resolution is halved when a slice has more buckets: five decades of values at full resolution.
    private static let maximumBuckets = 2_048

    private let sliceMilliseconds: Int64
    private let now: @Sendable () -> Int64
    private let state: Mutex<State>

    init(milliseconds: Int64, now: @escaping @Sendable () -> Int64) {
        sliceMilliseconds = max(1, milliseconds / Int64(Self.sliceCount))
        self.now = now
        state = Mutex(State(current: now() / sliceMilliseconds))
    }

    /// Milliseconds since the machine was started, to some milliseconds, which costs a tenth of an exact reading.
    static let coarseNow: @Sendable () -> Int64 = {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Counts an observation; one that is not a number has no place among quantiles.
    func observe(_ value: Double) {
        guard !value.isNaN else { return }
        let slot = now() / sliceMilliseconds
        state.withLock { state in
            Self.advance(&state, to: slot)
            let index = Int(state.current % Int64(Self.sliceCount))
            Self.add(value, to: &state.slices[index])
        }
    }

    /// The quantiles of what the window holds, NaN for all of an empty one.
    func quantiles(_ shares: [Double]) -> [Double] {
        let slot = now() / sliceMilliseconds
        let slices = state.withLock { state in
            Self.advance(&state, to: slot)
            return state.slices
        }
        var values: [(value: Double, count: UInt64)] = []
        for slice in slices { Self.append(slice, to: &values) }
        values.sort { $0.value < $1.value }
        let total = values.reduce(UInt64(0)) { $0 &+ $1.count }
        return shares.map { Self.quantile($0, of: values, total: total) }
    }

    /// Forgets every observation.
    func reset() {
        state.withLock { state in state = State(current: state.current) }
    }

    private static func advance(_ state: inout State, to slot: Int64) {
        guard slot > state.current else { return }
        // Slices that nobody filled are emptied too; a longer pause empties all.
        for next in max(state.current + 1, slot - Int64(sliceCount) + 1)...slot {
            state.slices[Int(next % Int64(sliceCount))] = Slice()
        }
        state.current = slot
    }

    private static func add(_ value: Double, to slice: inout Slice) {
        slice.least = min(slice.least, value)
        slice.greatest = max(slice.greatest, value)
        if value == 0 {
            slice.zeros &+= 1
        } else if value.isInfinite {
            if value > 0 { slice.infinities.positive &+= 1 } else { slice.infinities.negative &+= 1 }
        } else {
            let index = NativeHistogram.bucketIndex(of: value.magnitude, schema: slice.schema)
            if value > 0 { slice.positive.add(1, to: index) } else { slice.negative.add(1, to: index) }
            while slice.positive.count + slice.negative.count > maximumBuckets, slice.schema > -4 {
                slice.positive.halveResolution()
                slice.negative.halveResolution()
                slice.schema -= 1
            }
        }
    }

    private static func append(_ slice: Slice, to values: inout [(value: Double, count: UInt64)]) {
        // Between its bounds a bucket's values are as well unknown; the middle in proportion errs least. The ends are known.
        func middle(_ index: Int32) -> Double {
            let upper = NativeHistogram.upperBound(index: index, schema: slice.schema)
            let lower = NativeHistogram.upperBound(index: index - 1, schema: slice.schema)
            return lower.squareRoot() * upper.squareRoot()
        }
        func clamped(_ value: Double) -> Double { min(max(value, slice.least), slice.greatest) }
        for bucket in slice.negative.sorted { values.append((clamped(-middle(bucket.index)), bucket.count)) }
        for bucket in slice.positive.sorted { values.append((clamped(middle(bucket.index)), bucket.count)) }
        if slice.zeros > 0 { values.append((0, slice.zeros)) }
        if slice.infinities.negative > 0 { values.append((-.infinity, slice.infinities.negative)) }
        if slice.infinities.positive > 0 { values.append((.infinity, slice.infinities.positive)) }
    }

    /// The smallest value that at least the given share of the observations is not above.
    private static func quantile(_ share: Double, of values: [(value: Double, count: UInt64)], total: UInt64) -> Double
    {
        guard total > 0, share >= 0, share <= 1 else { return .nan }
        let rank = max(1, (share * Double(total)).rounded(.up))
        var seen: UInt64 = 0
        for (value, count) in values {
            seen &+= count
            if Double(seen) >= rank { return value }
        }
        return values.last?.value ?? .nan
    }
}
