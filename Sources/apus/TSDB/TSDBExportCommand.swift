import ApusBytes
import ApusInterchange
import ApusModel
import ArgumentParser

/// `apus tsdb export`: hands samples out as blocks of Prometheus.
struct TSDBExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write samples as blocks that Prometheus and promtool read.",
        discussion: """
            The blocks are a data folder for Prometheus, or can be moved into one while it is stopped. Written are floats and native \
            histograms; Prometheus before 2.40 does not know the latter.
            """)

    @OptionGroup var folder: DataFolderArgument
    @Option(name: .customLong("to"), help: "The folder for the blocks; made when it is not there.")
    var target: String
    @OptionGroup var times: TSDBTimeOptions
    @OptionGroup var selection: TSDBSelectionOptions
    @Option(help: "The time that a block spans. (default: 2h, 6h or 18h, as suits the span of all)")
    var blockDuration: DurationOption?
    @Flag(help: "No progress on the standard error.")
    var quiet = false
    @Option(help: "The summary as table, or as json for programs.")
    var format = TSDBOutputFormat.table

    func validate() throws {
        if let blockDuration, blockDuration.milliseconds < 60_000 {
            throw ValidationError("--block-duration must be at least a minute")
        }
    }

    func run() async throws {
        var wanted = PrometheusExport.Selection()
        wanted.range = try times.range()
        wanted.selectors = try selection.matchers()
        wanted.blockLength = blockDuration?.milliseconds
        let interruption = Interruption()
        let line = ProgressLine(isShown: !quiet, interruption: interruption)
        let target = target
        let summary = try await folder.read(interruption: interruption) { [wanted] view throws(InterchangeError) in
            try PrometheusExport.run(view, selection: wanted, to: target) { line.show($0) }
        }
        line.clear()
        switch format {
        case .json:
            let blocks = summary.blocks.map { JSONString.quoted($0.identifier) }
            print("{\"samples\":\(summary.samples),\"blocks\":[\(blocks.joined(separator: ","))]}")
        case .table:
            guard let first = summary.blocks.map(\.minimumTime).min(),
                let last = summary.blocks.map(\.maximumTime).max()
            else {
                print("there were no samples")
                return
            }
            print(
                "\(summary.samples) samples of up to \(summary.series) series from \(TimestampText.rfc3339(first)) to "
                    + "\(TimestampText.rfc3339(last - 1)) written to \(summary.blocks.count) blocks in \(target)")
        }
    }
}
