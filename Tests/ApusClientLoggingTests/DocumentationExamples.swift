import ApusClient
import ApusClientLogging
import Logging

/// The examples of the documentation, word for word, so that they compile; `DocumentationTests` compares them.
struct DocumentationExamples {
    let registry = MetricRegistry()
    let counts: LogMessageCounts

    func countingLogHandler() async throws {
        var handler = CountingLogHandler(StreamLogHandler.standardError(label: "db"), label: "db", counts: counts)
        handler.logLevel = .debug
    }

    func logMessageCounts() async throws {
        let counts = try LogMessageCounts(registry: registry)
        LoggingSystem.bootstrap { label in
            CountingLogHandler(StreamLogHandler.standardError(label: label), label: label, counts: counts)
        }
        _ = counts
    }

    func guide() async throws {
        let counts = try LogMessageCounts(registry: registry)
        LoggingSystem.bootstrap { label in
            CountingLogHandler(StreamLogHandler.standardOutput(label: label), label: label, counts: counts)
        }
        _ = counts
    }
}
