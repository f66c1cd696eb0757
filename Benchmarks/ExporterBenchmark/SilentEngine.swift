import ApusExporters

/// An engine whose containers all run, and to which nothing happens.
struct SilentEngine: EngineTransport {
    private let containers: [(id: String, process: Int)]
    private let labels: String

    init(_ containers: [(id: String, process: Int)], labels: Int) {
        self.containers = containers
        self.labels = (0..<labels).map { "\"org.example.label-\($0)\": \"a value of some length \($0)\"" }
            .joined(separator: ",")
    }

    func get(_ path: String, timeout: Int64, limit: Int) async throws(ExporterError) -> [UInt8] {
        if path.hasPrefix("/version") { return Array("{\"Version\": \"1\"}".utf8) }
        if path.hasPrefix("/images") { return Array("[{\"Id\": \"image\", \"Size\": 1}]".utf8) }
        if path.hasPrefix("/containers/json") {
            return Array("[\(containers.map { "{\"Id\": \"\($0.id)\"}" }.joined(separator: ","))]".utf8)
        }
        guard let index = containers.firstIndex(where: { path.contains($0.id) }) else {
            throw .engine(path: path, reason: "no such container")
        }
        let container = containers[index]
        return Array(
            """
            {"Id": "\(container.id)", "Name": "/shop-api-\(index)", "Image": "image", "Created": "2026-01-01T00:00:00Z",
             "State": {"Status": "running", "Pid": \(container.process), "StartedAt": "2026-01-02T00:00:00Z"},
             "Config": {"Image": "shop/api:1.2.3", "Labels": {\(labels), "com.docker.compose.project": "shop",
              "com.docker.compose.service": "api", "com.docker.compose.container-number": "\(index)"}}, "HostConfig": {}}
            """.utf8)
    }

    func stream(_ path: String, onPart: @escaping @Sendable ([UInt8]) async -> Void) async throws(ExporterError) {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(60)) } catch { return }
        }
    }
}
