import ApusBytes

/// The calls of the engine's API that the exporter makes; Podman answers the same.
///
/// Source: Docker Engine API 1.41 to 1.51. Paths have no version, so that every engine answers with its own.
struct EngineClient: Sendable {
    private static let timeout: Int64 = 10_000
    /// Lists of thousands of containers are that large.
    private static let listLimit = 64 << 20
    private static let bodyLimit = 4 << 20

    let transport: any EngineTransport

    /// The ids of all containers, also of those that do not run.
    func containerIDs() async throws(ExporterError) -> [String] {
        let path = "/containers/json?all=1"
        let list = try await read(path, limit: Self.listLimit)
        guard case .array(let elements) = list else { throw .engine(path: path, reason: "no list was answered") }
        return elements.compactMap { $0["Id"]?.text }
    }

    /// A container's state and settings.
    func inspect(_ id: String) async throws(ExporterError) -> ContainerFacts {
        let path = "/containers/\(PercentText.encoded(id))/json"
        guard let facts = ContainerFacts(try await read(path, limit: Self.bodyLimit)) else {
            throw .engine(path: path, reason: "the answer has no id, name or state")
        }
        return facts
    }

    /// What the engine counts of a container: for machines whose control groups are not to be seen.
    ///
    /// Older engines take a second for it.
    func statistics(_ id: String) async throws(ExporterError) -> ContainerUsage {
        let path = "/containers/\(PercentText.encoded(id))/stats?stream=false&one-shot=true"
        return ContainerUsage(statistics: try await read(path, limit: Self.bodyLimit))
    }

    /// Bytes of each container's own files, and of these with its image's, by id; the engine walks through all files
    /// for it.
    func sizes() async throws(ExporterError) -> [String: ContainerSizes] {
        let list = try await read("/containers/json?all=1&size=1", limit: Self.listLimit, timeout: 60_000)
        var sizes: [String: ContainerSizes] = [:]
        for element in list.elements {
            guard let id = element["Id"]?.text, let total = element["SizeRootFs"]?.double else { continue }
            // An engine leaves out what is nothing.
            sizes[id] = ContainerSizes(own: element["SizeRw"]?.double ?? 0, total: total)
        }
        return sizes
    }

    /// The images, by id.
    func images() async throws(ExporterError) -> [String: ImageFacts] {
        let list = try await read("/images/json", limit: Self.listLimit)
        var images: [String: ImageFacts] = [:]
        for element in list.elements {
            guard let id = element["Id"]?.text else { continue }
            images[id] = ImageFacts(size: element["Size"]?.double ?? 0, created: element["Created"]?.double ?? 0)
        }
        return images
    }

    /// What the engine is.
    func version() async throws(ExporterError) -> EngineFacts {
        EngineFacts(try await read("/version", limit: Self.bodyLimit))
    }

    /// Hands out what happens to containers from `start` (seconds since the epoch) on; returns when the engine ends it.
    func events(
        since start: Int64?, onEvent: @escaping @Sendable (ContainerEvent) async -> Void
    ) async throws(ExporterError) {
        // Filtered by type only: engines differ in the names of actions that they take here.
        let filters = PercentText.encoded("{\"type\":[\"container\"]}")
        let since = start.map { "&since=\($0)" } ?? ""
        let lines = LineAssembly()
        try await transport.stream("/events?filters=\(filters)\(since)") { part in
            for line in lines.append(part) {
                guard !ContainerEvent.isOfExecution(line), let value = try? JSONReader.read(line),
                    let event = ContainerEvent(value)
                else { continue }
                await onEvent(event)
            }
        }
    }

    private func read(
        _ path: String, limit: Int, timeout: Int64 = EngineClient.timeout
    ) async throws(ExporterError) -> JSONValue {
        let body = try await transport.get(path, timeout: timeout, limit: limit)
        do {
            return try JSONReader.read(body)
        } catch {
            throw .engine(path: path, reason: error.description)
        }
    }
}

/// Bytes that a container has on disk.
struct ContainerSizes: Sendable, Equatable {
    /// What the container wrote.
    var own: Double
    /// The same with its image.
    var total: Double
}

/// What is known of an image.
struct ImageFacts: Sendable, Equatable {
    /// Bytes.
    var size: Double
    /// Seconds since the epoch.
    var created: Double
}

/// What an engine says of itself.
struct EngineFacts: Sendable, Equatable {
    var version = ""
    var apiVersion = ""
    var kernel = ""
    var system = ""

    init() {}

    init(_ json: JSONValue) {
        version = json["Version"]?.text ?? ""
        apiVersion = json["ApiVersion"]?.text ?? ""
        kernel = json["KernelVersion"]?.text ?? ""
        system = Self.name(json)
    }

    /// What the engine calls itself: Docker's packages have a name for the whole, which distributions leave empty; Podman writes
    /// the machine's kind there, and its own name as that of its first component.
    private static func name(_ json: JSONValue) -> String {
        let component = json["Components"]?.elements.first?["Name"]?.text ?? ""
        if !component.isEmpty, component != "Engine" { return component }
        if let platform = json["Platform"]?["Name"]?.text, !platform.isEmpty { return platform }
        return component.isEmpty ? json["Os"]?.text ?? "" : "Docker Engine"
    }
}
