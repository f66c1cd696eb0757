import ApusBytes
import ApusModel

/// The result of a query as lines for a terminal.
struct ResultView: Sendable {
    /// A wider sparkline does not help.
    private static let sparklineWidth = 40

    /// The terminal's width, if it has one.
    let width: Int?
    /// The times of a range query in milliseconds, both ends included.
    let span: ClosedRange<Int64>?

    init(width: Int?, span: ClosedRange<Int64>? = nil) {
        self.width = width
        self.span = span
    }

    /// The lines for the data of an answer: `resultType` and `result`.
    func lines(_ data: JSONValue, _ terminal: Terminal) -> [String] {
        let result = data["result"] ?? .null
        switch data["resultType"]?.text {
        case "scalar", "string":
            return [Terminal.harmless(result.elements.last?.text ?? "")]
        case "vector":
            return result.elements.isEmpty ? ["(no series)"] : vector(result.elements).lines(on: terminal)
        case "matrix":
            return result.elements.isEmpty ? ["(no series)"] : matrix(result.elements).lines(on: terminal)
        default:
            return [Terminal.harmless(data.compactText)]
        }
    }

    /// A column for each label, and the value.
    private func vector(_ elements: [JSONValue]) -> TextTable {
        var names: Set<String> = []
        for element in elements { for label in element["metric"]?.members ?? [] { names.insert(label.name) } }
        let hasName = names.remove(LabelSet.metricName) != nil
        let labels = (hasName ? [LabelSet.metricName] : []) + names.sorted()
        var table = TextTable(
            labels.map { TextTable.Column(name: $0 == LabelSet.metricName ? "metric" : $0) }
                + [TextTable.Column(name: "value", isNumeric: true)])
        for element in elements {
            let metric = element["metric"] ?? .null
            let value =
                element["value"]?.elements.last?.text
                ?? element["histogram"]?.elements.last.map(Self.histogramText) ?? ""
            table.append(labels.map { metric[$0]?.text ?? "" } + [value])
        }
        return table
    }

    /// A line for each series: its course, and its lowest, highest and last value.
    private func matrix(_ elements: [JSONValue]) -> TextTable {
        var table = TextTable(
            [TextTable.Column(name: "series"), TextTable.Column(name: "course")]
                + ["min", "max", "last"].map { TextTable.Column(name: $0, isNumeric: true) })
        let cells = min(Self.sparklineWidth, max(8, (width ?? 120) / 3))
        for element in elements {
            let points = (element["values"]?.elements ?? []).compactMap(Self.point)
            let histograms = element["histograms"]?.elements ?? []
            // Of a histogram the count is what has a course.
            let counts = histograms.compactMap { entry -> (time: Double, value: Double)? in
                guard let time = entry.elements.first?.double, let count = entry.elements.last?["count"]?.double else {
                    return nil
                }
                return (time, count)
            }
            let all = (points + counts).sorted { $0.time < $1.time }
            let finite = all.map(\.value).filter { !$0.isNaN }
            let last = histograms.last.flatMap { entry in
                (entry.elements.first?.double ?? 0) >= (points.last?.time ?? 0) ? entry.elements.last : nil
            }
            table.append([
                Self.seriesText(element["metric"] ?? .null), Sparkline.text(positions(of: all), width: cells),
                finite.min().map(ShortNumber.text) ?? "NaN", finite.max().map(ShortNumber.text) ?? "NaN",
                last.map(Self.histogramText) ?? all.last.map { ShortNumber.text($0.value) } ?? "",
            ])
        }
        return table
    }

    /// The points at their shares of the span, or of their own times where there is none.
    private func positions(of points: [(time: Double, value: Double)]) -> [(position: Double, value: Double)] {
        let start = span.map { Double($0.lowerBound) / 1_000 } ?? points.first?.time ?? 0
        let end = span.map { Double($0.upperBound) / 1_000 } ?? points.last?.time ?? 0
        return points.map { (end > start ? ($0.time - start) / (end - start) : 0, $0.value) }
    }

    private static func point(_ pair: JSONValue) -> (time: Double, value: Double)? {
        guard let time = pair.elements.first?.double, let value = pair.elements.last?.double else { return nil }
        return (time, value)
    }

    /// A histogram in short: count, sum and the shape of its buckets.
    static func histogramText(_ histogram: JSONValue) -> String {
        let count = histogram["count"]?.double ?? 0
        let sum = histogram["sum"]?.double ?? 0
        let populations = (histogram["buckets"]?.elements ?? []).compactMap { $0.elements.last?.double }
        let points = populations.enumerated().map {
            (position: populations.count > 1 ? Double($0.offset) / Double(populations.count - 1) : 0, value: $0.element)
        }
        let shape = Sparkline.text(points, width: min(16, populations.count))
        let mean = count == 0 ? "" : " mean \(ShortNumber.text(sum / count))"
        return "count \(ShortNumber.text(count)) sum \(ShortNumber.text(sum))\(mean)\(shape.isEmpty ? "" : " \(shape)")"
    }

    /// A label set as PromQL writes it.
    static func seriesText(_ metric: JSONValue) -> String {
        let name = metric[LabelSet.metricName]?.text ?? ""
        let labels = metric.members.filter { $0.name != LabelSet.metricName }
        if labels.isEmpty { return name.isEmpty ? "{}" : name }
        let shown = labels.map { label in
            let name = LabelName.isLegacyLabelName(label.name) ? label.name : QuotedText.quoted(label.name)
            return "\(name)=\(QuotedText.quoted(label.value.text ?? ""))"
        }
        return "\(name){\(shown.joined(separator: ", "))}"
    }
}
