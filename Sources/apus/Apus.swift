import ArgumentParser
import Glibc

/// The program.
///
/// Sub-commands stand in files of their own; without one it serves.
@main
struct Apus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apus",
        abstract: "Container monitoring in one program: scraping, storage, PromQL, graphs.",
        discussion: """
            Without a sub-command it serves: it scrapes what the configuration file names, or itself, this machine \
            and its containers when there is none, and shows it at http://127.0.0.1:9090/.
            """,
        version: BuildFacts.versionText,
        subcommands: [
            ServeCommand.self, QueryCommand.self, CheckCommand.self, TSDBCommand.self, ExporterCommand.self,
        ],
        defaultSubcommand: ServeCommand.self
    )

    /// Exit codes: 0 done, 1 it could not do what was asked, 2 it was asked wrongly.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as StartFailure {
            report(failure.description)
            Glibc.exit(1)
        } catch let exit as ExitCode {
            // What there was to say has been said.
            Glibc.exit(exit.rawValue)
        } catch {
            let code = exitCode(for: error)
            if code.isSuccess {
                // Nearly everybody who asks for help means the flags of the sub-command that needs no name.
                let isRootHelp = ["--help", "-h", "help"].contains(CommandLine.arguments.dropFirst().first)
                print(fullMessage(for: error))
                if isRootHelp, CommandLine.arguments.count == 2 { print("\n" + ServeCommand.helpMessage()) }
                Glibc.exit(0)
            }
            guard code == .validationFailure else {
                report(message(for: error))
                Glibc.exit(1)
            }
            report("\(message(for: error)) (apus --help lists the options)")
            Glibc.exit(2)
        }
    }

    private static func report(_ text: String) {
        let line = text.split(separator: "\n").joined(separator: " ")
        unsafe "apus: \(line)\n".withCString { text in _ = unsafe write(STDERR_FILENO, text, strlen(text)) }
    }
}

/// Why the server could not start: one line that says what and what to do.
struct StartFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
