import ApusClient
import ApusExposition
import ArgumentParser

/// `apus check metrics`: reads what a target exposes, and says where it breaks conventions.
struct CheckMetricsCommand: AsyncParsableCommand {
    /// The format of the text.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case prometheus
        case openmetrics

        var expositionFormat: ExpositionFormat {
            switch self {
            case .prometheus: .text
            case .openmetrics: .openMetrics
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Check metrics as a target exposes them.",
        discussion: """
            Ends with 1 when the text is not valid, with 2 when it cannot be read, and with 3 when it is valid and breaks \
            conventions of naming.
            """)

    @Flag(help: "Only say whether the text is valid, not whether it follows the conventions.")
    var parseOnly = false

    @Flag(help: "Refuse all that the specification refuses, also what scrapers take.")
    var strict = false

    @Option(help: "prometheus or openmetrics.")
    var format = Format.prometheus

    @Argument(help: "The file, or - for the standard input.")
    var file = "-"

    func run() async throws {
        let content: [UInt8]
        do {
            content = try await BlockingWork.run { [file] () throws(InputFileError) in try InputFile.read(file) }
        } catch {
            Terminal.report("\(error)")
            throw ExitCode(2)
        }
        do throws(ExpositionError) {
            let format = format.expositionFormat
            if strict { try ExpositionCheck.check(content.span, format: format) }
            let problems = try MetricLinter.problems(in: content, format: format)
            guard !parseOnly, !problems.isEmpty else { return }
            for problem in problems { print(Terminal.harmless(problem.description)) }
        } catch {
            let name = file == "-" ? "stdin" : file
            Terminal.report(Terminal.harmless("\(name): \(error)"))
            throw ExitCode(1)
        }
        throw ExitCode(3)
    }
}
