package import ApusModel
import ApusStorage

/// A Prometheus block, opened for reading.
///
/// All files are mapped; index and tombstones are checked when it is opened, series and chunks when they are read.
package struct PrometheusBlock: Sendable {
    /// The block's folder.
    package let folder: String
    /// What it says of itself.
    package let meta: PrometheusBlockMeta
    private let index: PrometheusIndex
    private let chunks: ChunkSegments
    private let tombstones: PrometheusTombstones

    /// Opens the block in `folder`.
    package init(folder: String) throws(InterchangeError) {
        self.folder = folder
        meta = try PrometheusBlockMeta(path: "\(folder)/meta.json")
        index = try PrometheusIndex(path: "\(folder)/index", hasWrongVersion: meta.version == 2)
        chunks = try ChunkSegments(folder: "\(folder)/chunks")
        tombstones = try PrometheusTombstones(path: "\(folder)/tombstones")
    }

    /// The number of series.
    package var seriesCount: Int { index.seriesCount }

    /// The bytes of index and chunks.
    package var byteCount: Int { index.byteCount + chunks.byteCount }

    /// The intervals that were deleted.
    package var tombstoneCount: Int { tombstones.intervals.values.reduce(0) { $0 + $1.count } }

    /// Appends the samples in a range of time that are not deleted of the series at a position, in the order of labels.
    ///
    /// - Parameter note: takes a damaged chunk, whose samples are then left out; throwing ends the reading.
    /// - Returns: the series' labels.
    package func read(
        _ position: Int, range: ClosedRange<Int64>, into columns: inout SampleColumns,
        damage note: (InterchangeError) throws(InterchangeError) -> Void = { error throws(InterchangeError) in
            throw error
        }
    ) throws(InterchangeError) -> LabelSet {
        let series = try index.series(at: position)
        for chunk in series.chunks where chunk.minimumTime <= range.upperBound && chunk.maximumTime >= range.lowerBound
        {
            let whole = (samples: columns.count, histograms: columns.histograms.count)
            do throws(InterchangeError) { try chunks.read(chunk.reference, into: &columns) } catch {
                columns.removeLast(
                    columns.count - whole.samples, histograms: columns.histograms.count - whole.histograms)
                try note(error)
            }
        }
        let deleted = tombstones.intervals[series.reference] ?? []
        columns.keep { time in range.contains(time) && !deleted.contains { $0.contains(time) } }
        columns.sortByTime()
        return series.labels
    }

    /// Checks every checksum and decodes every chunk.
    ///
    /// - Returns: what is damaged, in the order of the files.
    package func verify() -> [InterchangeError] {
        var damage: [InterchangeError] = []
        do throws(InterchangeError) { try index.verify() } catch { damage.append(error) }
        var columns = SampleColumns()
        for position in 0..<index.seriesCount {
            do throws(InterchangeError) {
                for chunk in try index.series(at: position).chunks {
                    columns.removeAll()
                    do throws(InterchangeError) {
                        try chunks.read(chunk.reference, into: &columns)
                    } catch {
                        damage.append(error)
                    }
                }
            } catch {
                damage.append(error)
            }
        }
        return damage
    }
}
