/// The rows of the module map in ARCHITECTURE.md, lowest first; a module imports only from rows below its own.
enum ModuleMap {
    static let rows: [[String]] = [
        ["CApusBytes", "CApusClock", "CApusRegex", "CApusDNS", "CApusSnappy", "CApusYAML", "CApusZlib", "CApusZstd"],
        ["ApusBytes"],
        ["ApusModel"],
        ["ApusRegex"],
        ["ApusExposition", "ApusEncoding", "ApusPromQL"],
        ["ApusClient"],
        [
            "ApusStorage", "ApusQuery", "ApusConfig", "ApusHTTP", "ApusClientHummingbird", "ApusClientLogging",
            "ApusClientMetrics", "ApusClientPush", "ApusClientTestKit",
        ],
        ["ApusScrape", "ApusDiscovery", "ApusRemote", "ApusInterchange", "ApusExporters"],
        ["ApusWeb"],
        ["apus"],
    ]

    /// Modules that only tests import.
    static let testSupport: Set<String> = ["ApusTestSupport"]

    /// Packages and frameworks from outside that only the named modules may import.
    static let owners: [String: Set<String>] = [
        "AsyncHTTPClient": ["ApusHTTP", "ApusClientPush"],
        "HummingbirdCore": ["ApusWeb", "ApusClientHummingbird"],
        "Hummingbird": ["ApusClientHummingbird"],
        "CoreMetrics": ["ApusClientMetrics"],
        "ArgumentParser": ["apus"],
        "CApusRegex": ["ApusRegex"],
        "CApusBytes": ["ApusBytes"],
        "CApusClock": ["ApusExporters"],
        "CApusDNS": ["ApusDiscovery"],
        "CApusSnappy": ["ApusRemote", "ApusInterchange"],
        "CApusYAML": ["ApusConfig"],
        "CApusZstd": ["ApusStorage", "ApusInterchange"],
        // Foundation brings 34 MB of Unicode data into a static program; what is needed of it is in FoundationEssentials.
        "Foundation": ["ApusTestSupport"],
        "FoundationEssentials": ["ApusHTTP", "ApusWeb"],
    ]

    static func row(of module: String) -> Int? {
        rows.firstIndex { $0.contains(module) }
    }
}
