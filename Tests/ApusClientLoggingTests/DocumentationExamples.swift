import ApusClient
import ApusClientLogging
import Logging

/// The examples of the documentation, word for word, so that they compile; `DocumentationTests` compares them.
struct DocumentationExamples {
    let registry = MetricRegistry()

    func logMessageCounts() async throws {
        let counts = try LogMessageCounts(registry: registry)
        LoggingSystem.bootstrap { label in
            CountingLogHandler(StreamLogHandler.standardError(label: label), label: label, counts: counts)
        }
        _ = counts
    }
}
