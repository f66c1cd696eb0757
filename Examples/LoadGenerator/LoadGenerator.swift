import ExampleSupport
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// Sends requests to the image gallery at a steady rate and tells how they were answered.
///
/// `LoadGenerator [URL] [requests per second] [number of requests, 0 for no end]`; what is not given is taken from the
/// environment: `TARGET_URL`, `RATE`, `REQUESTS`.
@main
struct LoadGenerator {
    static func main() async throws {
        guard let load = Load.parsed(CommandLine.arguments.dropFirst()) else {
            print("usage: LoadGenerator [URL] [requests per second, up to 10000] [number of requests, 0 for no end]")
            exit(2)
        }
        let logger = Logger(label: "load-generator")
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: load, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}

extension Load {
    /// What arguments and environment ask for; `nil` when a number cannot be read.
    fileprivate static func parsed(_ arguments: ArraySlice<String>) -> Load? {
        func value(_ position: Int, _ variable: String, default fallback: String) -> String {
            let index = arguments.startIndex + position
            return index < arguments.endIndex ? arguments[index] : ServiceSettings.value(variable, default: fallback)
        }
        guard let rate = Double(value(1, "RATE", default: "5")), rate > 0, rate <= 10_000,
            let total = Int(value(2, "REQUESTS", default: "0")), total >= 0
        else { return nil }
        return Load(
            url: value(0, "TARGET_URL", default: "http://image-gallery/"), interval: .seconds(1 / rate),
            total: total == 0 ? nil : total)
    }
}
