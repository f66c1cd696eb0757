import ApusConfig
import ApusModel

/// What is watched without a configuration file: this process, the host, the containers, and the Docker Engine's own metrics
/// once they answer.
struct BuiltInConfiguration: Sendable {
    /// Where this server is reached on this machine: host and port.
    let ownAddress: String
    /// The path before all routes, without a slash at its end.
    let routePrefix: String
    /// The exporters of this server, by the names of their paths and jobs.
    let exporterNames: [String]
    /// Where the engine would expose its own metrics; `nil` where none is watched.
    ///
    /// Called on a thread that may block.
    let engineAddress: (@Sendable () -> String)?

    /// The configuration; blocks while the engine's own is read.
    func make() -> Configuration {
        var global = GlobalConfiguration()
        global.scrapeInterval = 15_000
        var own = ScrapeConfiguration(jobName: "apus", global: global)
        own.metricsPath = routePrefix + "/metrics"
        own.discovery = [.fixed([Self.group("self", ownAddress)])]
        var jobs = [own]
        for name in exporterNames {
            var job = ScrapeConfiguration(jobName: name, global: global)
            job.metricsPath = "\(routePrefix)/metrics/\(name)"
            job.discovery = [.fixed([Self.group("self", ownAddress)])]
            jobs.append(job)
        }
        if let engineAddress {
            var engine = ScrapeConfiguration(jobName: "docker", global: global)
            engine.discovery = [.answering([Self.group("engine", engineAddress())])]
            jobs.append(engine)
        }
        var configuration = Configuration(jobs: jobs)
        configuration.global = global
        return configuration
    }

    private static func group(_ source: String, _ address: String) -> TargetGroup {
        TargetGroup(source: source, targets: [LabelSet([Label(name: "__address__", value: address)])])
    }
}
