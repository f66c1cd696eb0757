import ApusModel
import Glibc

/// Native histograms in scripts: reading them, adding them up, comparing them.
///
/// Plain and slow on purpose: it works on dictionaries of buckets, by the textbook, and so can check the engine's own
/// arithmetic.
enum ScriptHistogram {
    typealias Failure = ScriptValues.Failure

    // MARK: Reading

    /// Reads `{{key:value …}}`.
    static func parse(
        _ cursor: inout ScriptValues.Cursor
    ) throws(Failure) -> (histogram: NativeHistogram, hasHint: Bool) {
        guard cursor.take("{{") else { throw Failure("expected a histogram") }
        var histogram = NativeHistogram()
        var hasHint = false
        var offset: Int32 = 0
        var negativeOffset: Int32 = 0
        while true {
            guard cursor.skipBlanks() else { throw Failure("unclosed histogram") }
            if cursor.take("}}") { break }
            let key = cursor.takeWhile { $0.isLetter || $0 == "_" }
            guard cursor.take(":") else { throw Failure("missing `:` after \(QuotedText.quoted(key))") }
            switch key {
            case "schema": histogram.schema = try integer(&cursor)
            case "sum": histogram.sum = try number(&cursor)
            case "count": histogram.count = try number(&cursor)
            case "z_bucket": histogram.zeroCount = try number(&cursor)
            case "z_bucket_w": histogram.zeroThreshold = try number(&cursor)
            case "offset": offset = try integer(&cursor)
            case "n_offset": negativeOffset = try integer(&cursor)
            case "buckets": histogram.positiveBuckets = try numbers(&cursor)
            case "n_buckets": histogram.negativeBuckets = try numbers(&cursor)
            case "custom_values": histogram.customBounds = try numbers(&cursor)
            case "counter_reset_hint":
                let hints: [String: NativeHistogram.CounterResetHint] = [
                    "unknown": .unknown, "reset": .reset, "not_reset": .notReset, "gauge": .gauge,
                ]
                guard let hint = hints[cursor.takeWhile { $0.isLetter || $0 == "_" }] else {
                    throw Failure("unknown counter_reset_hint")
                }
                histogram.counterResetHint = hint
                hasHint = true
            default: throw Failure("bad histogram descriptor found: \(QuotedText.quoted(key))")
            }
        }
        histogram.positiveSpans = spans(offset, histogram.positiveBuckets)
        histogram.negativeSpans = spans(negativeOffset, histogram.negativeBuckets)
        return (histogram, hasHint)
    }

    private static func spans(_ offset: Int32, _ buckets: [Double]) -> [NativeHistogram.Span] {
        buckets.isEmpty ? [] : [NativeHistogram.Span(offset: offset, length: UInt32(clamping: buckets.count))]
    }

    private static func number(_ cursor: inout ScriptValues.Cursor) throws(Failure) -> Double {
        guard let value = ScriptValues.float(&cursor) else { throw Failure("bad number in histogram") }
        return value
    }

    private static func integer(_ cursor: inout ScriptValues.Cursor) throws(Failure) -> Int32 {
        guard let value = Int32(exactly: try number(&cursor)) else { throw Failure("bad integer in histogram") }
        return value
    }

    private static func numbers(_ cursor: inout ScriptValues.Cursor) throws(Failure) -> [Double] {
        guard cursor.take("[") else { throw Failure("expected `[`") }
        var result: [Double] = []
        while true {
            guard cursor.skipBlanks() else { throw Failure("unclosed `[`") }
            if cursor.take("]") { return result }
            result.append(try number(&cursor))
        }
    }

    // MARK: Adding

    /// The populations by index, without empty buckets.
    static func buckets(_ spans: [NativeHistogram.Span], _ populations: [Double]) -> [Int: Double] {
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

    /// `a` plus `sign` times `b`, in the coarser schema and with the wider zero bucket of the two.
    static func sum(_ a: NativeHistogram, _ b: NativeHistogram, sign: Double) throws(Failure) -> NativeHistogram {
        let isCustom = a.schema == NativeHistogram.customBoundsSchema
        guard isCustom == (b.schema == NativeHistogram.customBoundsSchema),
            !isCustom || a.customBounds == b.customBounds
        else { throw Failure("histograms of these kinds cannot be added") }
        var result = a
        result.schema = min(a.schema, b.schema)
        result.zeroThreshold = max(a.zeroThreshold, b.zeroThreshold)
        result.zeroCount = 0
        var positive: [Int: Double] = [:]
        var negative: [Int: Double] = [:]
        for (histogram, factor) in [(a, 1.0), (b, sign)] {
            result.zeroCount += factor * histogram.zeroCount
            let shift = isCustom ? 0 : Int(histogram.schema - result.schema)
            let sides = [
                (buckets(histogram.positiveSpans, histogram.positiveBuckets), true),
                (buckets(histogram.negativeSpans, histogram.negativeBuckets), false),
            ]
            for (side, isPositive) in sides {
                for (index, population) in side {
                    // Bucket i covers (base^(i-1), base^i]; each step of schema merges pairs.
                    let merged = isCustom ? index : ((index - 1) >> shift) + 1
                    let upper = exp2(Double(merged) * exp2(-Double(result.schema)))
                    if !isCustom, result.zeroThreshold > 0, upper <= result.zeroThreshold {
                        result.zeroCount += factor * population
                    } else if isPositive {
                        positive[merged, default: 0] += factor * population
                    } else {
                        negative[merged, default: 0] += factor * population
                    }
                }
            }
        }
        result.count = a.count + sign * b.count
        result.sum = a.sum + sign * b.sum
        (result.positiveSpans, result.positiveBuckets) = layout(positive)
        (result.negativeSpans, result.negativeBuckets) = layout(negative)
        if b.counterResetHint == .gauge { result.counterResetHint = .gauge }
        return result
    }

    /// Spans and populations of buckets given by index.
    private static func layout(_ buckets: [Int: Double]) -> ([NativeHistogram.Span], [Double]) {
        var spans: [NativeHistogram.Span] = []
        var populations: [Double] = []
        var next = 0
        for (index, population) in buckets.sorted(by: { $0.key < $1.key }) {
            if index == next, !spans.isEmpty {
                spans[spans.count - 1].length += 1
            } else {
                spans.append(NativeHistogram.Span(offset: Int32(clamping: index - next), length: 1))
            }
            populations.append(population)
            next = index + 1
        }
        return (spans, populations)
    }

    // MARK: Comparing

    /// Whether two histograms are the same within the tolerance of floats.
    static func areSame(_ expected: NativeHistogram, _ actual: NativeHistogram, comparesHint: Bool) -> Bool {
        expected.schema == actual.schema && (!comparesHint || expected.counterResetHint == actual.counterResetHint)
            && ScriptComparison.areSame(expected.count, actual.count)
            && ScriptComparison.areSame(expected.sum, actual.sum)
            && ScriptComparison.areSame(expected.zeroThreshold, actual.zeroThreshold)
            && ScriptComparison.areSame(expected.zeroCount, actual.zeroCount)
            && areSame(expected.customBounds, actual.customBounds)
            && areSame(
                buckets(expected.positiveSpans, expected.positiveBuckets),
                buckets(actual.positiveSpans, actual.positiveBuckets))
            && areSame(
                buckets(expected.negativeSpans, expected.negativeBuckets),
                buckets(actual.negativeSpans, actual.negativeBuckets))
    }

    private static func areSame(_ a: [Double], _ b: [Double]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { ScriptComparison.areSame($0, $1) }
    }

    private static func areSame(_ a: [Int: Double], _ b: [Int: Double]) -> Bool {
        a.count == b.count
            && a.allSatisfy { index, population in
                b[index].map { ScriptComparison.areSame(population, $0) } ?? false
            }
    }

    /// The histogram as scripts write it, for reports.
    static func described(_ histogram: NativeHistogram) -> String {
        func list(_ buckets: [Int: Double]) -> String {
            buckets.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: " ")
        }
        var parts = ["schema:\(histogram.schema) count:\(histogram.count) sum:\(histogram.sum)"]
        if histogram.zeroThreshold != 0 || histogram.zeroCount != 0 {
            parts.append("z_bucket:\(histogram.zeroCount) z_bucket_w:\(histogram.zeroThreshold)")
        }
        parts.append("buckets:{\(list(buckets(histogram.positiveSpans, histogram.positiveBuckets)))}")
        if !histogram.negativeBuckets.isEmpty {
            parts.append("n_buckets:{\(list(buckets(histogram.negativeSpans, histogram.negativeBuckets)))}")
        }
        if !histogram.customBounds.isEmpty { parts.append("custom_values:\(histogram.customBounds)") }
        parts.append("counter_reset_hint:\(histogram.counterResetHint)")
        return "{{\(parts.joined(separator: " "))}}"
    }
}
