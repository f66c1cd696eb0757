import ApusModel
package import ApusStorage

/// Takes over blocks of Prometheus.
package enum PrometheusBlockImport {
    /// Writes the samples of a block that are in a range of time to blocks of Apus, which the caller publishes.
    ///
    /// One series is in memory at a time, besides the index of the block that is written. Tombstones are applied.
    ///
    /// - Parameter note: takes damaged series and chunks, which are then left out; throwing ends the import.
    package static func take(
        _ block: PrometheusBlock, range wanted: ClosedRange<Int64> = .min ... .max, into target: inout BlockImport,
        options: ImportOptions, summary: inout ImportSummary,
        damage note: (InterchangeError) throws(InterchangeError) -> Void
    ) throws(InterchangeError) {
        let last = block.meta.maximumTime > block.meta.minimumTime ? block.meta.maximumTime - 1 : block.meta.minimumTime
        let times = block.meta.minimumTime...last
        guard times.overlaps(wanted) else { return }
        let span = times.clamped(to: wanted)
        let alignment = BlockAlignment(base: options.blockRange, span: span)
        let first = alignment.number(of: span.lowerBound)
        let end = alignment.number(of: span.upperBound)
        var columns = SampleColumns()
        for number in first...end {
            let range = alignment.range(number).clamped(to: span)
            var previous: LabelSet?
            for position in 0..<block.seriesCount {
                if position % 1_024 == 0 {
                    let part = Double(position) / Double(max(1, block.seriesCount))
                    try options.report(
                        "block \(block.meta.identifier)", (Double(number - first) + part) / Double(end - first + 1))
                }
                columns.removeAll()
                let labels: LabelSet
                do throws(InterchangeError) {
                    labels = try block.read(position, range: range, into: &columns, damage: note)
                } catch {
                    try note(error)
                    continue
                }
                if let previous, !(previous < labels) {
                    throw .damaged(
                        path: "\(block.folder)/index", offset: 0,
                        reason: "series \(labels) does not come after \(previous)")
                }
                previous = labels
                do throws(BlockImportError) { try target.add(labels, samples: columns) } catch { throw .store(error) }
            }
            do throws(BlockImportError) { try target.endBlock() } catch { throw .store(error) }
        }
        summary.series = max(summary.series, block.seriesCount)
    }
}

extension BlockImport {
    /// Publishes, notes what came of it, and throws the error of this module.
    mutating func publishAll(into summary: inout ImportSummary) throws(InterchangeError) {
        do throws(BlockImportError) { summary.blocks = try publish() } catch { throw .store(error) }
        summary.refusedSeries = refusedSeries
        summary.refusedSamples = refusedSamples
    }
}
