import ApusBytes
import ApusModel
import ApusPromQL
import Glibc

extension ReferenceEvaluator {
    /// The value of a function call.
    func value(of node: FunctionCall, at time: Int64) throws(ReferenceError) -> ReferenceValue {
        let arguments = node.arguments
        switch node.function {
        case .time: return .scalar(Double(time) / 1000)
        case .pi: return .scalar(.pi)
        case .start: return .scalar(Double(start) / 1000)
        case .end: return .scalar(Double(end) / 1000)
        case .step: return .scalar(Double(context.step) / 1000)
        case .range: return .scalar(Double(context.range) / 1000)
        case .minOf, .maxOf:
            let a = try scalar(arguments[0], at: time)
            let b = try scalar(arguments[1], at: time)
            if a.isNaN || b.isNaN { return .scalar(.nan) }
            return .scalar(node.function == .minOf ? min(a, b) : max(a, b))
        case .scalar:
            let elements = try vector(arguments[0], at: time)
            let floats = elements.compactMap(\.sample.float)
            return .scalar(floats.count == 1 ? floats[0] : .nan)
        case .vector:
            let number = try scalar(arguments[0], at: time)
            return .vector([ReferenceElement(labels: .empty, sample: .float(number))])
        case .absent:
            if !(try vector(arguments[0], at: time)).isEmpty { return .vector([]) }
            return .vector([ReferenceElement(labels: absentLabels(arguments[0]), sample: .float(1))])
        case .absentOverTime:
            if try windows(arguments[0], at: time, in: node).contains(where: { !$0.points.isEmpty }) {
                return .vector([])
            }
            return .vector([ReferenceElement(labels: absentLabels(arguments[0]), sample: .float(1))])
        case .timestamp, .startTimestamp: return .vector(try timestamps(node, at: time))
        case .sort, .sortDesc, .sortByLabel, .sortByLabelDesc: return .vector(try sorted(node, at: time))
        case .labelReplace, .labelJoin: return .vector(try relabelled(node, at: time))
        case .info: return .vector(try informed(node, at: time))
        case .histogramQuantile, .histogramQuantiles, .histogramFraction:
            return .vector(try bucketFunction(node, at: time))
        case .histogramCount, .histogramSum, .histogramAvg, .histogramStddev, .histogramStdvar:
            return .vector(try histogramValues(node, at: time))
        default: break
        }
        if let position = arguments.firstIndex(where: { $0.valueType == .rangeVector }) {
            return .vector(try overWindows(node, arguments[position], at: time))
        }
        return .vector(try elementwise(node, at: time))
    }

    // MARK: Element by element

    private func elementwise(_ node: FunctionCall, at time: Int64) throws(ReferenceError) -> [ReferenceElement] {
        var elements = [ReferenceElement(labels: .empty, sample: .float(Double(time) / 1000))]
        if let first = node.arguments.first { elements = try vector(first, at: time) }
        var numbers: [Double] = []
        for argument in node.arguments.dropFirst() { numbers.append(try scalar(argument, at: time)) }
        if node.function == .clamp, numbers[0] > numbers[1] { return [] }
        var result: [ReferenceElement] = []
        for element in elements {
            guard let value = element.sample.float else { continue }
            result.append(
                ReferenceElement(
                    labels: element.labels, dropsName: true,
                    sample: .float(Self.elementwise(node.function, value, numbers))))
        }
        return result
    }

    private static func elementwise(_ function: Function, _ value: Double, _ numbers: [Double]) -> Double {
        switch function {
        case .abs: return value.magnitude
        case .ceil: return value.rounded(.up)
        case .floor: return value.rounded(.down)
        case .exp: return Glibc.exp(value)
        case .ln: return Glibc.log(value)
        case .log2: return Glibc.log2(value)
        case .log10: return Glibc.log10(value)
        case .sqrt: return value.squareRoot()
        case .sgn: return value < 0 ? -1 : value > 0 ? 1 : value
        case .deg: return value * 180 / .pi
        case .rad: return value * .pi / 180
        case .sin: return Glibc.sin(value)
        case .cos: return Glibc.cos(value)
        case .tan: return Glibc.tan(value)
        case .asin: return Glibc.asin(value)
        case .acos: return Glibc.acos(value)
        case .atan: return Glibc.atan(value)
        case .sinh: return Glibc.sinh(value)
        case .cosh: return Glibc.cosh(value)
        case .tanh: return Glibc.tanh(value)
        case .asinh: return Glibc.asinh(value)
        case .acosh: return Glibc.acosh(value)
        case .atanh: return Glibc.atanh(value)
        case .round:
            // Halves go up; the inverse avoids the error of dividing by 0.1.
            let inverse = 1 / (numbers.first ?? 1)
            return (value * inverse + 0.5).rounded(.down) / inverse
        case .clamp: return larger(numbers[0], smaller(numbers[1], value))
        case .clampMin: return larger(numbers[0], value)
        case .clampMax: return smaller(numbers[0], value)
        default: return calendar(function, value)
        }
    }

    private static func larger(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : max(a, b) }

    private static func smaller(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : min(a, b) }

    /// A part of the date that is `seconds` after the epoch, UTC.
    private static func calendar(_ function: Function, _ seconds: Double) -> Double {
        guard seconds.magnitude < 1e11 else { return .nan }
        let civil = CivilTime(milliseconds: Int64(seconds) * 1000)
        switch function {
        case .year: return Double(civil.year)
        case .month: return Double(civil.month)
        case .dayOfMonth: return Double(civil.day)
        case .dayOfWeek: return Double(civil.weekday)
        case .dayOfYear: return Double(civil.dayOfYear)
        case .daysInMonth: return Double(civil.daysInMonth)
        case .hour: return Double(civil.hour)
        case .minute: return Double(civil.minute)
        default: return .nan
        }
    }

    // MARK: Times, absence, order

    private func timestamps(_ node: FunctionCall, at time: Int64) throws(ReferenceError) -> [ReferenceElement] {
        if case .vectorSelector(let selector) = node.arguments[0].withoutParentheses {
            return try currentPoints(selector, at: time).compactMap { entry in
                if node.function == .startTimestamp && entry.point.startTime == 0 { return nil }
                let shown = node.function == .startTimestamp ? entry.point.startTime : entry.point.time
                return ReferenceElement(
                    labels: entry.labels, dropsName: true, sample: .float(Double(shown) / 1000))
            }
        }
        let elements = try vector(node.arguments[0], at: time)
        if node.function == .startTimestamp { return [] }
        return elements.map {
            ReferenceElement(labels: $0.labels, dropsName: true, sample: .float(Double(time) / 1000))
        }
    }

    /// The labels that a selector demands by equality, each of them once.
    private func absentLabels(_ expression: Expression) -> LabelSet {
        let matchers: [Matcher]
        switch expression.withoutParentheses {
        case .vectorSelector(let selector): matchers = selector.matchers
        case .matrixSelector(let matrix): matchers = matrix.selector.matchers
        default: return .empty
        }
        var builder = LabelSetBuilder()
        for matcher in matchers where matcher.name != LabelSet.metricName && matcher.operation == .equal {
            if matchers.filter({ $0.name == matcher.name }).count == 1 {
                builder.set(matcher.name, to: matcher.value)
            }
        }
        return builder.labelSet()
    }

    private func sorted(_ node: FunctionCall, at time: Int64) throws(ReferenceError) -> [ReferenceElement] {
        let elements = try vector(node.arguments[0], at: time)
        if node.function == .sort || node.function == .sortDesc {
            let floats = elements.compactMap { element in element.sample.float.map { (element, $0) } }
            return floats.enumerated().sorted { a, b in
                let (x, y) = (a.element.1, b.element.1)
                // NaN comes last in both orders.
                if x.isNaN || y.isNaN { return x.isNaN == y.isNaN ? a.offset < b.offset : y.isNaN }
                if x == y { return a.offset < b.offset }
                return node.function == .sort ? x < y : x > y
            }.map(\.element.0)
        }
        var names: [String] = []
        for argument in node.arguments.dropFirst() { names.append(try string(argument)) }
        let isDescending = node.function == .sortByLabelDesc
        return elements.sorted { a, b in
            for name in names {
                let order = Self.naturalOrder(a.labels[name] ?? "", b.labels[name] ?? "")
                if order != 0 { return isDescending ? order > 0 : order < 0 }
            }
            return isDescending ? b.labels < a.labels : a.labels < b.labels
        }
    }

    /// Compares texts so that runs of digits count as numbers: negative, 0 or positive.
    private static func naturalOrder(_ a: String, _ b: String) -> Int {
        func parts(_ text: String) -> [[UInt8]] {
            var result: [[UInt8]] = []
            var wasDigit: Bool?
            for byte in text.utf8 {
                let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
                if isDigit == wasDigit { result[result.count - 1].append(byte) } else { result.append([byte]) }
                wasDigit = isDigit
            }
            return result
        }
        func number(_ part: [UInt8]) -> [UInt8]? {
            guard let first = part.first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9") else { return nil }
            return Array(part.drop { $0 == UInt8(ascii: "0") })
        }
        for (x, y) in zip(parts(a), parts(b)) where x != y {
            if let i = number(x), let j = number(y) {
                if i.count != j.count { return i.count < j.count ? -1 : 1 }
                if i != j { return i.lexicographicallyPrecedes(j) ? -1 : 1 }
                return x.count < y.count ? -1 : 1
            }
            return x.lexicographicallyPrecedes(y) ? -1 : 1
        }
        return a.utf8.count - b.utf8.count
    }
}
