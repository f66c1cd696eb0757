import ApusBytes
import ApusConfig
import ApusInterchange
import ApusModel
import ApusStorage
import ArgumentParser
import Glibc

/// `apus tsdb import`: takes samples from elsewhere into a data folder.
struct TSDBImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take samples from elsewhere into a data folder.",
        discussion: """
            What is there stays: where series overlap, they are merged. The folder must not be in use; a running server takes \
            OpenMetrics at its HTTP API. What is older than --storage.tsdb.retention.time of the server is removed when it runs.
            """,
        subcommands: [TSDBImportPrometheusCommand.self, TSDBImportOpenMetricsCommand.self, TSDBImportCSVCommand.self])
}

/// What all imports have in common.
struct ImportArguments: ParsableArguments {
    @Option(name: .customLong("into"), help: "The data folder; made when it is not there.")
    var folder = "data"
    @OptionGroup var times: TSDBTimeOptions
    @Option(help: "About how much memory samples may take while they are sorted.")
    var maxMemory = ByteCountOption(bytes: 256 << 20)
    @Option(
        name: .customLong("config.file"),
        help: "A configuration whose limits on new series (storage.tsdb.limits) hold. (default: no limits)")
    var configurationPath: String?
    @Flag(help: "No progress on the standard error.")
    var quiet = false
    @Option(help: "The summary as table, or as json for programs.")
    var format = TSDBOutputFormat.table

    /// Runs an import and shows its summary.
    func run(
        _ work:
            @escaping @Sendable (
                consuming BlockImport, ClosedRange<Int64>, ImportOptions
            ) throws(InterchangeError) -> ImportSummary
    ) async throws {
        let range = try times.range()
        let limits = try limits()
        let folder = folder
        var options = ImportOptions()
        options.memory = maxMemory.bytes
        let interruption = Interruption()
        let line = ProgressLine(isShown: !quiet, interruption: interruption)
        options.onProgress = { line.show($0) }
        let started = SystemWallClock().now()
        let summary = try await TSDBWork.run(interruption: interruption) { [options] () throws(InterchangeError) in
            let target: BlockImport
            do throws(BlockImportError) {
                target = try BlockImport(folder: folder, limits: limits) { event in
                    if event.severity != .info { Terminal.report(Terminal.harmless(event.description)) }
                }
            } catch {
                throw .store(error)
            }
            return try work(target, range, options)
        }
        line.clear()
        for text in summary.damage { Terminal.report(Terminal.harmless("passed over: \(text)")) }
        switch format {
        case .json: print(Self.json(summary))
        case .table: print(Self.text(summary, milliseconds: SystemWallClock().now() - started, folder: folder))
        }
        if !summary.damage.isEmpty || !summary.refusedSeries.isEmpty { throw ExitCode(1) }
    }

    /// The limits of the configuration that was named.
    private func limits() throws -> SeriesLimits {
        guard let configurationPath else { return SeriesLimits() }
        do {
            let configuration = try Configuration.load(path: configurationPath)
            return try configuration.storage?.limits.map { try SeriesLimits($0) } ?? SeriesLimits()
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    private static func text(_ summary: ImportSummary, milliseconds: Int64, folder: String) -> String {
        guard let first = summary.minimumTime, let last = summary.maximumTime else { return "there were no samples" }
        var text =
            "\(summary.samples) samples of \(summary.series) series from \(TimestampText.rfc3339(first)) to "
            + "\(TimestampText.rfc3339(last)) in \(summary.blocks.count) blocks, \(ShortNumber.bytes(summary.bytes)), "
            + "written to \(folder) in \(ShortNumber.duration(nanoseconds: Int(milliseconds) * 1_000_000))"
        if summary.duplicates > 0 {
            text += "; \(summary.duplicates) samples had the time of a later one of their series and were left out"
        }
        if summary.unknownSeriesSamples > 0 {
            text +=
                "; \(summary.unknownSeriesSamples) samples of the log belong to series that it does not name any more"
        }
        if summary.exemplarsTaken > 0 { text += "; the head took \(summary.exemplarsTaken) exemplars" }
        let exemplarsLeft = summary.exemplars - summary.exemplarsTaken
        if exemplarsLeft > 0 { text += "; \(exemplarsLeft) exemplars were left out" }
        if summary.metadata > 0 { text += "; type, help and unit of \(summary.metadata) metric families" }
        if summary.refusedSamples > 0 {
            text += "\n\(summary.refusedSamples) samples were refused, whose series are beyond limits:"
            for entry in summary.refusedSeries {
                text += "\n  \(entry.count) series: \(Terminal.harmless(entry.refusal.description))"
            }
        }
        return text
    }

    private static func json(_ summary: ImportSummary) -> String {
        "{\"samples\":\(summary.samples),\"series\":\(summary.series),\"blocks\":\(summary.blocks.count),"
            + "\"bytes\":\(summary.bytes),\"duplicates\":\(summary.duplicates),\"exemplars\":\(summary.exemplars),"
            + "\"exemplarsTaken\":\(summary.exemplarsTaken),\"metadata\":\(summary.metadata),"
            + "\"unknownSeriesSamples\":\(summary.unknownSeriesSamples),"
            + "\"refusedSamples\":\(summary.refusedSamples),\"limits\":[\(limits(of: summary))],"
            + "\"minTime\":\(summary.minimumTime.map { String($0) } ?? "null"),"
            + "\"maxTime\":\(summary.maximumTime.map { String($0) } ?? "null")}"
    }
}

extension ImportArguments {
    /// The limits that refused series, as elements of a JSON array.
    private static func limits(of summary: ImportSummary) -> String {
        summary.refusedSeries.map { entry in
            "{\"reason\":\(JSONString.quoted(entry.refusal.reason.rawValue)),"
                + "\"name\":\(JSONString.quoted(entry.refusal.subject)),\"limit\":\(entry.refusal.limit),"
                + "\"series\":\(entry.count)}"
        }.joined(separator: ",")
    }
}

/// `apus tsdb import prometheus`: a block or a whole data folder.
struct TSDBImportPrometheusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prometheus", abstract: "Take over a data folder of Prometheus, or one of its blocks.",
        discussion: """
            Of a data folder the blocks, what the head has on disk, and the write-ahead log; deleted samples stay deleted. \
            Prometheus should be stopped; where it was killed, what its log has is taken.
            """)

    @OptionGroup var arguments: ImportArguments
    @Flag(help: "Pass over what is damaged, tell of it and end with 1, instead of taking nothing.")
    var skipDamage = false
    @Argument(help: "The data folder of Prometheus, or the folder of a block.")
    var source: String

    func run() async throws {
        let source = source
        let skipDamage = skipDamage
        try await arguments.run { target, range, options throws(InterchangeError) in
            var options = options
            options.skipsDamage = skipDamage
            return try PrometheusFolder.take(source, range: range, into: target, options: options)
        }
    }
}

/// `apus tsdb import openmetrics`: text with timestamps.
struct TSDBImportOpenMetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openmetrics", abstract: "Take over OpenMetrics text in which every sample has a timestamp.")

    @OptionGroup var arguments: ImportArguments
    @Argument(help: "The file, or - for the standard input.")
    var file: String

    func run() async throws {
        let file = file
        try await arguments.run { target, range, options throws(InterchangeError) in
            try OpenMetricsImport.run(try InputText.source(file, options), range: range, into: target, options: options)
        }
    }
}

extension CSVImport.Layout.TimeUnit: ExpressibleByArgument {}

/// `apus tsdb import csv`: comma-separated values.
struct TSDBImportCSVCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "csv", abstract: "Take over comma-separated values.",
        discussion: """
            The first line names the columns. One holds times, one or several hold values, all others are labels; 'metric' gives \
            the metric's name, without it each column of values is a metric of its own name.
            """)

    @OptionGroup var arguments: ImportArguments
    @Option(help: "The column of times: RFC 3339 or numbers.")
    var timeColumn = "timestamp"
    @Option(help: "The unit of times that are numbers: s or ms.")
    var timeUnit = CSVImport.Layout.TimeUnit.seconds
    @Option(name: .customLong("value-column"), help: "A column of values; may be repeated. (default: value)")
    var valueColumns: [String] = []
    @Option(name: .customLong("label"), help: "A label for every series, name=value; may be repeated.")
    var labels: [String] = []
    @Option(help: "What stands between fields: one character, or 'tab'.")
    var separator = ","
    @Argument(help: "The file, or - for the standard input.")
    var file: String

    func validate() throws {
        _ = try layout()
    }

    private func layout() throws -> CSVImport.Layout {
        var layout = CSVImport.Layout()
        layout.timeColumn = timeColumn
        layout.timeUnit = timeUnit
        if !valueColumns.isEmpty { layout.valueColumns = valueColumns }
        for text in labels {
            guard let label = CSVImport.Layout.label(text) else {
                throw ValidationError("--label '\(text)' is not name=value")
            }
            layout.labels.append(label)
        }
        guard let byte = CSVImport.Layout.separator(separator) else {
            throw ValidationError("--separator must be one character, and not a quote or the end of a line")
        }
        layout.separator = byte
        return layout
    }

    func run() async throws {
        let file = file
        let layout = try layout()
        try await arguments.run { target, range, options throws(InterchangeError) in
            try CSVImport.run(
                try InputText.source(file, options), layout: layout, range: range, into: target, options: options)
        }
    }
}

/// Where a text on the command line comes from.
enum InputText {
    /// How often the standard input is asked whether the wait is still wanted, in milliseconds.
    private static let patience: Int32 = 200

    /// The file at a path, or the standard input for `-`, which is read as it comes.
    ///
    /// - Parameter options: what is asked from time to time, while nothing comes, whether to go on.
    static func source(_ path: String, _ options: ImportOptions) throws(InterchangeError) -> TextSource {
        guard path == "-" else { return try TextSource(path: path) }
        return TextSource(name: "stdin") { () throws(InterchangeError) in
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
                if unsafe poll(&input, 1, patience) == 0 {
                    guard options.onProgress(Progress("waiting for stdin")) else { throw .cancelled }
                    continue
                }
                let count = unsafe buffer.withUnsafeMutableBytes {
                    unsafe Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count)
                }
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw .file(FileError("read", "stdin")) }
                return Array(buffer[..<count])
            }
        }
    }
}
