import ApusInterchange
import ApusModel
import Glibc
import Synchronization

/// Shows on the standard error how far long work is, when that is a terminal.
final class ProgressLine: Sendable {
    private static let milliseconds: Int64 = 100

    private let isShown: Bool
    private let interruption: Interruption?
    private let last = Mutex<Int64>(0)

    /// A line that is shown unless the standard error is no terminal.
    ///
    /// - Parameter interruption: what ends the work that shows its progress.
    init(isShown: Bool, interruption: Interruption? = nil) {
        self.interruption = interruption
        self.isShown = isShown && isatty(STDERR_FILENO) == 1
    }

    /// Shows progress, unless it has just done so.
    ///
    /// - Returns: whether the work is to go on.
    func show(_ progress: Progress) -> Bool {
        if interruption?.isWished ?? false { return false }
        guard isShown else { return true }
        let now = SystemWallClock().now()
        let isDue = last.withLock { last in
            guard now - last >= Self.milliseconds || now < last else { return false }
            last = now
            return true
        }
        if isDue {
            let percent = progress.fraction.map { " \(Int(max(0, min(1, $0)) * 100)) %" } ?? ""
            write("\r\u{1B}[K\(Terminal.harmless(progress.step))\(percent)")
        }
        return true
    }

    /// Removes what was shown.
    func clear() {
        if isShown { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) {
        unsafe text.withCString { text in _ = unsafe Glibc.write(STDERR_FILENO, text, strlen(text)) }
    }
}
