import ApusExporters
import ApusTestSupport
import Synchronization

/// An engine whose containers a test makes, and whose events it sends.
final class MadeEngine: EngineTransport {
    struct Container {
        var id: String
        var name: String
        var image = "img:1"
        var pid = 0
        var state = "running"
        var health: String?
        var exitCode = 0
        var restarts = 0
        var wasOutOfMemory = false
        var labels: [String: String] = [:]
        var networkMode = "default"
        var memory = 0

        var json: String {
            let labels = labels.map { "\"\($0.key)\": \"\($0.value)\"" }.joined(separator: ", ")
            let health = health.map { ", \"Health\": {\"Status\": \"\($0)\"}" } ?? ""
            return """
                {"Id": "\(id)", "Name": "/\(name)", "Image": "sha256:aa", "Created": "2026-01-01T00:00:00Z", "RestartCount": \(restarts),
                 "State": {"Status": "\(state)", "Pid": \(pid), "ExitCode": \(exitCode), "OOMKilled": \(wasOutOfMemory),
                           "StartedAt": "2026-01-02T00:00:00.5Z"\(health)},
                 "Config": {"Image": "\(image)", "Labels": {\(labels)}},
                 "HostConfig": {"NetworkMode": "\(networkMode)", "Memory": \(memory), "NanoCpus": 500000000}}
                """
        }
    }

    private struct State {
        var containers: [Container]
        var statistics: [String: String] = [:]
        /// Milliseconds before an answer to a request for statistics.
        var delays: [String: Int] = [:]
        var isDown = false
        /// The lines of events so far, and the stream that gets the next.
        var lines: [String] = []
        var sender: AsyncStream<String>.Continuation?
    }

    private let state: Mutex<State>
    /// Whether images are told, which what stands before a socket may forbid.
    private let tellsImages: Bool

    init(_ containers: [Container], tellsImages: Bool = true) {
        state = Mutex(State(containers: containers))
        self.tellsImages = tellsImages
    }

    func change(_ containers: [Container]) { state.withLock { $0.containers = containers } }

    func answerStatistics(of id: String, _ json: String, after delay: Int = 0) {
        state.withLock {
            $0.statistics[id] = json
            $0.delays[id] = delay
        }
    }

    /// Tells an event, and to whom comes later again.
    func send(_ action: String, _ container: Container, attributes: String = "", time: Int64 = 1_700_000_000_000) {
        let line =
            "{\"Type\":\"container\",\"Action\":\"\(action)\",\"Actor\":{\"ID\":\"\(container.id)\",\"Attributes\":"
            + "{\"name\":\"\(container.name)\",\"image\":\"\(container.image)\"\(attributes)}},"
            + "\"timeNano\":\(time * 1_000_000)}\n"
        state.withLock { state in
            state.lines.append(line)
            state.sender?.yield(line)
        }
    }

    /// Breaks the stream of events.
    func interrupt() {
        state.withLock { state in
            state.sender?.finish()
            state.sender = nil
        }
    }

    /// Ends the stream of events, and answers nothing any more.
    func stop() {
        state.withLock { $0.isDown = true }
        interrupt()
    }

    func get(_ path: String, timeout: Int64, limit: Int) async throws(ExporterError) -> [UInt8] {
        let (answer, delay): (String?, Int) = state.withLock { state in
            if state.isDown { return (nil, 0) }
            if path == "/version" {
                return ("{\"Version\": \"28.5.2\", \"ApiVersion\": \"1.51\", \"Platform\": {\"Name\": \"Docker\"}}", 0)
            }
            if path.hasPrefix("/images") {
                guard tellsImages else { return (nil, 0) }
                return ("[{\"Id\": \"sha256:aa\", \"Size\": 5000, \"Created\": 1600000000}]", 0)
            }
            if path.hasPrefix("/containers/json") {
                return (
                    "[\(state.containers.map { "{\"Id\": \"\($0.id)\", \"SizeRw\": 77, \"SizeRootFs\": 99}" }.joined(separator: ","))]",
                    0
                )
            }
            let id = String(path.dropFirst("/containers/".count).prefix { $0 != "/" })
            if path.contains("/stats") { return (state.statistics[id], state.delays[id] ?? 0) }
            return (state.containers.first { $0.id == id }?.json, 0)
        }
        if delay > 0 { try? await Task.sleep(for: .milliseconds(delay)) }
        guard let answer, !Task.isCancelled else { throw .engine(path: path, reason: "no such thing") }
        return Array(answer.utf8)
    }

    func stream(_ path: String, onPart: @escaping @Sendable ([UInt8]) async -> Void) async throws(ExporterError) {
        let (events, sender) = AsyncStream<String>.makeStream()
        state.withLock { state in
            // As an engine does with the time in the path: what it remembers comes again.
            for line in state.lines { sender.yield(line) }
            if state.isDown { sender.finish() } else { state.sender = sender }
        }
        for await line in events { await onPart(Array(line.utf8)) }
        throw .engine(path: path, reason: "the stream ended")
    }
}

/// An exporter over a made machine and engine, running while a test looks at it.
func withExporter(
    _ tree: ContainerTree, _ engine: MadeEngine?, settings: ContainerSettings = ContainerSettings(),
    _ body: (ContainerExporter, ContainerDirectory?) async throws -> Void
) async throws {
    let directory = engine.map { ContainerDirectory(transport: $0, settings: settings) }
    let task = Task { await directory?.run() }
    while let directory, !directory.isConnected { try await Task.sleep(for: .milliseconds(1)) }
    let exporter = ContainerExporter(
        paths: tree.paths, directory: directory, settings: settings, version: "test",
        clock: ManualClock(milliseconds: 1_700_000_100_000))
    do {
        try await body(exporter, directory)
    } catch {
        task.cancel()
        throw error
    }
    task.cancel()
    await task.value
}

extension ContainerExporter {
    /// What a scrape answers.
    func exposed() async -> ExposedSamples { ExposedSamples(await expose(accept: nil)) }
}
