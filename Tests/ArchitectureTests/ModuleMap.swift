/// The rows of the module map in ARCHITECTURE.md, lowest first; a module imports only from rows below its own.
enum ModuleMap {
    static let rows: [[String]] = [
        ["CApusBytes", "CApusRegex", "CAres", "CZlib"],
        ["ApusBytes"],
        ["ApusModel"],
        ["ApusRegex"],
        ["ApusExposition", "ApusEncoding", "ApusPromQL"],
        ["ApusClient"],
        ["ApusStorage", "ApusQuery", "ApusConfig", "ApusHTTP"],
        ["ApusScrape", "ApusDiscovery"],
        ["ApusWeb"],
        ["apus"],
    ]

    /// Modules that only tests import.
    static let testSupport: Set<String> = ["ApusTestSupport", "CrashWriter"]

    /// Packages and frameworks from outside that only the named modules may import.
    static let owners: [String: Set<String>] = [
        "Yams": ["ApusConfig"],
        "AsyncHTTPClient": ["ApusHTTP"],
        "Hummingbird": ["ApusWeb"],
        "HummingbirdCore": ["ApusWeb"],
        "ArgumentParser": ["apus"],
        "CApusRegex": ["ApusRegex"],
        "CApusBytes": ["ApusBytes"],
        "CAres": ["ApusDiscovery"],
        // Below the services, only what cannot do without: see ARCHITECTURE.md.
        "Foundation": ["ApusTestSupport", "ApusConfig", "ApusDiscovery", "ApusScrape", "ApusWeb", "apus"],
    ]

    static func row(of module: String) -> Int? {
        rows.firstIndex { $0.contains(module) }
    }
}
