package import ApusClient
import ApusClientLogging
import Glibc
package import Hummingbird
package import Logging

/// What every service of the scene has in common: its environment, its instrumentation, how it is served.
package enum ServiceSettings {
    /// The value of an environment variable, or what counts when it is not set.
    package static func value(_ name: String, default fallback: String) -> String {
        guard let text = unsafe getenv(name) else { return fallback }
        return unsafe String(cString: text)
    }

    /// The port to listen on: `PORT`, 80 when it is not set.
    package static var port: Int { Int(value("PORT", default: "80")) ?? 80 }

    /// The name of this machine, which in a container is the container's.
    package static var hostname: String {
        let room = 256
        var name = [CChar](repeating: 0, count: room)
        guard unsafe gethostname(&name, room - 1) == 0 else { return "unknown" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Measures the process, its runtime and its log messages, and gives the logger of the service.
    ///
    /// To be called once, before anything is logged.
    ///
    /// - Throws: `MetricError` when a name is taken.
    package static func instrument(_ service: String, registry: MetricRegistry) throws -> Logger {
        try registry.register(ProcessCollector())
        try registry.register(RuntimeCollector())
        let counts = try LogMessageCounts(registry: registry)
        LoggingSystem.bootstrap { label in
            CountingLogHandler(StreamLogHandler.standardOutput(label: label), label: label, counts: counts)
        }
        return Logger(label: service)
    }

    /// Serves until SIGTERM or SIGINT, then ends the requests that are under way.
    ///
    /// The kernel gives the first process of a container no default handling of signals: one that does not handle SIGTERM itself
    /// lets `docker stop` wait for ten seconds.
    package static func serve<Context: RequestContext>(_ router: Router<Context>, logger: Logger) async throws
    where Context.Source == ApplicationRequestContextSource {
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname("0.0.0.0", port: port)),
            logger: logger)
        try await application.runService()
    }
}
