import ApusConfig
import ApusModel
import ApusWeb

/// What is watched without a configuration file: this process, and the Docker Engine where it answers.
enum BuiltInConfiguration {
    /// Where the Docker Engine serves its own metrics when it is told to (`metrics-addr` in daemon.json).
    private static let engineAddress = "127.0.0.1:9323"

    /// - Parameter ownAddress: where this server listens.
    static func make(ownAddress: ListenAddress) throws(ConfigurationError) -> Configuration {
        var global = GlobalConfiguration()
        global.scrapeInterval = 15_000
        var own = ScrapeConfiguration(jobName: "apus", global: global)
        own.discovery = [.fixed([group("self", ownAddress.forBrowsers)])]
        var engine = ScrapeConfiguration(jobName: "docker", global: global)
        engine.discovery = [.answering([group("engine", engineAddress)])]
        var configuration = Configuration(jobs: [own, engine])
        configuration.global = global
        return configuration
    }

    private static func group(_ source: String, _ address: String) -> TargetGroup {
        TargetGroup(source: source, targets: [LabelSet([Label(name: "__address__", value: address)])])
    }
}
