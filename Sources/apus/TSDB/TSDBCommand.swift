import ApusInterchange
import ApusModel
import ApusPromQL
import ApusStorage
import ArgumentParser

/// `apus tsdb`: looks into data folders, and moves samples in and out.
struct TSDBCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tsdb", abstract: "Look into data folders; move samples in and out.",
        discussion: """
            list, analyze, dump, verify and export only read, also while a server runs on the folder. import writes and needs the \
            folder for itself. bench measures. Times are RFC 3339, seconds since the epoch, 'now', or relative to it: now-1h, -1h.
            """,
        subcommands: [
            TSDBListCommand.self, TSDBAnalyzeCommand.self, TSDBDumpCommand.self, TSDBVerifyCommand.self,
            TSDBImportCommand.self, TSDBExportCommand.self, TSDBBenchCommand.self,
        ])
}

/// The data folder that a command is about.
struct DataFolderArgument: ParsableArguments {
    /// So many damaged places are told of one by one.
    private static let maximumReports = 10

    @Argument(help: "The data folder: --storage.tsdb.path of the server.")
    var folder = "data"

    /// Opens the folder for reading and does something with it, off the cooperative pool; damage goes to the standard error.
    func read<Result: Sendable>(
        interruption: Interruption = Interruption(grace: 0),
        _ body: @escaping @Sendable (DataFolderView) throws(InterchangeError) -> Result
    ) async throws -> Result {
        let folder = folder
        return try await TSDBWork.run(interruption: interruption) { () throws(InterchangeError) in
            let view = try DataFolderView(folder)
            let damage = view.damageTexts
            for text in damage.prefix(Self.maximumReports) { Terminal.report(Terminal.harmless(text)) }
            if damage.count > Self.maximumReports {
                Terminal.report("and \(damage.count - Self.maximumReports) more; apus tsdb verify lists damage by file")
            }
            return try body(view)
        }
    }
}

/// A form for people, or one for programs.
enum TSDBOutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
}

/// From when to when.
struct TSDBTimeOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "The first time. (default: that of the oldest sample)")
    var start: TimeArgument?
    @Option(parsing: .unconditional, help: "The last time. (default: that of the newest sample)")
    var end: TimeArgument?

    /// Both in milliseconds.
    func range() throws -> ClosedRange<Int64> {
        let now = SystemWallClock().now()
        let first = start?.milliseconds(now: now) ?? .min
        let last = end?.milliseconds(now: now) ?? .max
        guard first <= last else { throw ValidationError("--start is later than --end") }
        return first...last
    }
}

/// Which series.
struct TSDBSelectionOptions: ParsableArguments {
    @Option(name: .customLong("match"), help: "Only series that this selector selects; may be repeated.")
    var selectors: [String] = []

    /// The matchers of each selector.
    func matchers() throws -> [[Matcher]] {
        try selectors.map { text in
            do throws(ParseError) { return try Parser.parseSelector(text) } catch {
                throw ValidationError("--match '\(text)': \(error.message)")
            }
        }
    }
}

/// Runs what blocks for long, and shows its errors in a line.
enum TSDBWork {
    /// - Parameter interruption: what the work asks whether it is to end; without one a signal ends the process at once, and only the
    ///   temporary folders of views are removed.
    static func run<Value: Sendable>(
        interruption: Interruption = Interruption(grace: 0),
        _ work: @escaping @Sendable () throws(InterchangeError) -> Value
    ) async throws -> Value {
        let watch = interruption.watch()
        defer { watch.cancel() }
        do throws(InterchangeError) { return try await BlockingWork.run(work) } catch {
            if let status = interruption.status { throw ExitCode(status) }
            // Who closes the standard output has seen enough.
            if error == .cancelled { throw ExitCode.success }
            throw CommandFailure(error.description)
        }
    }
}
