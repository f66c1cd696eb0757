/// A random query with its times, mostly well-typed and mostly with an answer on the data it is made for.
package struct RandomQuery: Sendable {
    /// When a query is asked; all times are milliseconds since the epoch.
    package enum Time: Sendable, Equatable {
        case instant(Int64)
        case range(start: Int64, end: Int64, step: Int64)
    }

    /// The query.
    package var text: String
    /// When it is asked.
    package var time: Time

    /// The query of a seed, with at most `maximumSteps` steps.
    package init(seed: UInt64, data: RandomData, maximumSteps: Int = 60, hasHistograms: Bool = true) {
        var writer = RandomQueryWriter(seed: seed, data: data, hasHistograms: hasHistograms)
        text = writer.query()
        time = writer.time(maximumSteps: maximumSteps)
    }

    /// A query that was made smaller.
    package init(text: String, time: Time) {
        self.text = text
        self.time = time
    }
}

/// Writes queries by a grammar, with names and labels of the data.
struct RandomQueryWriter {
    private var random: SeededGenerator
    private let data: RandomData
    private let hasHistograms: Bool

    init(seed: UInt64, data: RandomData, hasHistograms: Bool) {
        random = SeededGenerator(seed: seed ^ 0x5DEE_CE66)
        self.data = data
        self.hasHistograms = hasHistograms
    }

    // MARK: Choosing

    private mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < probability
    }

    private mutating func pick(_ choices: [String]) -> String {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    private mutating func number() -> String {
        pick(["0", "1", "2", "0.5", "-1", "100", "3", "1e3", "0.1", "Inf", "NaN", "-0.25"])
    }

    private static let labelNames = ["instance", "job", "code", "zone", "le"]

    private mutating func labels() -> String {
        let count = Int.random(in: 0...2, using: &random)
        return (0..<count).map { _ in pick(Self.labelNames) }.joined(separator: ", ")
    }

    private mutating func duration(_ range: ClosedRange<Int64>) -> String {
        "\(Int64.random(in: range, using: &random) * data.interval / 1000)s"
    }

    // MARK: Times

    mutating func time(maximumSteps: Int) -> RandomQuery.Time {
        let span = data.end - data.start
        let from = data.start + Int64.random(in: -span / 8...span * 4 / 5, using: &random)
        if chance(0.3) { return .instant(from) }
        let steps = chance(0.1) ? maximumSteps : Int.random(in: 1...max(1, maximumSteps / 4), using: &random)
        let step =
            [data.interval, data.interval / 2, data.interval * 3, 7_001, 60_000, 300_000][
                Int.random(in: 0..<6, using: &random)]
        return .range(start: from, end: from + step * Int64(steps - 1), step: step)
    }

    // MARK: Expressions

    mutating func query() -> String {
        if chance(0.04) { return scalar(2) }
        if chance(0.08) { return sorted() }
        return vector(3)
    }

    private mutating func sorted() -> String {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: "sort(\(vector(1)))"
        case 1: "sort_desc(\(vector(1)))"
        case 2: "sort_by_label(\(vector(1)), \"instance\")"
        default: "sort_by_label_desc(\(vector(1)), \"code\", \"instance\")"
        }
    }

    private mutating func scalar(_ depth: Int) -> String {
        if depth <= 0 { return number() }
        return switch Int.random(in: 0..<12, using: &random) {
        case 0: "time()"
        case 1: "pi()"
        case 2: "scalar(\(vector(depth - 1)))"
        case 3: "(\(scalar(depth - 1)) \(pick(["+", "-", "*", "/", "%", "^", "atan2"])) \(scalar(depth - 1)))"
        case 4: "(\(scalar(depth - 1)) \(pick(["==", "!=", "<", ">", "<=", ">="])) bool \(scalar(depth - 1)))"
        case 5: "-\(scalar(0))"
        case 6: pick(["start()", "end()", "range()", "step()"])
        case 7: "\(pick(["min_of", "max_of"]))(\(scalar(depth - 1)), \(scalar(depth - 1)))"
        default: number()
        }
    }

    private mutating func floatMetric() -> String {
        pick([
            "requests_total", "requests_total", "temperature", "memory_bytes", "strange", "up", "constant", "huge",
            "tiny", "latency_seconds_bucket", "{\"http.requests\"}", "absent_metric", "target_info",
        ])
    }

    private mutating func histogramMetric() -> String {
        hasHistograms ? pick(["native_seconds", "custom_seconds", "native_gauge", "mixed"]) : floatMetric()
    }

    private mutating func selector() -> String {
        let name = hasHistograms && chance(0.2) ? histogramMetric() : floatMetric()
        if name.hasPrefix("{") { return name }
        if chance(0.03) { return "{__name__=~\"temperature|up|memory_bytes\"}" }
        if chance(0.5) { return name }
        let matcher = pick([
            "job=\"a\"", "job!=\"a\"", "instance=~\"i[01]\"", "instance!~\"i0\"", "instance=\"i0\"", "code=\"200\"",
            "code=~\"4..|5..\"", "zone=\"\"", "job=\"b\"", "instance!=\"i9\"", "job=~\".+\"",
        ])
        return "\(name){\(matcher)}"
    }

    private mutating func modifiers() -> String {
        var result = ""
        if chance(0.12) {
            result += " offset \(pick(["", "-"]))\(duration(1...20))"
        } else if chance(0.02) {
            result += " offset (\(pick(["step()", "range()", "-step()"])) + 5)"
        }
        if chance(0.1) {
            let middle = data.start + Int64.random(in: -10...100, using: &random) * data.interval
            result += pick([" @ start()", " @ end()", " @ \(Double(middle) / 1000)"])
        }
        return result
    }

    private mutating func rangeVector(_ depth: Int, isCompared: Bool = false) -> String {
        if depth > 0, chance(0.2) {
            let step = chance(0.3) ? "" : duration(1...4)
            // Rounding of calculated values would decide about resets.
            let inner = isCompared ? operand(0) : operand(depth - 1)
            return "\(inner)[\(duration(2...12)):\(step)]\(modifiers())"
        }
        let width = chance(0.05) ? "step() + 30" : duration(1...20)
        return "\(selector())[\(width)]\(modifiers())"
    }

    /// A vector that stands where parentheses may be needed.
    private mutating func operand(_ depth: Int) -> String {
        depth <= 0 ? "\(selector())\(modifiers())" : "(\(vector(depth)))"
    }

    private mutating func vector(_ depth: Int) -> String {
        if depth <= 0 { return selector() + modifiers() }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<14: return selector() + modifiers()
        case 14..<38: return rangeFunction(depth)
        case 38..<54: return aggregation(depth)
        case 54..<72: return binary(depth)
        case 72..<84: return elementFunction(depth)
        case 84..<90: return histogramFunction(depth)
        case 90..<94: return labelFunction(depth)
        case 94: return "\(pick(["absent", "vector(1) + absent"]))(\(vector(depth - 1)))"
        case 95: return "absent_over_time(\(rangeVector(depth - 1)))"
        case 96: return "info(\(selector())\(pick(["", ", {version=\"1\"}", ", {version=~\".*\"}", ", {os=~\".+\"}"])))"
        case 97: return "\(selector()) smoothed"
        default: return "-\(operand(depth - 1))"
        }
    }

    private mutating func rangeFunction(_ depth: Int) -> String {
        if chance(0.08) {
            let extended = "\(selector())[\(duration(1...20))] \(pick(["smoothed", "anchored"]))"
            return "\(pick(["rate", "increase", "delta"]))(\(extended))"
        }
        if chance(0.03) { return "\(pick(["changes", "resets"]))(\(selector())[\(duration(1...20))] anchored)" }
        let argument = rangeVector(depth)
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return "quantile_over_time(\(pick(["0.5", "0", "1", "0.9", "-1", "2", "NaN"])), \(argument))"
        case 1: return "predict_linear(\(argument), \(pick(["60", "-60", "3600", "0"])))"
        case 2: return "double_exponential_smoothing(\(argument), \(pick(["0.3", "0.5", "0.9"])), 0.4)"
        case 3..<10:
            let function = pick(["rate", "increase", "delta", "irate", "idelta", "resets", "changes"])
            return "\(function)(\(rangeVector(depth, isCompared: true)))"
        default:
            let function = pick([
                "avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "count_over_time",
                "stddev_over_time", "stdvar_over_time", "last_over_time", "first_over_time", "present_over_time",
                "mad_over_time", "ts_of_min_over_time", "ts_of_max_over_time", "ts_of_last_over_time",
                "ts_of_first_over_time", "deriv",
            ])
            return "\(function)(\(argument))"
        }
    }

    private mutating func aggregation(_ depth: Int) -> String {
        let grouping = chance(0.7) ? "\(pick(["by", "without"])) (\(labels())) " : ""
        let inner = vector(depth - 1)
        switch Int.random(in: 0..<14, using: &random) {
        case 0: return "topk \(grouping)(\(pick(["1", "2", "3", "0", "-1"])), \(inner))"
        case 1: return "bottomk \(grouping)(\(pick(["1", "2", "5"])), \(inner))"
        case 2: return "quantile \(grouping)(\(pick(["0.5", "0.9", "0", "1", "1.5"])), \(inner))"
        case 3: return "count_values \(grouping)(\"value\", \(selector()))"
        case 4: return "limitk \(grouping)(\(pick(["1", "2", "100"])), \(selector()))"
        case 5: return "limit_ratio \(grouping)(\(pick(["0.5", "-0.5", "0.2", "1", "1.5"])), \(inner))"
        default:
            return
                "\(pick(["sum", "sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"])) \(grouping)(\(inner))"
        }
    }

    private mutating func binary(_ depth: Int) -> String {
        let arithmetic = ["+", "-", "*", "/", "%", "^", "atan2"]
        let comparison = ["==", "!=", "<", ">", "<=", ">="]
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1:
            return "\(operand(depth - 1)) \(pick(arithmetic)) \(scalar(1))"
        case 2:
            return "\(scalar(1)) \(pick(arithmetic)) \(operand(depth - 1))"
        case 3:
            return "\(operand(depth - 1)) \(pick(comparison)) \(pick(["", "bool "]))\(scalar(1))"
        case 4:
            return "\(scalar(0)) \(pick(comparison)) \(pick(["", "bool "]))\(operand(depth - 1))"
        case 5, 6:
            let matching = chance(0.5) ? "\(pick(["on", "ignoring"])) (\(labels())) " : ""
            return "\(operand(depth - 1)) \(pick(["and", "or", "unless"])) \(matching)\(operand(depth - 1))"
        case 7:
            // Many requests to one target.
            let operation = pick(arithmetic + comparison)
            return "requests_total \(operation) on (instance, job) group_left (\(pick(["", "version", "zone"])))"
                + " \(pick(["target_info", "up", "memory_bytes", "temperature"]))"
        case 8:
            let operation = pick(arithmetic + ["==", "<", "> bool"])
            return "\(pick(["temperature", "up"])) \(operation) ignoring (code) group_right () requests_total"
        case 9:
            let fill = pick(["fill(0)", "fill_left(1)", "fill_right(-2)", "fill_left(1) fill_right(NaN)"])
            return
                "\(pick(["temperature", "up{instance!=\"i0\"}"])) \(pick(arithmetic)) \(fill) \(pick(["up", "strange"]))"
        case 10:
            let metric = histogramMetric()
            return
                "\(metric) \(pick(["+", "-", "==", "!="])) \(pick([metric, "\(metric) offset 30s", histogramMetric()]))"
        default:
            let matching = pick(["", "ignoring (zone) ", "on (instance, job) ", "ignoring (code, zone) "])
            let bool = chance(0.2) ? "bool " : ""
            let operation = bool.isEmpty ? pick(arithmetic + comparison) : pick(comparison)
            return "\(operand(depth - 1)) \(operation) \(bool)\(matching)\(operand(depth - 1))"
        }
    }

    private mutating func elementFunction(_ depth: Int) -> String {
        let inner = vector(depth - 1)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return "round(\(inner)\(pick(["", ", 0.1", ", 5"])))"
        case 1: return "clamp(\(inner), \(pick(["-1", "0", "5"])), \(pick(["1", "10", "-2"])))"
        case 2: return "\(pick(["clamp_min", "clamp_max"]))(\(inner), \(scalar(0)))"
        case 3: return "timestamp(\(inner))"
        case 4:
            let part = pick([
                "year", "month", "day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute",
            ])
            return "\(part)(\(pick(["", "timestamp(\(selector()))", inner])))"
        case 5: return "vector(\(scalar(depth - 1)))"
        default:
            let function = pick([
                "abs", "ceil", "floor", "exp", "ln", "log2", "log10", "sqrt", "sgn", "deg", "rad", "sin", "cos", "tan",
                "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
            ])
            return "\(function)(\(inner))"
        }
    }

    private mutating func histogramFunction(_ depth: Int) -> String {
        let quantile = pick(["0.5", "0.9", "0", "1", "0.99", "2", "NaN"])
        let classic = pick([
            "latency_seconds_bucket", "rate(latency_seconds_bucket[\(duration(2...20))])",
            "sum by (le, job) (rate(latency_seconds_bucket[\(duration(2...20))]))",
            "sum by (le) (latency_seconds_bucket)",
        ])
        let metric = histogramMetric()
        let native = pick([
            metric, "rate(\(metric)[\(duration(2...20))])", "sum by (job) (\(metric))",
            "sum(increase(\(metric)[\(duration(2...20))]))",
        ])
        let source = hasHistograms && chance(0.6) ? native : classic
        switch Int.random(in: 0..<8, using: &random) {
        case 0..<3: return "histogram_quantile(\(quantile), \(source))"
        case 3:
            return
                "histogram_fraction(\(pick(["0", "-Inf", "0.3", "1"])), \(pick(["1", "2", "Inf", "0.7"])), \(source))"
        case 4: return "histogram_quantiles(\(source), \"q\", 0.1, 0.5, 0.95)"
        default:
            let function = pick(["count", "sum", "avg", "stddev", "stdvar"])
            return "histogram_\(function)(\(hasHistograms ? native : source))"
        }
    }

    private mutating func labelFunction(_ depth: Int) -> String {
        let inner = vector(depth - 1)
        return switch Int.random(in: 0..<4, using: &random) {
        case 0: "label_replace(\(inner), \"digit\", \"$1\", \"instance\", \"i(.*)\")"
        case 1: "label_replace(\(inner), \"job\", \"\", \"job\", \"b\")"
        case 2: "label_join(\(inner), \"both\", \"-\", \"instance\", \"job\")"
        default: "label_replace(\(inner), \"__name__\", \"renamed_$1\", \"__name__\", \"(.+)\")"
        }
    }
}
