import ApusExporters

/// `/api/v1/status/containers`: the container engine and its own metrics; below it the events of containers.
struct ContainerStatusAPI: Sendable {
    private static let defaultLimit = 1_000

    /// `nil` where containers are not watched.
    let sources: ContainerSources?
    let threads: BlockingThreads

    func addRoutes(to routes: inout RouteTable) {
        routes.add(Route("/api/v1/status/containers") { _ throws(APIError) in try await status() })
        routes.add(
            Route("/api/v1/status/containers/events") { request throws(APIError) in try events(request) })
    }

    private func enabled() throws(APIError) -> ContainerSources {
        guard let sources else {
            throw APIError(
                .unavailable,
                "containers are not watched: --no-exporter.containers is set, or DOCKER_HOST names no engine")
        }
        return sources
    }

    private func status() async throws(APIError) -> Reply {
        let sources = try enabled()
        let status = try await threads.run(whenCancelled: APIError(.canceled, "the request was cancelled")) {
            () throws(APIError) in sources.status()
        }
        return .success { Self.append(status, to: &$0) }
    }

    /// The events from `start` to `end`, of the containers and with the actions that are named; the latest `limit`.
    private func events(_ request: WebRequest) throws(APIError) -> Reply {
        let sources = try enabled()
        let start = try request.time("start") ?? .min
        let end = try request.time("end") ?? .max
        guard start <= end else { throw .invalid(parameter: "end", "end timestamp must not be before start time") }
        let limit = try request.limit() ?? Self.defaultLimit
        let names = Set(request.parameters.all("name"))
        var actions: Set<ContainerEvent.Action> = []
        for word in request.parameters.all("action") {
            guard let action = ContainerEvent.Action(rawValue: word) else {
                let known = ContainerEvent.Action.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid(parameter: "action", "\"\(word)\" is none of \(known)")
            }
            actions.insert(action)
        }
        let events = sources.log.events(from: start, to: end).filter { event in
            (names.isEmpty || names.contains(event.name)) && (actions.isEmpty || actions.contains(event.action))
        }
        return .success(ArrayPieces(Array(events.suffix(limit)), appendElement: Self.append))
    }

    // MARK: - JSON

    private static func append(_ status: ContainersStatus, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.addName("engine", to: &bytes)
        append(status.engine, address: status.address, to: &bytes)
        object.addName("containers", to: &bytes)
        var counts = JSONObject(&bytes)
        for (state, count) in status.engine.counts.sorted(by: { $0.key < $1.key }) {
            counts.add(state, integer: count, to: &bytes)
        }
        counts.close(&bytes)
        object.add("leftOut", integer: status.engine.leftOutCount, to: &bytes)
        object.addName("engineMetrics", to: &bytes)
        append(status.hint, isExposed: status.exposesMetrics, to: &bytes)
        object.close(&bytes)
    }

    private static func append(_ engine: EngineStatus, address: String, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("address", address, to: &bytes)
        object.add("connected", flag: engine.isConnected, to: &bytes)
        object.add("version", engine.version, to: &bytes)
        object.add("apiVersion", engine.apiVersion, to: &bytes)
        object.add("kernel", engine.kernel, to: &bytes)
        object.add("system", engine.system, to: &bytes)
        object.add("problem", engine.problem, to: &bytes)
        object.close(&bytes)
    }

    /// The hint comes only where the engine's metrics do not answer.
    private static func append(_ hint: EngineMetricsHint, isExposed: Bool, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("address", hint.address, to: &bytes)
        object.add("exposed", flag: isExposed, to: &bytes)
        if !isExposed {
            object.addName("hint", to: &bytes)
            var text = JSONObject(&bytes)
            text.add("text", hint.text, to: &bytes)
            text.add("file", hint.file, to: &bytes)
            text.add("content", hint.content, to: &bytes)
            text.add("problem", hint.problem ?? "", to: &bytes)
            text.close(&bytes)
        }
        object.close(&bytes)
    }

    private static func append(_ event: ContainerEvent, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("time", number: Double(event.time) / 1_000, to: &bytes)
        object.add("action", event.action.rawValue, to: &bytes)
        object.add("id", event.id, to: &bytes)
        object.add("name", event.name, to: &bytes)
        object.add("image", event.image, to: &bytes)
        object.add("project", event.identity.project, to: &bytes)
        object.add("service", event.identity.service, to: &bytes)
        object.add("replica", event.identity.replica, to: &bytes)
        if let code = event.exitCode { object.add("exitCode", integer: code, to: &bytes) }
        object.close(&bytes)
    }
}
