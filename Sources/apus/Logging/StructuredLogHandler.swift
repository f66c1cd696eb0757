import ApusBytes
import ApusModel
import Glibc
import Logging

/// Writes one event a line to standard error, as logfmt or as JSON.
struct StructuredLogHandler: LogHandler {
    /// The form of a line.
    enum Format: String, Sendable, CaseIterable {
        case logfmt
        case json
    }

    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    private let label: String
    private let format: Format
    private let clock: any WallClock

    /// A longer line is cut, so that a hostile target's error cannot flood the log.
    private static let maxFieldBytes = 4_096

    init(label: String, level: Logger.Level, format: Format, clock: any WallClock = SystemWallClock()) {
        self.label = label
        logLevel = level
        self.format = format
        self.clock = clock
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields: [(String, String)] = [
            ("time", TimestampText.rfc3339(clock.now())),
            ("level", Self.name(of: event.level)),
            ("component", label),
            ("msg", event.message.description),
        ]
        if let error = event.error { fields.append(("error", String(describing: error))) }
        let all = event.metadata.map { metadata.merging($0) { _, new in new } } ?? metadata
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { fields.append((key, value.description)) }
        let line = Self.line(fields.map { ($0.0, Self.shortened($0.1)) }, format: format)
        // One write per line, so that lines of several threads do not mix.
        var bytes = Array(line.utf8)
        bytes.append(UInt8(ascii: "\n"))
        unsafe bytes.withUnsafeBytes { _ = unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func name(of level: Logger.Level) -> String {
        level == .warning ? "warn" : level.rawValue
    }

    private static func shortened(_ text: String) -> String {
        text.utf8.count <= maxFieldBytes ? text : String(decoding: text.utf8.prefix(maxFieldBytes), as: UTF8.self) + "…"
    }

    private static func line(_ fields: [(String, String)], format: Format) -> String {
        switch format {
        case .logfmt:
            fields.map { "\($0.0)=\(needsQuotes($0.1) ? QuotedText.quoted($0.1) : $0.1)" }.joined(separator: " ")
        case .json:
            "{" + fields.map { "\(JSONString.quoted($0.0)):\(JSONString.quoted($0.1))" }.joined(separator: ",")
                + "}"
        }
    }

    private static func needsQuotes(_ text: String) -> Bool {
        text.isEmpty
            || text.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "=") || $0 == 0x7F }
    }
}
