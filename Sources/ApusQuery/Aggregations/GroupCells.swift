import ApusModel

/// What an aggregation keeps for one group at all steps: cells for floats, and once there is a histogram others for them.
struct GroupCells<Cell: AggregationCell>: Sendable {
    private var cells: [Cell]
    /// Empty until a histogram is added up.
    private var histograms: [HistogramCell] = []

    /// Of `count` steps without any value.
    init(count: Int) {
        cells = [Cell](repeating: Cell(), count: count)
    }

    /// Adds the floats of a row.
    @inline(__always)
    mutating func accumulate(_ row: [Double]) {
        let values = row.span
        var cells = cells.mutableSpan
        for step in 0..<values.count {
            let value = values[step]
            if Point.isPresent(value) { cells[step].add(value) }
        }
    }

    /// Does with the histograms of a row what the aggregation does with them; in the row they are left only where they
    /// are values like others.
    mutating func takeHistograms(_ row: inout Row) -> HistogramRemarks {
        var remarks: HistogramRemarks = []
        switch Cell.histogramUse {
        case .counted: return []
        case .ignored: break
        case .summed, .averaged:
            if histograms.isEmpty { makeHistograms() }
            for step in row.values.indices {
                guard let histogram = row.histogram(at: step) else { continue }
                if Point.isPresent(cells[step].result) { histograms[step].skip() }
                histograms[step].add(histogram, &remarks)
            }
        }
        row.dropHistograms()
        return remarks
    }

    private mutating func makeHistograms() {
        let empty = HistogramCell(isAverage: Cell.histogramUse == .averaged)
        histograms = [HistogramCell](repeating: empty, count: cells.count)
    }

    /// Adds what other cells have, whose series come after those of these.
    mutating func join(_ other: GroupCells) -> HistogramRemarks {
        var remarks: HistogramRemarks = []
        if !other.histograms.isEmpty {
            if histograms.isEmpty { makeHistograms() }
            for step in histograms.indices where !other.histograms[step].isEmpty {
                if Point.isPresent(cells[step].result) { histograms[step].skip() }
                histograms[step].join(other.histograms[step], &remarks)
            }
        }
        for step in cells.indices { cells[step].join(other.cells[step]) }
        return remarks
    }

    /// The results; a step with floats and histograms has none.
    var result: (row: Row, remarks: HistogramRemarks) {
        var row = Row(cells.map(\.result))
        var remarks: HistogramRemarks = []
        for step in histograms.indices where !histograms[step].isEmpty {
            if row.isPresent(at: step) {
                remarks.insert(.mixedSamplesInAggregation)
                row.remove(at: step)
            } else if let histogram = histograms[step].result(&remarks) {
                row.set(histogram, at: step)
            }
        }
        return (row, remarks)
    }
}
