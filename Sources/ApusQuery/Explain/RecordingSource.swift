import ApusModel
import Synchronization

/// Another source, whose reads are measured and counted for an explanation.
final class RecordingSource: SeriesSource {
    let base: any SeriesSource
    let series: [SeriesIdentity]
    private let figures: NodeFigures
    /// The series that were read and had a value, each counted once.
    private let seen: Mutex<[Bool]>

    init(_ base: any SeriesSource, _ figures: NodeFigures) {
        self.base = base
        self.figures = figures
        series = base.series
        seen = Mutex([Bool](repeating: false, count: base.series.count))
        let count = base.series.count
        figures.update { $0.seriesKnown += count }
    }

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        let frame = WorkClock.begin()
        do throws(QueryError) {
            try base.read(index, into: &row, scratch: &scratch)
        } catch {
            figures.addTime(WorkClock.end(frame))
            throw error
        }
        let time = WorkClock.end(frame)
        var present = 0
        for value in row.values where Point.isPresent(value) { present += 1 }
        let isNew = seen.withLock { seen in
            if present == 0 || seen[index] { return false }
            seen[index] = true
            return true
        }
        let hasHistograms = row.hasHistograms
        figures.update { figures in
            figures.nanoseconds &+= time
            figures.samplesOut &+= present
            figures.seriesOut += isNew ? 1 : 0
            if hasHistograms { figures.hasHistograms = true }
        }
    }
}

/// Another range vector, whose reads are measured and counted for an explanation.
final class RecordingWindows: WindowSource {
    let series: [SeriesIdentity]
    let windows: WindowGrid
    private let base: any WindowSource
    private let figures: NodeFigures
    private let seen: Mutex<[Bool]>

    init(_ base: any WindowSource, _ figures: NodeFigures) {
        self.base = base
        self.figures = figures
        series = base.series
        windows = base.windows
        seen = Mutex([Bool](repeating: false, count: base.series.count))
        let count = base.series.count
        figures.update { $0.seriesKnown += count }
    }

    func read(_ index: Int, scratch: inout Scratch) throws(QueryError) {
        let frame = WorkClock.begin()
        do throws(QueryError) {
            try base.read(index, scratch: &scratch)
        } catch {
            figures.addTime(WorkClock.end(frame))
            throw error
        }
        let time = WorkClock.end(frame)
        let count = scratch.samples.columns.count
        let spread = (
            first: scratch.samples.columns.timestamps.first ?? 0, last: scratch.samples.columns.timestamps.last ?? 0,
            count: count
        )
        let hasHistograms = !scratch.samples.columns.histograms.isEmpty
        let isNew = seen.withLock { seen in
            if count == 0 || seen[index] { return false }
            seen[index] = true
            return true
        }
        figures.update { figures in
            figures.nanoseconds &+= time
            figures.samplesOut &+= count
            figures.seriesOut += isNew ? 1 : 0
            if figures.spacing == nil, count >= 2 { figures.spacing = spread }
            if hasHistograms { figures.hasHistograms = true }
        }
    }
}
