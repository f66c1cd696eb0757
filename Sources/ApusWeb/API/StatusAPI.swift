import ApusModel
import HTTPTypes

/// `/api/v1/status/…` and `/version`.
struct StatusAPI: Sendable {
    private static let defaultLimit = 10
    private static let maxLimit = 10_000

    let sources: WebSources
    let threads: BlockingThreads

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
            Route("/api/v1/status/tsdb", readiness: .whenReady) { request throws(APIError) in
                try await storage(request)
            })
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

    private func storage(_ request: WebRequest) async throws(APIError) -> Reply {
        var limit = Self.defaultLimit
        if let text = request.parameters["limit"] {
            guard let number = Int(text), number > 0 else {
                throw APIError(.badData, "limit must be a positive number")
            }
            guard number <= Self.maxLimit else {
                throw APIError(.badData, "limit must not exceed \(Self.maxLimit)")
            }
            limit = number
        }
        let bounded = limit
        let status = try await threads.run(whenCancelled: APIError(.canceled, "the request was cancelled")) {
            [storageStatus = sources.storageStatus] () throws(APIError) in
            storageStatus(bounded)
        }
        return .success { bytes in
            var object = JSONObject(&bytes)
            object.addName("headStats", to: &bytes)
            var head = JSONObject(&bytes)
            head.add("numSeries", integer: status.seriesCount, to: &bytes)
            head.add("numLabelPairs", integer: status.labelPairCount, to: &bytes)
            head.add("chunkCount", integer: status.chunkCount, to: &bytes)
            head.add("minTime", integer: Int(status.minTime), to: &bytes)
            head.add("maxTime", integer: Int(status.maxTime), to: &bytes)
            head.close(&bytes)
            let lists = [
                ("seriesCountByMetricName", status.seriesCountByMetricName),
                ("labelValueCountByLabelName", status.labelValueCountByLabelName),
                ("memoryInBytesByLabelName", status.memoryInBytesByLabelName),
                ("seriesCountByLabelValuePair", status.seriesCountByLabelPair),
            ]
            for (name, list) in lists {
                object.addName(name, to: &bytes)
                Self.append(list.prefix(bounded), to: &bytes)
            }
            object.close(&bytes)
        }
    }

    private static func append(_ counts: ArraySlice<StorageStatus.NamedCount>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        for index in counts.indices {
            if index > counts.startIndex { bytes.append(UInt8(ascii: ",")) }
            var object = JSONObject(&bytes)
            object.add("name", counts[index].name, to: &bytes)
            object.add("value", integer: counts[index].value, to: &bytes)
            object.close(&bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }
}
