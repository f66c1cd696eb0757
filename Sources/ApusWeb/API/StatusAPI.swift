import ApusModel
import HTTPTypes

/// `/api/v1/status/…` and `/version`; that of the store has a file of its own.
struct StatusAPI: Sendable {
    let sources: WebSources
    func addRoutes(to routes: inout RouteTable) {
        routes.add(
            Route("/api/v1/status/buildinfo") { [build = sources.build] _ throws(APIError) in
                .success { Self.append(build, to: &$0) }
            })
        routes.add(
            Route("/version") { [build = sources.build] _ throws(APIError) in
                var bytes: [UInt8] = []
                Self.append(build, to: &bytes)
                return Reply(status: .ok, fields: [.contentType: "application/json"], body: .bytes(bytes))
            })
        routes.add(
            Route("/api/v1/status/config") { [configuration = sources.configuration] _ throws(APIError) in
                .success { bytes in
                    var object = JSONObject(&bytes)
                    object.add("yaml", configuration(), to: &bytes)
                    object.close(&bytes)
                }
            })
        routes.add(
            Route("/api/v1/status/flags") { [flags = sources.flags] _ throws(APIError) in
                .success { bytes in
                    var object = JSONObject(&bytes)
                    for flag in flags.sorted(by: { $0.name < $1.name }) {
                        object.add(flag.name, flag.value, to: &bytes)
                    }
                    object.close(&bytes)
                }
            })
        routes.add(Route("/api/v1/status/runtimeinfo") { _ throws(APIError) in runtime() })
        routes.add(
            Route("/api/v1/status/walreplay") { [replay = sources.replay] _ throws(APIError) in
                .success { bytes in
                    let progress = replay()
                    var object = JSONObject(&bytes)
                    object.add("min", integer: progress.first, to: &bytes)
                    object.add("max", integer: progress.last, to: &bytes)
                    object.add("current", integer: progress.current, to: &bytes)
                    object.close(&bytes)
                }
            })
    }

    private static func append(_ build: BuildInformation, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("version", build.version, to: &bytes)
        object.add("revision", build.revision, to: &bytes)
        object.add("branch", build.branch, to: &bytes)
        object.add("buildUser", build.buildUser, to: &bytes)
        object.add("buildDate", build.buildDate, to: &bytes)
        object.add("goVersion", build.compiler, to: &bytes)
        object.close(&bytes)
    }

    private func runtime() -> Reply {
        let status = sources.runtime()
        let now = sources.clock.now()
        return .success { bytes in
            var object = JSONObject(&bytes)
            object.add("startTime", TimestampText.rfc3339(status.startTime), to: &bytes)
            object.add("CWD", status.workingFolder, to: &bytes)
            object.add("hostname", status.hostname, to: &bytes)
            object.add("serverTime", TimestampText.rfc3339(now), to: &bytes)
            object.add("reloadConfigSuccess", flag: status.lastReloadSucceeded, to: &bytes)
            object.add("lastConfigTime", TimestampText.rfc3339(status.lastConfigurationTime), to: &bytes)
            object.add("corruptionCount", integer: status.corruptionCount, to: &bytes)
            // Fields of the peers' runtime; what has no meaning here is 0 or empty, as clients expect the fields.
            object.add("goroutineCount", integer: status.threadCount, to: &bytes)
            object.add("GOMAXPROCS", integer: status.processorCount, to: &bytes)
            object.add("GOMEMLIMIT", integer: 0, to: &bytes)
            object.add("GOGC", "", to: &bytes)
            object.add("GODEBUG", "", to: &bytes)
            object.add("storageRetention", status.retention, to: &bytes)
            object.close(&bytes)
        }
    }
}
