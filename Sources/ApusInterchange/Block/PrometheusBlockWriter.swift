package import ApusModel
import ApusStorage

/// Writes a Prometheus block, series by series in the order of labels.
///
/// Index version 2, chunks of at most 120 samples, `meta.json`, no tombstones. The folder has the ending of a block that is being
/// written until `finish` renames it.
package struct PrometheusBlockWriter {
    /// As many as Prometheus aims at, so that its queries decode as little as they do with its own blocks.
    static let maximumChunkSamples = 120

    private let parent: String
    private let identifier: String
    private let temporary: String
    private var chunks: ChunkSegmentWriter
    private var index = PrometheusIndexWriter()
    private var samples = 0
    private var minimumTime = Int64.max
    private var maximumTime = Int64.min

    /// A writer of a block in `parent`.
    package init(parent: String, identifier: String) throws(InterchangeError) {
        self.parent = parent
        self.identifier = identifier
        temporary = "\(parent)/\(identifier).tmp-for-creation"
        do throws(FileError) {
            try Folder.make(temporary)
            chunks = try ChunkSegmentWriter(folder: "\(temporary)/chunks")
        } catch {
            Self.remove(temporary)
            throw .file(error)
        }
    }

    /// Adds a series with at least one sample; its labels come after those of the series before.
    package mutating func add(_ labels: LabelSet, samples columns: borrowing SampleColumns) throws(InterchangeError) {
        var plan = ChunkPlan(columns)
        var written: [PrometheusIndex.Chunk] = []
        while let part = plan.next(of: columns) {
            let timestamps = columns.timestamps.span.extracting(part.samples)
            let data: [UInt8]
            switch part.encoding {
            case .float:
                data = FloatChunk.encode(timestamps: timestamps, values: columns.values.span.extracting(part.samples))
            case .integerHistogram:
                data = IntegerHistogramChunk.encode(
                    columns.histograms[part.histograms], timestamps: timestamps, reset: part.reset)
            case .floatHistogram:
                data = FloatHistogramChunk.encode(
                    columns.histograms[part.histograms], timestamps: timestamps, reset: part.reset)
            }
            do throws(FileError) {
                let reference = try chunks.append(part.encoding, data)
                let first = columns.timestamps[part.samples.lowerBound]
                let last = columns.timestamps[part.samples.upperBound - 1]
                written.append(
                    PrometheusIndex.Chunk(minimumTime: first, maximumTime: last, reference: reference))
                minimumTime = min(minimumTime, first)
                maximumTime = max(maximumTime, last)
            } catch {
                throw .file(error)
            }
        }
        samples += columns.count
        try index.add(labels, chunks: written)
    }

    /// Completes the block; one without samples is removed.
    ///
    /// - Returns: what it says of itself, or `nil` when there were no samples.
    package mutating func finish() throws(InterchangeError) -> PrometheusBlockMeta? {
        guard samples > 0 else {
            discard()
            return nil
        }
        var meta = PrometheusBlockMeta(
            identifier: identifier, minimumTime: minimumTime, maximumTime: maximumTime + 1, samples: samples,
            series: index.seriesCount, chunks: index.chunkCount)
        meta.level = 1
        do throws(FileError) { try chunks.finish() } catch { throw .file(error) }
        try index.write(to: "\(temporary)/index")
        do throws(FileError) {
            let file = try SystemFile(creating: "\(temporary)/meta.json", isExclusive: true)
            try file.write(Array(meta.text.utf8).span, at: 0)
            try file.synchronize()
            try Folder.synchronize(temporary)
            try Folder.rename(temporary, to: "\(parent)/\(identifier)")
        } catch {
            throw .file(error)
        }
        return meta
    }

    /// Removes what was written of a block that will not be completed.
    package func discard() {
        Self.remove(temporary)
    }

    private static func remove(_ temporary: String) {
        // What cannot be removed has an ending that Prometheus removes at its start.
        do throws(FileError) { try Folder.removeTree(temporary) } catch {}
    }
}
