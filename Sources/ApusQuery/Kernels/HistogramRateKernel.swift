import ApusModel

/// `rate`, `increase` and `delta` of histograms.
///
/// Where the resets lie is found once for the whole series; a window then needs its ends and what was lost at the resets
/// inside it.
struct HistogramRateKernel {
    /// The series' samples by kind.
    let split: SplitSamples
    /// What is to be remarked so far.
    private(set) var remarks: HistogramRemarks = []
    private let form: RateKernel.Form
    private let starts: StartTimes
    private let overlaps: [Int32]
    /// The positions of histograms before which there was a reset, ascending.
    private let resets: [Int]
    /// Whether all histograms have buckets of one schema and none is a gauge, which is nearly always so.
    private let isUniform: Bool

    init(_ samples: RangeSamples, _ form: RateKernel.Form) {
        split = SplitSamples(samples)
        self.form = form
        let starts = StartTimes(split.places.columns)
        self.starts = starts
        overlaps = starts.areKnown && form.isCounter ? starts.runningOverlaps() : []
        let histograms = split.histograms
        resets =
            !form.isCounter || histograms.count < 2
            ? []
            : (1..<histograms.count).filter { index in
                (starts.areKnown && starts.isReset(at: index))
                    || histograms[index].detectsReset(after: histograms[index - 1])
            }
        isUniform = histograms.allSatisfy { histogram in
            histogram.schema == histograms[0].schema && histogram.counterResetHint != .gauge
        }
    }

    /// The value of a window of histograms.
    mutating func value(window: Int) -> NativeHistogram? {
        let range = split.histogramRange(window)
        let times = split.places.columns.timestamps
        guard let first = range.first, let last = range.last else { return nil }
        let edges = split.places.window(at: window)
        let extrapolation = RateExtrapolation(
            first: times[first], last: times[last], count: split.places.number(from: first, through: last),
            window: edges, start: starts[first],
            isCounter: form.isCounter)
        if last == first, !extrapolation.usesStart { return nil }
        var found: HistogramRemarks = []
        var result: NativeHistogram?
        do throws(HistogramArithmeticError) {
            if last > first { result = try change(range, &found) }
            if extrapolation.usesStart {
                if var increase = result {
                    if try increase.add(split.histograms[first]).boundsWereReconciled {
                        found.insert(.reconciledInAddition)
                    }
                    result = increase
                } else {
                    result = split.histograms[first]
                }
            }
        } catch {
            remarks.insert(.mixedSchemas)
            return nil
        }
        remarks.formUnion(found)
        guard var increase = result else { return nil }
        let firstCount = split.histograms[first].count
        var factor = extrapolation.factor(firstValue: firstCount, increase: increase.count)
        if form.isPerSecond { factor /= Double(edges.end &- edges.start) / 1_000 }
        increase.multiply(by: factor)
        increase.counterResetHint = .gauge
        increase.compact()
        return increase
    }

    /// What lies between the first and the last histogram of a window, without what resets took.
    private func change(
        _ range: Range<Int>, _ found: inout HistogramRemarks
    ) throws(HistogramArithmeticError) -> NativeHistogram {
        let histograms = split.histograms
        let first = range.lowerBound
        let last = range.upperBound - 1
        if form.isCounter {
            if !overlaps.isEmpty, overlaps[last] > overlaps[first] { found.insert(.overlappingStart) }
        } else if histograms[first].counterResetHint != .gauge || histograms[last].counterResetHint != .gauge {
            found.insert(.notGauge)
        }
        var reset = resets.partitioningIndex { $0 > first }
        // The first histogram is not looked at when there was a reset directly after it: it may have any layout.
        let skipsFirst = reset < resets.count && resets[reset] == first + 1
        if !isUniform, form.isCounter {
            let counted = histograms[(skipsFirst ? first + 1 : first)...last]
            if histograms[first...last].contains(where: { $0.counterResetHint == .gauge }) { found.insert(.notCounter) }
            if counted.contains(where: { $0.isCustom != histograms[last].isCustom }) { throw .incompatibleSchemas }
        }
        var result = histograms[last]
        if !isUniform, form.isCounter, result.isExponential {
            let coarsest = histograms[(skipsFirst ? first + 1 : first)...last].lazy.map(\.schema).min()
            if let coarsest, coarsest < result.schema { result.reduceResolution(to: coarsest) }
        }
        if skipsFirst {
            reset += 1
            if result.isCustom { try leaveOutFirst(before: first + 1, of: &result, &found) }
        } else if try result.subtract(histograms[first]).boundsWereReconciled {
            found.insert(.reconciledInSubtraction)
        }
        while reset < resets.count, resets[reset] <= last {
            if try result.add(histograms[resets[reset] - 1]).boundsWereReconciled {
                found.insert(.reconciledInAddition)
            }
            reset += 1
        }
        return result
    }

    /// Takes nothing away from a change where the first histogram is left out.
    ///
    /// As in Prometheus an empty histogram with the bounds of the second one stands in its place, so that the result has
    /// only bounds that the second one has, too.
    private func leaveOutFirst(
        before position: Int, of change: inout NativeHistogram, _ found: inout HistogramRemarks
    ) throws(HistogramArithmeticError) {
        let second = split.histograms[position]
        var empty = NativeHistogram()
        empty.schema = second.schema
        empty.customBounds = second.customBounds
        if try change.subtract(empty).boundsWereReconciled { found.insert(.reconciledInSubtraction) }
        let isReset = (starts.areKnown && starts.isReset(at: position)) || second.detectsReset(after: empty)
        if isReset, try change.add(empty).boundsWereReconciled { found.insert(.reconciledInAddition) }
    }
}

extension [Int] {
    /// The first index whose element fulfils a condition that holds from some element on.
    fileprivate func partitioningIndex(where isReached: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isReached(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
