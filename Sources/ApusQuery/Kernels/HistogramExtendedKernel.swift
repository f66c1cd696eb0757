import ApusModel

/// `rate`, `increase` and `delta` of histograms on windows that samples beside them take part in.
///
/// Source of the rules: Prometheus' proposal PROM-52 and its tests.
struct HistogramExtendedKernel {
    /// What is to be remarked.
    private(set) var remarks: HistogramRemarks = []
    private let split: SplitSamples
    private let form: RateKernel.Form
    private let extent: ExtendedKernel.Extent

    init(_ split: SplitSamples, _ form: RateKernel.Form, _ extent: ExtendedKernel.Extent) {
        self.split = split
        self.form = form
        self.extent = extent
    }

    /// Writes a value for each window that has histograms only.
    mutating func evaluate(into row: inout Row) {
        var found: HistogramRemarks = []
        ExtendedKernel.forEachWindow(split.places, extent) { window, first, last, start, end in
            if split.hasFloats(window) { return }
            do throws(HistogramArithmeticError) {
                row.set(try change(first...last, start, end, &found), at: window)
            } catch {
                found.insert(.mixedSchemas)
            }
        }
        remarks.formUnion(found)
    }

    private func change(
        _ range: ClosedRange<Int>, _ start: Int64, _ end: Int64, _ found: inout HistogramRemarks
    ) throws(HistogramArithmeticError) -> NativeHistogram {
        let histograms = split.histograms
        let times = split.places.columns.timestamps
        let (first, last) = (range.lowerBound, range.upperBound)
        for histogram in histograms[range] {
            if histogram.isCustom != histograms[first].isCustom { throw .incompatibleSchemas }
            if form.isCounter, histogram.counterResetHint == .gauge { found.insert(.notCounter) }
        }
        let interpolatesLeft = extent.isSmoothed && times[first] < start && first < last
        let interpolatesRight = extent.isSmoothed && times[last] > end && first < last
        let left = interpolatesLeft ? try interpolated(at: start, after: first, &found) : histograms[first]
        let right = interpolatesRight ? try interpolated(at: end, after: last - 1, &found) : histograms[last]
        if !form.isCounter, left.counterResetHint != .gauge || right.counterResetHint != .gauge {
            found.insert(.notGauge)
        }
        var result = right
        if try result.subtract(left).boundsWereReconciled { found.insert(.reconciledInSubtraction) }
        if form.isCounter {
            try correct(&result, range, left: left, right: right, interpolatesLeft: interpolatesLeft, &found)
        }
        if form.isPerSecond { result.divide(by: Double(extent.range) / 1_000) }
        result.counterResetHint = .gauge
        result.compact()
        return result
    }

    /// Adds what resets between the two ends of a window took.
    private func correct(
        _ result: inout NativeHistogram, _ range: ClosedRange<Int>, left: NativeHistogram, right: NativeHistogram,
        interpolatesLeft: Bool, _ found: inout HistogramRemarks
    ) throws(HistogramArithmeticError) {
        let histograms = split.histograms
        var next = range.lowerBound + 1
        var previous = left
        if interpolatesLeft, histograms[next].detectsReset(after: histograms[next - 1]) {
            // The interpolation of the left end has crossed this reset already.
            previous = histograms[next]
            next += 1
        }
        // Both ends came from one gap between two samples.
        if next > range.upperBound { return }
        for histogram in histograms[next..<range.upperBound] + [right] {
            if histogram.detectsReset(after: previous) {
                if try result.add(previous).boundsWereReconciled { found.insert(.reconciledInAddition) }
            }
            previous = histogram
        }
    }

    private func interpolated(
        at time: Int64, after sample: Int, _ found: inout HistogramRemarks
    ) throws(HistogramArithmeticError) -> NativeHistogram {
        let times = split.places.columns.timestamps
        return try split.histograms[sample].interpolated(
            to: split.histograms[sample + 1], from: times[sample], through: times[sample + 1], at: time,
            isCounter: form.isCounter, &found)
    }
}

extension NativeHistogram {
    /// The histogram at a time between this one and a later one, linearly; a counter that was reset between them begins
    /// at zero.
    func interpolated(
        to next: NativeHistogram, from start: Int64, through end: Int64, at time: Int64, isCounter: Bool,
        _ found: inout HistogramRemarks
    ) throws(HistogramArithmeticError) -> NativeHistogram {
        if time == start { return self }
        if time == end { return next }
        guard isCustom == next.isCustom else { throw .incompatibleSchemas }
        let share = Double(time &- start) / Double(end &- start)
        var result = next
        if isCounter, next.detectsReset(after: self) {
            result.multiply(by: share)
            return result
        }
        if try result.subtract(self).boundsWereReconciled { found.insert(.reconciledInSubtraction) }
        result.multiply(by: share)
        if try result.add(self).boundsWereReconciled { found.insert(.reconciledInAddition) }
        return result
    }
}
