import ApusModel
import ArgumentParser

/// A duration on the command line: `15d`, `1h30m`, `250ms`.
struct DurationOption: ExpressibleByArgument, Sendable {
    let milliseconds: Int64

    init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    init?(argument: String) {
        guard let milliseconds = try? DurationText.parse(argument) else { return nil }
        self.milliseconds = milliseconds
    }

    var defaultValueDescription: String { DurationText.string(milliseconds) }
}
