import ApusExporters
import ApusTestSupport
import Testing

@Suite("Container directory", .timeLimit(.minutes(5)))
struct DirectoryTests {
    /// Answers with what a real engine answered, and ends the event stream after its events.
    private struct RecordedEngine: EngineTransport {
        let folder: String

        func get(_ path: String, timeout: Int64, limit: Int) async throws(ExporterError) -> [UInt8] {
            let file =
                path.hasPrefix("/version")
                ? "version"
                : path.hasPrefix("/images")
                    ? "images-json" : path.contains("all=1") ? "containers-json" : "container-inspect"
            do { return try SharedData.bytes("docker-api/\(folder)/\(file).json") } catch {
                throw .engine(path: path, reason: "\(error)")
            }
        }

        func stream(
            _ path: String, onPart: @escaping @Sendable ([UInt8]) async -> Void
        ) async throws(ExporterError) {
            do {
                let bytes = try SharedData.bytes("docker-api/\(folder)/events.ndjson")
                for start in stride(from: 0, to: bytes.count, by: 1_000) {
                    await onPart(Array(bytes[start..<min(start + 1_000, bytes.count)]))
                }
            } catch { throw .engine(path: path, reason: "\(error)") }
        }
    }

    @Test(
        "events of a real engine are kept, commands run in containers are not",
        .enabled(if: SharedData.isPresent, "\(SharedData.absenceComment)"), arguments: ["engine-20.10", "engine-28.5"])
    func events(folder: String) async throws {
        let directory = ContainerDirectory(transport: RecordedEngine(folder: folder))
        let task = Task { await directory.run() }
        while !directory.log.events().contains(where: { $0.action == .destroy }), !Task.isCancelled {
            try await Task.sleep(for: .milliseconds(5))
        }
        task.cancel()
        await task.value
        let events = directory.log.events()
        let actions = Set(events.map(\.action))
        #expect(
            actions.isSuperset(of: [.create, .start, .die, .kill, .stop, .restart, .rename, .oom, .destroy, .healthy]))
        #expect(events.contains { $0.action == .die && $0.exitCode != nil })
        let container = try #require(directory.containers.first)
        #expect(container.limits.memory == 67_108_864)
        #expect(container.limits.quota == 50_000)
        #expect(container["com.docker.compose.service"] == "accesslog")
    }

    @Test("what happened while the engine's stream was broken is told once it goes on, and nothing twice")
    func reconnection() async throws {
        let container = MadeEngine.Container(id: ControlGroupTests.id, name: "web", pid: 40)
        let engine = MadeEngine([container])
        let directory = ContainerDirectory(transport: engine)
        let task = Task { await directory.run() }
        while !directory.isConnected { try await Task.sleep(for: .milliseconds(1)) }
        engine.send("start", container, time: 1_700_000_000_000)
        while directory.log.events().isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        engine.interrupt()
        while directory.isConnected { try await Task.sleep(for: .milliseconds(1)) }
        engine.send("die", container, time: 1_700_000_000_500)
        while directory.log.events().count < 2 { try await Task.sleep(for: .milliseconds(5)) }
        engine.send("start", container, time: 1_700_000_001_000)
        while directory.log.events().count < 3 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(directory.log.events().map(\.action) == [.start, .die, .start])
        task.cancel()
        await task.value
    }

    @Test("containers are known where images are not told, and why is said")
    func withoutImages() async throws {
        let engine = MadeEngine([.init(id: ControlGroupTests.id, name: "web")], tellsImages: false)
        let directory = ContainerDirectory(transport: engine)
        let task = Task { await directory.run() }
        while !directory.isConnected { try await Task.sleep(for: .milliseconds(1)) }
        #expect(directory.containers.map(\.name) == ["web"])
        #expect(directory.failure?.contains("/images") == true)
        task.cancel()
        await task.value
    }
}
