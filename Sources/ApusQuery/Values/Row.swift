import ApusModel

/// The values of one series at all steps of a grid.
///
/// Floats stand in a plain array, so that whatever works on floats alone never looks at anything else. The column of
/// histograms exists only while some step has one.
struct Row: Sendable {
    /// One per step; `Point.absent` where there is no value, some other NaN where a histogram stands.
    var values: [Double]
    /// Empty while no step has a histogram, otherwise one per step, `nil` where none stands.
    private(set) var histograms: [NativeHistogram?] = []

    /// A row without any value.
    init(count: Int) {
        values = [Double](repeating: Point.absent, count: count)
    }

    /// A row of floats.
    init(_ values: [Double]) {
        self.values = values
    }

    /// The number of steps.
    var count: Int { values.count }

    /// Whether any step has a float.
    var hasFloats: Bool {
        values.indices.contains { Point.isPresent(values[$0]) && (histograms.isEmpty || histograms[$0] == nil) }
    }

    /// Whether a histogram may stand at any step.
    var hasHistograms: Bool { !histograms.isEmpty }

    /// Whether there is a value, a float or a histogram.
    @inline(__always)
    func isPresent(at step: Int) -> Bool { Point.isPresent(values[step]) }

    /// The histogram at a step, if one stands there.
    func histogram(at step: Int) -> NativeHistogram? { histograms.isEmpty ? nil : histograms[step] }

    /// Whether a histogram stands at a step.
    func isHistogram(at step: Int) -> Bool { !histograms.isEmpty && histograms[step] != nil }

    /// How much memory the row counts for, as a number of floats.
    var weight: Int {
        var result = values.count
        for case let histogram? in histograms { result += histogram.weight }
        return result
    }
}

extension Row {
    /// Leaves floats only: for those who are about to overwrite every value with a float.
    @inline(__always)
    mutating func clearHistograms() {
        if !histograms.isEmpty { histograms.removeAll(keepingCapacity: true) }
    }

    /// Puts a histogram at a step.
    mutating func set(_ histogram: NativeHistogram, at step: Int) {
        if histograms.isEmpty { histograms = [NativeHistogram?](repeating: nil, count: values.count) }
        histograms[step] = histogram
        values[step] = .nan
    }

    /// Puts a float at a step.
    mutating func set(_ value: Double, at step: Int) {
        values[step] = value
        if !histograms.isEmpty { histograms[step] = nil }
    }

    /// Removes the value at a step.
    mutating func remove(at step: Int) { set(Point.absent, at: step) }

    /// Removes all values.
    mutating func removeAll() {
        clearHistograms()
        for step in values.indices { values[step] = Point.absent }
    }

    /// Takes over the value, or the absence, at a step of another row.
    mutating func copyPoint(of other: Row, at otherStep: Int, to step: Int) {
        values[step] = other.values[otherStep]
        if let histogram = other.histogram(at: otherStep) {
            set(histogram, at: step)
        } else if !histograms.isEmpty {
            histograms[step] = nil
        }
    }

    /// Removes the values at the steps that do not fulfil a condition.
    mutating func keepPresent(where isKept: (Int) -> Bool) {
        for step in values.indices where Point.isPresent(values[step]) && !isKept(step) { remove(at: step) }
        // Who only asks whether there may be histograms is told the truth.
        if !histograms.isEmpty, !histograms.contains(where: { $0 != nil }) { clearHistograms() }
    }

    /// Removes all histograms, for functions that ignore them.
    mutating func dropHistograms() {
        if histograms.isEmpty { return }
        for step in values.indices where histograms[step] != nil { values[step] = Point.absent }
        clearHistograms()
    }

    /// Removes all floats and replaces each histogram by a float.
    mutating func mapHistograms(_ transform: (NativeHistogram, Int) -> Double) {
        for step in values.indices {
            values[step] = histogram(at: step).map { transform($0, step) } ?? Point.absent
        }
        clearHistograms()
    }

    /// Makes nothing known of histograms that a store marked as reset.
    mutating func forgetResets() {
        for step in histograms.indices where histograms[step]?.counterResetHint == .reset {
            histograms[step]?.counterResetHint = .unknown
        }
    }

    /// Changes the sign of all values.
    mutating func negate() {
        values.mapPresent { -$0 }
        if histograms.isEmpty { return }
        for step in values.indices {
            if let histogram = histograms[step] { set(histogram.negated, at: step) }
        }
    }
}

extension NativeHistogram {
    /// How much memory it counts for, as a number of floats.
    var weight: Int {
        12 + positiveBuckets.count + negativeBuckets.count + positiveSpans.count + negativeSpans.count
            + customBounds.count
    }
}

extension [Double] {
    /// Replaces each present value by what `transform` makes of it.
    @inline(__always)
    mutating func mapPresent(_ transform: (Double) -> Double) {
        var values = mutableSpan
        for index in 0..<values.count {
            let value = values[index]
            if Point.isPresent(value) { values[index] = transform(value) }
        }
    }

    /// Replaces each present value by what `transform` makes of it and of its step.
    @inline(__always)
    mutating func mapPresent(_ transform: (Double, Int) -> Double) {
        var values = mutableSpan
        for index in 0..<values.count {
            let value = values[index]
            if Point.isPresent(value) { values[index] = transform(value, index) }
        }
    }
}
