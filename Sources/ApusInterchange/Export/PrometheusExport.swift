package import ApusModel
import ApusStorage

/// Hands samples out as blocks that Prometheus reads.
package enum PrometheusExport {
    /// What is handed out.
    package struct Selection: Sendable {
        /// The times, in milliseconds, both ends included; `nil` for all there is.
        package var range: ClosedRange<Int64>?
        /// The series that any of these selects, each a list of matchers; all series when there is none.
        package var selectors: [[Matcher]] = []
        /// The length of a block in milliseconds; `nil` for one that suits the span of time.
        package var blockLength: Int64?

        /// Everything.
        package init() {}
    }

    /// What was handed out.
    package struct Summary: Sendable, Equatable {
        /// What the blocks say of themselves.
        package var blocks: [PrometheusBlockMeta] = []
        /// The samples in them.
        package var samples: Int { blocks.reduce(0) { $0 + $1.samples } }
        /// The most series of a block.
        package var series: Int { blocks.map(\.series).max() ?? 0 }
    }

    /// Writes the selected samples of a data folder to blocks in `target`.
    package static func run(
        _ view: DataFolderView, selection: Selection, to target: String,
        onProgress: @Sendable (Progress) -> Bool = { _ in true }
    ) throws(InterchangeError) -> Summary {
        guard let span = view.times else { return Summary() }
        return try run(view.storage, span: span, selection: selection, to: target, onProgress: onProgress)
    }

    /// Writes the selected samples to blocks in `target`, which is made when it is not there; when it fails, none of them stays.
    ///
    /// The samples of one series and block are in memory at a time, and the index of the block that is written.
    ///
    /// - Parameter span: the times of all that is stored.
    package static func run(
        _ store: any Queryable, span: ClosedRange<Int64>, selection: Selection, to target: String,
        clock: any WallClock = SystemWallClock(), onProgress: @Sendable (Progress) -> Bool = { _ in true }
    ) throws(InterchangeError) -> Summary {
        do throws(FileError) { try Folder.make(target) } catch { throw .file(error) }
        let times = selection.range.map { $0.clamped(to: span) } ?? span
        let alignment =
            selection.blockLength.map { BlockAlignment(length: $0) }
            ?? BlockAlignment(base: StorageOptions().blockRange, span: times)
        let first = alignment.number(of: times.lowerBound)
        let last = alignment.number(of: times.upperBound)
        var summary = Summary()
        var generator = SystemRandomNumberGenerator()
        // Names ascend in the order of time, whatever the clock does.
        let start = clock.now()
        for number in first...last {
            let range = alignment.range(number).clamped(to: times)
            let fraction = Double(number - first) / Double(last - first + 1)
            let isWanted = {
                onProgress(Progress("block from \(TimestampText.rfc3339(range.lowerBound))", fraction: fraction))
            }
            let identifier = BlockIdentifier.make(milliseconds: start &+ (number - first), using: &generator)
            do throws(InterchangeError) {
                var writer = try PrometheusBlockWriter(parent: target, identifier: identifier)
                do throws(InterchangeError) {
                    try write(store, range, selection.selectors, to: &writer, isWanted)
                    if let meta = try writer.finish() { summary.blocks.append(meta) }
                } catch {
                    writer.discard()
                    throw error
                }
            } catch {
                remove(summary.blocks, from: target)
                throw error
            }
        }
        return summary
    }

    /// Removes blocks of an export that failed: the next one writes them again under other names.
    private static func remove(_ blocks: [PrometheusBlockMeta], from target: String) {
        for block in blocks {
            // What cannot be removed is whole, and no more than a repetition.
            do throws(FileError) { try Folder.removeTree("\(target)/\(block.identifier)") } catch {}
        }
    }

    private static func write(
        _ store: any Queryable, _ range: ClosedRange<Int64>, _ selectors: [[Matcher]],
        to writer: inout PrometheusBlockWriter, _ isWanted: () -> Bool
    ) throws(InterchangeError) {
        try SelectedSeries.forEach(of: store, range: range, selectors: selectors) {
            position, labels, columns throws(InterchangeError) in
            if position % 1_024 == 0, !isWanted() { throw .cancelled }
            try writer.add(labels, samples: columns)
        }
    }
}
