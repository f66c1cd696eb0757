import ApusClient
import ApusClientLogging
import ApusClientTestKit
import Logging
import Testing

@Suite("Counted log messages")
struct CountingLogHandlerTests {
    private final class Recorder: LogHandler, @unchecked Sendable {
        // Sendable: used by one test on one thread.
        var messages: [String] = []
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { messages.append("\(event.level) \(event.message)") }
    }

    @Test("messages are counted by level and label, and handed on")
    func counted() throws {
        let registry = MetricRegistry()
        let counts = try LogMessageCounts(registry: registry)
        let recorder = Recorder()
        var logger = Logger(label: "db") { CountingLogHandler(recorder, label: $0, counts: counts) }
        logger[metadataKey: "request"] = "1"
        logger.error("lost")
        logger.error("lost again")
        logger.debug("not let through")
        logger.info("fine")
        #expect(recorder.messages == ["error lost", "error lost again", "info fine"])
        #expect(recorder.metadata["request"] == "1")
        #expect(try registry.value(of: "log_messages_total", ["level": "error", "label": "db"]) == 2)
        #expect(try registry.value(of: "log_messages_total", ["level": "info", "label": "db"]) == 1)
        #expect(try registry.value(of: "log_messages_total", ["level": "critical", "label": "db"]) == 0)
        logger.logLevel = .debug
        logger.debug("let through")
        #expect(recorder.messages.count == 4)
        #expect(try registry.value(of: "log_messages_total", ["level": "debug", "label": "db"]) == 1)
    }
}
