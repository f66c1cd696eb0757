/// Why a command did not do what was asked: one line.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = Terminal.harmless(description)
    }
}
