import ApusClient
public import Logging

/// A log handler that counts messages and hands them on to another one.
///
/// The series of all levels of a logger are there from its first use on, so that the first error is seen as an increase.
/// Only what the logger lets through is counted: messages below its level never reach a handler.
///
/// ```swift
/// var handler = CountingLogHandler(StreamLogHandler.standardError(label: "db"), label: "db", counts: counts)
/// handler.logLevel = .debug
/// ```
public struct CountingLogHandler: LogHandler {
    private var base: any LogHandler
    /// By level, in the order of `Logger.Level.allCases`.
    private let counters: [Counter]

    /// A handler in front of `base`, for the logger with the given label.
    public init(_ base: any LogHandler, label: String, counts: LogMessageCounts) {
        self.base = base
        counters = Logger.Level.allCases.map { counts.messages[$0.rawValue, label] }
    }

    /// Counts the message and hands it on.
    public func log(event: LogEvent) {
        if let index = Logger.Level.allCases.firstIndex(of: event.level) { counters[index].increment() }
        base.log(event: event)
    }

    /// A value of the metadata of the handler behind.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue }
    }

    /// The metadata of the handler behind.
    public var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue }
    }

    /// The provider of metadata of the handler behind.
    public var metadataProvider: Logger.MetadataProvider? {
        get { base.metadataProvider }
        set { base.metadataProvider = newValue }
    }

    /// The level of the handler behind.
    public var logLevel: Logger.Level {
        get { base.logLevel }
        set { base.logLevel = newValue }
    }
}
