package import ApusModel
import Glibc

/// A native histogram as dictionaries of buckets by index, for arithmetic in the simplest way.
///
/// Bucket i of an exponential schema reaches from base^(i−1) to base^i with the base 2^(2^−schema); bucket i of custom
/// bounds is the i-th of them, from 0. Empty buckets are left out.
package struct ReferenceHistogram: Sendable {
    var schema: Int32
    var zeroThreshold: Double
    var zeroCount: Double
    var count: Double
    var sum: Double
    var positive: [Int: Double]
    var negative: [Int: Double]
    var bounds: [Double]
    var hint: NativeHistogram.CounterResetHint

    /// Whether the buckets have custom bounds.
    var isCustom: Bool { schema == NativeHistogram.customBoundsSchema }

    /// The same histogram as dictionaries.
    package init(_ histogram: NativeHistogram) {
        schema = histogram.schema
        zeroThreshold = histogram.zeroThreshold
        zeroCount = histogram.zeroCount
        count = histogram.count
        sum = histogram.sum
        bounds = histogram.customBounds
        hint = histogram.counterResetHint
        positive = Self.buckets(histogram.positiveSpans, histogram.positiveBuckets)
        negative = Self.buckets(histogram.negativeSpans, histogram.negativeBuckets)
    }

    private static func buckets(_ spans: [NativeHistogram.Span], _ populations: [Double]) -> [Int: Double] {
        var result: [Int: Double] = [:]
        var index = 0
        var position = 0
        for span in spans {
            index += Int(span.offset)
            for _ in 0..<span.length where position < populations.count {
                if populations[position] != 0 { result[index] = populations[position] }
                index += 1
                position += 1
            }
        }
        return result
    }

    /// The histogram in the form that is stored.
    package var native: NativeHistogram {
        var result = NativeHistogram()
        result.schema = schema
        result.zeroThreshold = zeroThreshold
        result.zeroCount = zeroCount
        result.count = count
        result.sum = sum
        result.customBounds = bounds
        result.counterResetHint = hint
        (result.positiveSpans, result.positiveBuckets) = Self.spans(positive)
        (result.negativeSpans, result.negativeBuckets) = Self.spans(negative)
        return result
    }

    private static func spans(_ buckets: [Int: Double]) -> ([NativeHistogram.Span], [Double]) {
        var spans: [NativeHistogram.Span] = []
        var next = 0
        let sorted = buckets.sorted { $0.key < $1.key }
        for (index, _) in sorted {
            if index == next, !spans.isEmpty {
                spans[spans.count - 1].length += 1
            } else {
                spans.append(NativeHistogram.Span(offset: Int32(clamping: index - next), length: 1))
            }
            next = index + 1
        }
        return (spans, sorted.map(\.value))
    }

    // MARK: Buckets

    /// A bucket with its bounds.
    struct Bucket {
        var lower: Double
        var upper: Double
        var population: Double
    }

    /// The upper bound of the positive bucket at an index.
    func bound(_ index: Int) -> Double {
        if isCustom { return index < 0 ? -.infinity : index < bounds.count ? bounds[index] : .infinity }
        return exp2(Double(index) * exp2(-Double(schema)))
    }

    /// The buckets that are not empty, ascending: negative, zero, positive.
    var buckets: [Bucket] {
        var result = negative.sorted { $0.key > $1.key }.map {
            Bucket(lower: -bound($0.key), upper: -bound($0.key - 1), population: $0.value)
        }
        if zeroCount != 0 {
            result.append(Bucket(lower: -zeroThreshold, upper: zeroThreshold, population: zeroCount))
        }
        result += positive.sorted { $0.key < $1.key }.map {
            Bucket(lower: bound($0.key - 1), upper: bound($0.key), population: $0.value)
        }
        return result
    }

    // MARK: Arithmetic

    func multiplied(by factor: Double) -> ReferenceHistogram {
        var result = self
        result.zeroCount *= factor
        result.count *= factor
        result.sum *= factor
        result.positive = positive.mapValues { $0 * factor }.filter { $0.value != 0 }
        result.negative = negative.mapValues { $0 * factor }.filter { $0.value != 0 }
        if factor < 0 { result.hint = .gauge }
        return result
    }

    func divided(by divisor: Double) -> ReferenceHistogram {
        var result = self
        result.zeroCount /= divisor
        result.count /= divisor
        result.sum /= divisor
        // Division by zero leaves counts without buckets to lie in.
        result.positive = divisor == 0 ? [:] : positive.mapValues { $0 / divisor }.filter { $0.value != 0 }
        result.negative = divisor == 0 ? [:] : negative.mapValues { $0 / divisor }.filter { $0.value != 0 }
        if divisor < 0 { result.hint = .gauge }
        return result
    }

    /// The sum, or the difference with the sign −1; `nil` when exponential and custom buckets meet.
    func added(
        _ other: ReferenceHistogram, sign: Double
    ) -> (histogram: ReferenceHistogram, hasHintConflict: Bool, reconciledBounds: Bool)? {
        guard isCustom == other.isCustom else { return nil }
        var (a, b) = (self, other)
        var reconciledBounds = false
        if isCustom {
            if bounds != other.bounds {
                reconciledBounds = true
                let common = bounds.filter { other.bounds.contains($0) }
                (a, b) = (a.rolledUp(to: common), b.rolledUp(to: common))
            }
        } else {
            // The zero bucket grows until it cuts no populated bucket of either side.
            while a.zeroThreshold != b.zeroThreshold {
                if a.zeroThreshold < b.zeroThreshold {
                    a = a.withZeroBucket(reaching: b.zeroThreshold)
                } else {
                    b = b.withZeroBucket(reaching: a.zeroThreshold)
                }
            }
            let schema = min(a.schema, b.schema)
            (a, b) = (a.reduced(to: schema), b.reduced(to: schema))
        }
        a.zeroCount += sign * b.zeroCount
        a.count += sign * b.count
        a.sum += sign * b.sum
        a.positive.merge(b.positive.mapValues { sign * $0 }) { $0 + $1 }
        a.negative.merge(b.negative.mapValues { sign * $0 }) { $0 + $1 }
        a.positive = a.positive.filter { $0.value != 0 }
        a.negative = a.negative.filter { $0.value != 0 }
        let hasConflict = Set([hint, other.hint]) == [.reset, .notReset]
        if hint != other.hint { a.hint = hint == .gauge || other.hint == .gauge ? .gauge : .unknown }
        return (a, hasConflict, reconciledBounds)
    }

    /// The same with fewer bounds: buckets that lose their bound join the next one.
    func rolledUp(to common: [Double]) -> ReferenceHistogram {
        var result = self
        result.bounds = common
        result.positive = [:]
        for (index, population) in positive {
            let upper = bound(index)
            let target = common.firstIndex { upper <= $0 } ?? common.count
            result.positive[target, default: 0] += population
        }
        return result
    }

    /// The same at a coarser schema: two to the difference of the schemas neighbours join.
    func reduced(to coarser: Int32) -> ReferenceHistogram {
        guard coarser < schema else { return self }
        func reduced(_ buckets: [Int: Double]) -> [Int: Double] {
            var result: [Int: Double] = [:]
            for (index, population) in buckets {
                // Bucket i becomes the one whose upper bound is the next multiple: ⌈i / 2^n⌉.
                result[((index - 1) >> Int(schema - coarser)) + 1, default: 0] += population
            }
            return result
        }
        var result = self
        result.schema = coarser
        result.positive = reduced(positive)
        result.negative = reduced(negative)
        return result
    }

    /// The same with a zero bucket that takes in all buckets up to a threshold, and the one it would cut.
    func withZeroBucket(reaching threshold: Double) -> ReferenceHistogram {
        var result = self
        var threshold = threshold
        while true {
            let cut = (Array(positive) + Array(negative)).first { index, _ in
                bound(index - 1) < threshold && bound(index) > threshold
            }
            guard let cut else { break }
            threshold = bound(cut.key)
        }
        for (index, population) in positive where bound(index - 1) < threshold {
            result.zeroCount += population
            result.positive[index] = nil
        }
        for (index, population) in negative where bound(index - 1) < threshold {
            result.zeroCount += population
            result.negative[index] = nil
        }
        result.zeroThreshold = threshold
        return result
    }

    // MARK: Comparing

    /// Whether both are exactly the same but for hints and empty buckets.
    func isSame(as other: ReferenceHistogram) -> Bool {
        func isSame(_ a: Double, _ b: Double) -> Bool { a.bitPattern == b.bitPattern || a == b }
        return schema == other.schema && bounds == other.bounds && isSame(count, other.count)
            && (isSame(sum, other.sum) || sum.isNaN && other.sum.isNaN) && zeroThreshold == other.zeroThreshold
            && isSame(zeroCount, other.zeroCount) && positive == other.positive && negative == other.negative
    }

    /// Whether a counter was reset between `previous` and this.
    func isReset(after previous: ReferenceHistogram) -> Bool {
        if hint == .reset { return true }
        if hint == .notReset { return false }
        if isCustom != previous.isCustom || count < previous.count { return true }
        var (now, before) = (self, previous)
        if isCustom {
            let common = bounds.filter { previous.bounds.contains($0) }
            (now, before) = (now.rolledUp(to: common), before.rolledUp(to: common))
        } else {
            // A finer schema or a narrower zero bucket can only come from a new start.
            if schema > previous.schema || zeroThreshold < previous.zeroThreshold { return true }
            before = before.withZeroBucket(reaching: zeroThreshold)
            if before.zeroThreshold != zeroThreshold || zeroCount < before.zeroCount { return true }
            before = before.reduced(to: schema)
        }
        return before.positive.contains { (now.positive[$0.key] ?? 0) < $0.value }
            || before.negative.contains { (now.negative[$0.key] ?? 0) < $0.value }
    }
}

extension ReferenceHistogram {
    /// Whether both are the same but for hints and differences that are small beside the number of observations.
    package func isSame(as other: ReferenceHistogram, tolerance: Double) -> Bool {
        let scale = max(count.magnitude, zeroCount.magnitude, 1e-300)
        func areSame(_ a: Double, _ b: Double, _ scale: Double) -> Bool {
            a == b || (a.isNaN && b.isNaN) || (a - b).magnitude <= tolerance * scale
        }
        func areSame(_ a: [Int: Double], _ b: [Int: Double]) -> Bool {
            Set(a.keys).union(b.keys).allSatisfy { areSame(a[$0] ?? 0, b[$0] ?? 0, scale) }
        }
        return schema == other.schema && bounds == other.bounds && zeroThreshold == other.zeroThreshold
            && areSame(count, other.count, scale) && areSame(zeroCount, other.zeroCount, scale)
            && areSame(sum, other.sum, max(sum.magnitude, scale)) && areSame(positive, other.positive)
            && areSame(negative, other.negative)
    }
}
