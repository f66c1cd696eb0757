import Glibc

/// What is known of where the output goes.
struct Terminal: Sendable {
    /// The width in characters; `nil` where the output is no terminal and nothing need be cut.
    let width: Int?
    /// Whether colours and weights may be used: a terminal, and no `NO_COLOR` (https://no-color.org).
    let hasColors: Bool

    /// The standard output.
    static var standardOutput: Terminal {
        let isTerminal = isatty(STDOUT_FILENO) == 1
        var width: Int?
        if let columns = environment("COLUMNS").flatMap({ Int($0) }), columns > 0 {
            width = columns
        } else if isTerminal {
            var size = winsize()
            let succeeded = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
            width = succeeded && size.ws_col > 0 ? Int(size.ws_col) : 80
        }
        let isPlain = !(environment("NO_COLOR") ?? "").isEmpty || environment("TERM") == "dumb"
        return Terminal(width: width, hasColors: isTerminal && !isPlain)
    }

    /// The text in bold, where that is possible.
    func bold(_ text: String) -> String { hasColors ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    /// The text less prominent, where that is possible.
    func dim(_ text: String) -> String { hasColors ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    private static func environment(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// A text of a server that can be shown: its control characters, which could command the terminal, are replaced.
    static func harmless(_ text: String) -> String {
        let isHarmless = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
        if isHarmless { return text }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "\u{FFFD}" : $0 }))
    }

    /// Writes a line to the standard error.
    static func report(_ text: String) {
        unsafe "apus: \(text)\n".withCString { text in _ = unsafe write(STDERR_FILENO, text, strlen(text)) }
    }
}
