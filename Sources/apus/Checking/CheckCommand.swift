import ArgumentParser

/// `apus check`: says what is wrong with a file, without a server.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say what is wrong with a file.",
        subcommands: [CheckExpressionCommand.self, CheckMetricsCommand.self])
}
