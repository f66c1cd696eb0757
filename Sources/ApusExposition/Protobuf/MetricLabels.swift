import ApusBytes
import ApusModel

/// Makes the flat runs of the series that one metric stands for: its labels, a name, and perhaps a bound or quantile.
///
/// Keeps its memory from metric to metric.
struct MetricLabels {
    /// The run made last.
    private(set) var run = ByteWriter()
    /// The metric's labels, sorted by name.
    private var sorted: [(name: Range<Int>, value: Range<Int>)] = []
    private var name: [UInt8] = []
    private var bound: [UInt8] = []

    private static let metricName = Array(LabelSet.metricName.utf8)
    private static let upperBound = Array("le".utf8)
    private static let quantile = Array("quantile".utf8)

    /// What a series has beside the metric's labels and the family's name.
    enum Extra {
        case none
        case upperBound(Double)
        case quantile(Double)
    }

    /// Begins the series of a metric.
    mutating func begin(_ labels: [(name: Range<Int>, value: Range<Int>)], in bytes: Span<UInt8>) {
        sorted.removeAll(keepingCapacity: true)
        sorted.append(contentsOf: labels)
        // Targets nearly always sort their labels.
        for index in sorted.indices.dropFirst()
        where compareBytes(bytes.extracting(sorted[index - 1].name), bytes.extracting(sorted[index].name)) > 0 {
            sorted.sort { a, b in compareBytes(bytes.extracting(a.name), bytes.extracting(b.name)) < 0 }
            return
        }
    }

    /// Makes the run of one series.
    ///
    /// - Returns: The name of a label that occurs twice, or `nil`.
    mutating func makeRun(
        family: Span<UInt8>, suffix: StaticString, extra: Extra, in bytes: Span<UInt8>
    ) -> String? {
        name.removeAll(keepingCapacity: true)
        unsafe family.withUnsafeBufferPointer { unsafe name.append(contentsOf: $0) }
        suffix.withUTF8Buffer { unsafe name.append(contentsOf: $0) }
        bound.removeAll(keepingCapacity: true)
        let metricName = Self.metricName
        let extraName = Self.name(of: extra)
        switch extra {
        case .none: break
        case .upperBound(let value), .quantile(let value): NumberText.append(value, .openMetrics, to: &bound)
        }
        run.bytes.removeAll(keepingCapacity: true)
        var hasName = false
        var hasExtra = extraName.isEmpty
        for index in sorted.indices {
            let label = bytes.extracting(sorted[index].name)
            if !hasName, compareBytes(metricName.span, label) <= 0 { appendName(&hasName) }
            if !hasExtra, compareBytes(extraName.span, label) <= 0 { append(extraName, &hasExtra) }
            let isRepeated =
                equalBytes(label, metricName.span) || equalBytes(label, extraName.span)
                || (index > 0 && equalBytes(label, bytes.extracting(sorted[index - 1].name)))
            if isRepeated, !label.isEmpty { return String(copying: label) }
            guard !sorted[index].value.isEmpty else { continue }
            run.appendLengthPrefixed(label)
            run.appendLengthPrefixed(bytes.extracting(sorted[index].value))
        }
        if !hasName { appendName(&hasName) }
        if !hasExtra { append(extraName, &hasExtra) }
        return nil
    }

    private mutating func appendName(_ isDone: inout Bool) {
        run.appendVarint(UInt64(Self.metricName.count))
        run.append(Self.metricName)
        run.appendVarint(UInt64(name.count))
        run.append(name)
        isDone = true
    }

    private mutating func append(_ extraName: [UInt8], _ isDone: inout Bool) {
        run.appendVarint(UInt64(extraName.count))
        run.append(extraName)
        run.appendVarint(UInt64(bound.count))
        run.append(bound)
        isDone = true
    }

    private static func name(of extra: Extra) -> [UInt8] {
        switch extra {
        case .none: []
        case .upperBound: upperBound
        case .quantile: quantile
        }
    }
}
