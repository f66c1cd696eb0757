import ApusBytes
import ApusModel
import ArgumentParser

/// `apus query`: asks a server and shows the answer in the terminal.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Ask a server: this program, Prometheus, or what answers as they do.",
        discussion: "Times are RFC 3339, seconds since the epoch, 'now', or relative to it: now-1h, -1h.",
        subcommands: [
            InstantQueryCommand.self, RangeQueryCommand.self, SeriesQueryCommand.self, LabelsQueryCommand.self,
            ExplainQueryCommand.self,
        ])
}

/// What the sub-commands have in common.
enum QueryOutput {
    /// Asks, shows the remarks, and shows the data as JSON or by `show`.
    ///
    /// - Parameter missing: the words for a server that does not know the path.
    static func run(
        _ options: ServerOptions, _ path: String, _ parameters: [(name: String, value: String)], missing: String,
        show: (JSONValue, Terminal) -> [String]
    ) async throws {
        guard let answer = try await ServerClient(options).ask(path, parameters) else { throw CommandFailure(missing) }
        for text in answer.warnings + answer.infos { Terminal.report(Terminal.harmless(text)) }
        switch options.format {
        case .json: print(answer.data.compactText)
        case .table: for line in show(answer.data, .standardOutput) { print(line) }
        }
    }

    /// The words for a server without a part of the API that all have.
    static let noAPI = "the server does not know this part of the API; is it the right --server?"
}

/// `apus query instant`: the value of an expression at one time.
struct InstantQueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "instant", abstract: "The value at one time.")

    @OptionGroup var server: ServerOptions
    @Option(parsing: .unconditional, help: "The time. (default: now)")
    var time: TimeArgument?
    @Argument(help: "The expression.")
    var expression: String

    func run() async throws {
        let now = SystemWallClock().now()
        let time = (time ?? TimeArgument(fromNow: 0)).milliseconds(now: now)
        try await QueryOutput.run(
            server, "query", [("query", expression), ("time", time.secondsText)], missing: QueryOutput.noAPI,
            show: { ResultView(width: $1.width).lines($0, $1) })
    }
}

/// `apus query range`: the values of an expression over time.
struct RangeQueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "range", abstract: "The values over time.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var range: RangeOptions
    @Argument(help: "The expression.")
    var expression: String

    func run() async throws {
        let parameters = try range.parameters(now: SystemWallClock().now())
        try await QueryOutput.run(
            server, "query_range", [("query", expression)] + parameters.query, missing: QueryOutput.noAPI,
            show: { data, terminal in
                ResultView(width: terminal.width, span: parameters.start...parameters.end).lines(data, terminal)
            })
    }
}

/// From when to when, and how far apart.
struct RangeOptions: ParsableArguments {
    /// Without `--step` there are about as many steps as this.
    private static let usualSteps: Int64 = 250

    @Option(parsing: .unconditional, help: "The first time. (default: an hour before the end)")
    var start: TimeArgument?
    @Option(parsing: .unconditional, help: "The last time. (default: now)")
    var end: TimeArgument?
    @Option(help: "The distance between two times. (default: a 250th of the range, at least 1s)")
    var step: DurationOption?

    /// The range in milliseconds, and as the API's parameters.
    func parameters(now: Int64) throws -> (start: Int64, end: Int64, query: [(name: String, value: String)]) {
        let end = (end ?? TimeArgument(fromNow: 0)).milliseconds(now: now)
        let start = start?.milliseconds(now: now) ?? end &- 3_600_000
        guard start <= end else { throw ValidationError("--start is later than --end") }
        let step =
            step?.milliseconds ?? max(1_000, end.subtractingReportingOverflow(start).partialValue / Self.usualSteps)
        guard step > 0 else { throw ValidationError("--step must not be 0") }
        return (
            start, end, [("start", start.secondsText), ("end", end.secondsText), ("step", step.secondsText)]
        )
    }
}

/// `apus query series`: the series that selectors select.
struct SeriesQueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "series", abstract: "The series that selectors select.")

    @OptionGroup var server: ServerOptions
    @Option(parsing: .unconditional, help: "The first time. (default: an hour ago)")
    var start = TimeArgument(fromNow: -3_600_000)
    @Option(parsing: .unconditional, help: "The last time.")
    var end = TimeArgument(fromNow: 0)
    @Option(help: "The most series. 0: all.")
    var limit = 0
    @Argument(help: "Selectors, such as 'up{job=\"api\"}'.")
    var selectors: [String]

    func run() async throws {
        let now = SystemWallClock().now()
        let parameters =
            selectors.map { (name: "match[]", value: $0) } + [
                ("start", start.milliseconds(now: now).secondsText), ("end", end.milliseconds(now: now).secondsText),
                ("limit", String(limit)),
            ]
        try await QueryOutput.run(
            server, "series", parameters, missing: QueryOutput.noAPI,
            show: { data, _ in data.elements.map { Terminal.harmless(ResultView.seriesText($0)) } })
    }
}

/// `apus query labels`: the names of labels, or the values of one.
struct LabelsQueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "labels", abstract: "The names of all labels, or the values of one.")

    @OptionGroup var server: ServerOptions
    @Option(parsing: .unconditional, help: "The first time. (default: an hour ago)")
    var start = TimeArgument(fromNow: -3_600_000)
    @Option(parsing: .unconditional, help: "The last time.")
    var end = TimeArgument(fromNow: 0)
    @Option(name: .customLong("match"), help: "Only of the series that this selector selects; may be repeated.")
    var selectors: [String] = []
    @Argument(help: "The label whose values are listed.")
    var name: String?

    func run() async throws {
        let now = SystemWallClock().now()
        let parameters =
            selectors.map { (name: "match[]", value: $0) } + [
                ("start", start.milliseconds(now: now).secondsText), ("end", end.milliseconds(now: now).secondsText),
            ]
        let path = name.map { "label/\(ServerClient.escaped($0))/values" } ?? "labels"
        try await QueryOutput.run(
            server, path, parameters, missing: QueryOutput.noAPI,
            show: { data, _ in data.elements.compactMap(\.text).map(Terminal.harmless) })
    }
}

/// `apus query explain`: what each part of an expression does, and why its result is empty when it is.
struct ExplainQueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "What each part of a query does, and why its result is empty when it is.",
        discussion: "With --start, --end or --step the expression is evaluated over time, else at one time.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var range: RangeOptions
    @Option(parsing: .unconditional, help: "The time of an evaluation at one time. (default: now)")
    var time: TimeArgument?
    @Argument(help: "The expression.")
    var expression: String

    func validate() throws {
        if isRange, time != nil { throw ValidationError("--time and --start, --end, --step exclude each other") }
    }

    private var isRange: Bool { range.start != nil || range.end != nil || range.step != nil }

    func run() async throws {
        let now = SystemWallClock().now()
        let times =
            isRange
            ? try range.parameters(now: now).query
            : [("time", (time ?? TimeArgument(fromNow: 0)).milliseconds(now: now).secondsText)]
        try await QueryOutput.run(
            server, "explain", [("query", expression)] + times,
            missing: "\(server.server) does not explain queries: it has no /api/v1/explain; Apus has",
            show: { ExplanationView(expression: expression).lines($0, $1) })
    }
}
