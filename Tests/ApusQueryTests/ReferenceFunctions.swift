import ApusModel
import Foundation

/// Range functions by their textbook definitions: each window is looked at by itself and summed naively in wide numbers.
///
/// Slow and obvious on purpose; the engine's kernels are compared with it.
enum ReferenceFunctions {
    typealias Sample = (time: Int64, value: Double)

    static let names = [
        "rate", "increase", "delta", "irate", "idelta", "changes", "resets", "deriv", "predict_linear",
        "sum_over_time", "avg_over_time", "min_over_time", "max_over_time", "count_over_time", "present_over_time",
        "stddev_over_time", "stdvar_over_time", "last_over_time", "first_over_time", "quantile_over_time",
        "mad_over_time", "ts_of_min_over_time", "ts_of_max_over_time", "ts_of_last_over_time",
        "ts_of_first_over_time", "double_exponential_smoothing",
    ]

    /// The call as PromQL.
    static func query(_ name: String, _ argument: String) -> String {
        switch name {
        case "quantile_over_time": "quantile_over_time(0.7, \(argument))"
        case "predict_linear": "predict_linear(\(argument), 120)"
        case "double_exponential_smoothing": "double_exponential_smoothing(\(argument), 0.3, 0.6)"
        default: "\(name)(\(argument))"
        }
    }

    /// The value for the window that ends at `time`, or `nil` where there is none.
    static func value(_ name: String, _ samples: [Sample], at time: Int64, range: Int64) -> Double? {
        let window = samples.filter {
            $0.time > time - range && $0.time <= time && !SpecialValue.isStaleMarker($0.value)
        }
        guard let first = window.first, let last = window.last else { return nil }
        let values = window.map(\.value)
        let pairs = Array(zip(window, window.dropFirst()))
        switch name {
        case "rate", "increase", "delta": return extrapolated(name, window, time, range)
        case "irate", "idelta":
            guard let (before, after) = pairs.last else { return nil }
            let isReset = name == "irate" && after.value < before.value
            let change = isReset ? after.value : after.value - before.value
            return name == "irate" ? change / seconds(after.time - before.time) : change
        case "changes":
            return Double(pairs.count { $0.value != $1.value && !($0.value.isNaN && $1.value.isNaN) })
        case "resets": return Double(pairs.count { $1.value < $0.value })
        case "deriv": return pairs.isEmpty ? nil : line(window).slope
        case "predict_linear":
            if pairs.isEmpty { return nil }
            let line = line(window)
            return line.mean + line.slope * (seconds(time - first.time) + 120 - line.meanTime)
        case "sum_over_time": return sum(values)
        case "avg_over_time": return sum(values) / Double(values.count)
        case "min_over_time": return values.filter { !$0.isNaN }.min() ?? .nan
        case "max_over_time": return values.filter { !$0.isNaN }.max() ?? .nan
        case "ts_of_min_over_time", "ts_of_max_over_time":
            let numbers = values.filter { !$0.isNaN }
            guard let wanted = name.contains("min") ? numbers.min() : numbers.max() else { return seconds(last.time) }
            return window.last { $0.value == wanted }.map { seconds($0.time) }
        case "count_over_time": return Double(window.count)
        case "present_over_time": return 1
        case "stddev_over_time": return variance(values).squareRoot()
        case "stdvar_over_time": return variance(values)
        case "last_over_time": return last.value
        case "first_over_time": return first.value
        case "ts_of_last_over_time": return seconds(last.time)
        case "ts_of_first_over_time": return seconds(first.time)
        case "quantile_over_time": return quantile(0.7, values)
        case "mad_over_time":
            if values.contains(where: \.isNaN) { return .nan }
            let median = quantile(0.5, values)
            return quantile(0.5, values.map { ($0 - median).magnitude })
        case "double_exponential_smoothing": return smoothed(values)
        default: return nil
        }
    }

    private static func seconds(_ milliseconds: Int64) -> Double { Double(milliseconds) / 1_000 }

    /// Float80 where there is one: far more exact than what is tested.
    private static func sum(_ values: [Double]) -> Double {
        #if arch(x86_64)
            Double(values.reduce(Float80(0)) { $0 + Float80($1) })
        #else
            values.reduce(0, +)
        #endif
    }

    private static func variance(_ values: [Double]) -> Double {
        let mean = sum(values) / Double(values.count)
        return sum(values.map { ($0 - mean) * ($0 - mean) }) / Double(values.count)
    }

    private static func quantile(_ quantile: Double, _ values: [Double]) -> Double {
        let sorted = values.sorted { $0.isNaN ? !$1.isNaN : $0 < $1 }
        let rank = quantile * Double(sorted.count - 1)
        let lower = Int(rank.rounded(.down))
        let upper = min(sorted.count - 1, lower + 1)
        let weight = rank - Double(lower)
        return sorted[lower] * (1 - weight) + sorted[upper] * weight
    }

    private static func extrapolated(_ name: String, _ window: [Sample], _ time: Int64, _ range: Int64) -> Double? {
        guard window.count >= 2 else { return nil }
        let isCounter = name != "delta"
        var increase = window[window.count - 1].value - window[0].value
        if isCounter {
            for (before, after) in zip(window, window.dropFirst()) where after.value < before.value {
                increase += before.value
            }
        }
        let sampled = seconds(window[window.count - 1].time - window[0].time)
        let gap = sampled / Double(window.count - 1)
        var toStart = seconds(window[0].time - (time - range))
        var toEnd = seconds(time - window[window.count - 1].time)
        if toStart >= gap * 1.1 { toStart = gap / 2 }
        if isCounter, increase > 0, window[0].value >= 0 {
            toStart = min(toStart, sampled * (window[0].value / increase))
        }
        if toEnd >= gap * 1.1 { toEnd = gap / 2 }
        let result = increase * ((sampled + toStart + toEnd) / sampled)
        return name == "rate" ? result / seconds(range) : result
    }

    private static func line(_ window: [Sample]) -> (slope: Double, mean: Double, meanTime: Double) {
        let times = window.map { seconds($0.time - window[0].time) }
        let values = window.map(\.value)
        let meanTime = sum(times) / Double(times.count)
        if values.allSatisfy({ $0 == values[0] }) {
            return values[0].isInfinite ? (.nan, .nan, meanTime) : (0, values[0], meanTime)
        }
        let mean = sum(values) / Double(values.count)
        let products = sum(zip(times, values).map { ($0 - meanTime) * ($1 - mean) })
        let squares = sum(times.map { ($0 - meanTime) * ($0 - meanTime) })
        return (products / squares, mean, meanTime)
    }

    private static func smoothed(_ values: [Double]) -> Double? {
        guard values.count >= 2 else { return nil }
        var level = values[0]
        var trend = values[1] - values[0]
        for (index, value) in values.enumerated().dropFirst() {
            let next = 0.3 * value + 0.7 * (level + trend)
            // The trend of the first step is the first difference itself.
            if index + 1 < values.count { trend = 0.6 * (next - level) + 0.4 * trend }
            level = next
        }
        return level
    }
}
