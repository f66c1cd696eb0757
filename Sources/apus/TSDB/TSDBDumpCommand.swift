import ApusInterchange
import ApusModel
import ArgumentParser
import Glibc

extension SampleDump.Format: ExpressibleByArgument {}

/// `apus tsdb dump`: samples as text.
struct TSDBDumpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump", abstract: "Write samples as OpenMetrics text or as lines of JSON.",
        discussion: """
            OpenMetrics has no staleness markers and no native histograms: they are left out and counted. JSON has everything, an \
            object a line.
            """)

    @OptionGroup var folder: DataFolderArgument
    @OptionGroup var times: TSDBTimeOptions
    @OptionGroup var selection: TSDBSelectionOptions
    @Option(help: "openmetrics or json.")
    var format = SampleDump.Format.openMetrics

    func run() async throws {
        let range = try times.range()
        let selectors = try selection.matchers()
        let format = format
        signal(SIGPIPE, SIG_IGN)
        let summary = try await folder.read { view throws(InterchangeError) in
            try SampleDump.run(view.storage, range: range, selectors: selectors, format: format) {
                text throws(InterchangeError) in
                try Self.write(text)
            }
        }
        if summary.staleMarkers + summary.histograms > 0 {
            Terminal.report(
                "left out: \(summary.staleMarkers) staleness markers, \(summary.histograms) native histograms; "
                    + "--format json has them")
        }
    }

    /// Writes to the standard output; who closed it has seen enough.
    private static func write(_ text: [UInt8]) throws(InterchangeError) {
        var done = 0
        while done < text.count {
            let written = unsafe text.withUnsafeBytes { buffer -> Int in
                guard let start = buffer.baseAddress else { return 0 }
                return unsafe Glibc.write(STDOUT_FILENO, start + done, buffer.count - done)
            }
            if written < 0, errno == EINTR { continue }
            if written < 0, errno == EPIPE { throw .cancelled }
            guard written > 0 else { throw .unusable("cannot write to the standard output") }
            done += written
        }
    }
}
