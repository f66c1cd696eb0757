import ApusQuery
import ApusTestSupport
import Foundation
import Testing

@Suite("PromQL scripts")
struct ScriptTests {
    private static let folder = SharedData.repositoryFolder.appendingPathComponent("Tests/ApusQueryTests")

    private static func run(_ file: URL) async throws -> [ScriptOutcome] {
        let name = file.lastPathComponent
        let script = try Script(String(contentsOf: file, encoding: .utf8), file: name)
        let features: [EngineFeatures.Feature] =
            switch name {
            case "type_and_unit.test": [.typeAndUnitLabels]
            case "start_timestamps.test": [.startTimestamps]
            default: []
            }
        let engine = try ScriptEngineUnderTest(features: features)
        return try await ScriptRunner(engine: engine).run(script)
    }

    @Test("the project's own scripts pass")
    func ownScripts() async throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.folder.appendingPathComponent("Scripts"), includingPropertiesForKeys: nil
        ).filter { $0.pathExtension == "test" }
        #expect(!files.isEmpty)
        for file in files {
            for outcome in try await Self.run(file) {
                #expect(outcome.isPassed, "\(outcome.description)")
            }
        }
    }

    @Test(
        "the shared scripts pass, all of them",
        .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absenceComment)))
    func sharedScripts() async throws {
        var outcomes: [ScriptOutcome] = []
        for file in try SharedData.files(in: "conformance/promql", endingWith: [".test"]) {
            outcomes += try await Self.run(file)
        }
        let failed = outcomes.filter { !$0.isPassed }
        let passed = outcomes.count - failed.count
        print("PromQL scripts: \(passed) of \(outcomes.count) evaluations pass")
        if let path = ProcessInfo.processInfo.environment["APUS_SCRIPT_REPORT"] {
            let report = failed.map(\.description).joined(separator: "\n")
            try report.write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(outcomes.count > 1_000)
        #expect(failed.isEmpty, "\(failed.map(\.description).joined(separator: "\n"))")
    }
}
