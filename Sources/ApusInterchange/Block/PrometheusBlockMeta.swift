import ApusBytes
import ApusStorage
import Glibc

/// What a Prometheus block says of itself in `meta.json`.
package struct PrometheusBlockMeta: Sendable, Equatable {
    /// The version of blocks that are written.
    private static let currentVersion = 1
    /// A file of metadata is not larger than this.
    private static let maximumLength = 16 << 20
    /// Marks a block whose samples came out of order; it says nothing of how far the head has been written.
    private static let outOfOrderHint = "from-out-of-order"

    /// The block's name, a ULID.
    package var identifier: String
    /// The time of the first sample, in milliseconds.
    package var minimumTime: Int64
    /// The first time after the block.
    package var maximumTime: Int64
    /// The version: 1, or 2 for blocks with the wrong version in their index.
    package var version = currentVersion
    /// The number of samples.
    package var samples: Int
    /// The number of series.
    package var series: Int
    /// The number of chunks.
    package var chunks: Int
    /// How often the block was compacted, from 1.
    package var level = 1
    /// Whether its samples came out of order.
    package var isFromOutOfOrder = false

    /// Metadata of a new block.
    package init(identifier: String, minimumTime: Int64, maximumTime: Int64, samples: Int, series: Int, chunks: Int) {
        self.identifier = identifier
        self.minimumTime = minimumTime
        self.maximumTime = maximumTime
        self.samples = samples
        self.series = series
        self.chunks = chunks
    }

    /// Reads the file at `path`.
    package init(path: String) throws(InterchangeError) {
        let bytes: [UInt8]
        do throws(FileError) {
            let file = try MappedFile(path)
            guard file.count <= Self.maximumLength else { throw FileError("read", path, code: EFBIG) }
            bytes = unsafe file.bytes.withUnsafeBytes { unsafe Array($0) }
        } catch {
            throw .file(error)
        }
        let value: JSONValue
        do throws(JSONError) { value = try JSONReader.read(bytes) } catch {
            throw .damaged(path: path, offset: error.offset, reason: error.reason)
        }
        guard let identifier = value["ulid"]?.text, let minimum = value["minTime"]?.integer,
            let maximum = value["maxTime"]?.integer, let version = value["version"]?.integer
        else { throw .damaged(path: path, offset: 0, reason: "ulid, minTime, maxTime or version is missing") }
        guard version == 1 || version == 2 else {
            throw .unsupported(path: path, reason: "block version \(version) is not known (1 is)")
        }
        guard minimum <= maximum else {
            throw .damaged(path: path, offset: 0, reason: "minTime \(minimum) is after maxTime \(maximum)")
        }
        self.init(
            identifier: identifier, minimumTime: Int64(minimum), maximumTime: Int64(maximum),
            samples: value["stats"]?["numSamples"]?.integer ?? 0, series: value["stats"]?["numSeries"]?.integer ?? 0,
            chunks: value["stats"]?["numChunks"]?.integer ?? 0)
        self.version = version
        level = value["compaction"]?["level"]?.integer ?? 1
        isFromOutOfOrder =
            value["compaction"]?["hints"]?.elements.contains { $0.text == Self.outOfOrderHint } ?? false
    }

    /// The file's content.
    package var text: String {
        """
        {
        \t"ulid": \(JSONString.quoted(identifier)),
        \t"minTime": \(minimumTime),
        \t"maxTime": \(maximumTime),
        \t"stats": {
        \t\t"numSamples": \(samples),
        \t\t"numSeries": \(series),
        \t\t"numChunks": \(chunks)
        \t},
        \t"compaction": {
        \t\t"level": \(level),
        \t\t"sources": [
        \t\t\t\(JSONString.quoted(identifier))
        \t\t]
        \t},
        \t"version": \(version)
        }

        """
    }
}
