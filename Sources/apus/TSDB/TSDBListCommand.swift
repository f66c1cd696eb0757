import ApusBytes
import ApusInterchange
import ApusModel
import ApusStorage
import ArgumentParser

/// `apus tsdb list`: the blocks and the head.
struct TSDBListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the blocks and the head with times, series, samples and sizes.")

    @OptionGroup var folder: DataFolderArgument
    @Option(help: "table, or json for programs.")
    var format = TSDBOutputFormat.table

    func run() async throws {
        let listing = try await folder.read { view throws(InterchangeError) in FolderListing(view.storage) }
        switch format {
        case .json: print(listing.json)
        case .table: for line in listing.lines(on: .standardOutput) { print(line) }
        }
        if !listing.unreadable.isEmpty { throw ExitCode(1) }
    }
}

/// What a data folder holds.
private struct FolderListing: Sendable {
    var blocks: [BlockFacts]
    var unreadable: [(folder: String, reason: String)]
    var head: StorageStatistics

    init(_ storage: Storage) {
        (blocks, unreadable) = storage.blockFacts()
        head = storage.statistics
    }

    func lines(on terminal: Terminal) -> [String] {
        var table = TextTable([
            TextTable.Column(name: "block"), TextTable.Column(name: "first sample"),
            TextTable.Column(name: "last sample"), TextTable.Column(name: "series", isNumeric: true),
            TextTable.Column(name: "chunks", isNumeric: true), TextTable.Column(name: "samples", isNumeric: true),
            TextTable.Column(name: "size", isNumeric: true), TextTable.Column(name: "B/sample", isNumeric: true),
            TextTable.Column(name: "roll-ups"),
        ])
        for block in blocks {
            table.append([
                block.identifier, TimestampText.rfc3339(block.minimumTime), TimestampText.rfc3339(block.maximumTime),
                String(block.series), String(block.chunks), String(block.samples), ShortNumber.bytes(block.bytes),
                perSample(block.bytes, block.samples), rollups(of: block),
            ])
        }
        if let first = head.headMinimumTime, let last = head.headMaximumTime {
            table.append([
                "head", TimestampText.rfc3339(first), TimestampText.rfc3339(last), String(head.headSeries),
                String(head.headChunks), "", ShortNumber.bytes(head.walBytes), "", "",
            ])
        }
        var lines = table.lines(on: terminal)
        let samples = blocks.reduce(0) { $0 + $1.samples }
        let bytes = blocks.reduce(0) { $0 + $1.bytes }
        lines.append("\(blocks.count) blocks, \(samples) samples, \(ShortNumber.bytes(bytes))")
        for block in unreadable { lines.append(Terminal.harmless("damaged: \(block.folder): \(block.reason)")) }
        return lines
    }

    /// The resolutions with their sizes: `5m 1.2 MB, 1h 130 kB`, and of how many series nothing else is left.
    private func rollups(of block: BlockFacts) -> String {
        let parts = block.rollups.map { "\(DurationText.string($0.resolution)) \(ShortNumber.bytes($0.bytes))" }
        let count = block.rollups.map(\.seriesWithoutSamples).max() ?? 0
        return parts.joined(separator: ", ") + (count > 0 ? "; \(count) series without samples" : "")
    }

    private func perSample(_ bytes: Int, _ samples: Int) -> String {
        guard samples > 0 else { return "" }
        return NumberText.string((Double(bytes) / Double(samples) * 100).rounded() / 100, .json)
    }

    private func json(_ rollup: RollupFacts) -> String {
        """
        {"resolution":\(rollup.resolution),"bytes":\(rollup.bytes),"buckets":\(rollup.buckets),\
        "seriesWithoutSamples":\(rollup.seriesWithoutSamples)}
        """
    }

    var json: String {
        let blocks = blocks.map { block in
            """
            {"ulid":"\(block.identifier)","minTime":\(block.minimumTime),"maxTime":\(block.maximumTime),\
            "series":\(block.series),"chunks":\(block.chunks),"samples":\(block.samples),"bytes":\(block.bytes),\
            "rollups":[\(block.rollups.map(json).joined(separator: ","))]}
            """
        }
        let unreadable = unreadable.map {
            "{\"folder\":\(JSONString.quoted($0.folder)),\"reason\":\(JSONString.quoted($0.reason))}"
        }
        let times =
            "\"minTime\":\(head.headMinimumTime.map { String($0) } ?? "null"),"
            + "\"maxTime\":\(head.headMaximumTime.map { String($0) } ?? "null")"
        return "{\"blocks\":[\(blocks.joined(separator: ","))],\"head\":{\(times),\"series\":\(head.headSeries),"
            + "\"chunks\":\(head.headChunks),\"walBytes\":\(head.walBytes)},"
            + "\"unreadable\":[\(unreadable.joined(separator: ","))]}"
    }
}
