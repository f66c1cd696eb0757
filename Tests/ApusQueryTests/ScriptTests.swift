import ApusTestSupport
import Foundation
import Testing

@Suite("PromQL scripts")
struct ScriptTests {
    private static let folder = SharedData.repositoryFolder.appendingPathComponent("Tests/ApusQueryTests")

    private static func run(_ file: URL) async throws -> [ScriptOutcome] {
        let name = file.lastPathComponent
        let script = try Script(String(contentsOf: file, encoding: .utf8), file: name)
        let engine = try ScriptEngineUnderTest(treatsTypeAndUnitAsMetadata: name == "type_and_unit.test")
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
        "the shared scripts pass but for the listed evaluations",
        .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absenceComment)))
    func sharedScripts() async throws {
        let list = try String(
            contentsOf: Self.folder.appendingPathComponent("expected-failures.txt"), encoding: .utf8)
        var outcomes: [ScriptOutcome] = []
        for file in try SharedData.files(in: "conformance/promql", endingWith: [".test"]) {
            outcomes += try await Self.run(file)
        }
        let problems = ExpectedFailures(list).problems(in: outcomes)
        let passed = outcomes.count { $0.isPassed }
        print("PromQL scripts: \(passed) of \(outcomes.count) evaluations pass")
        if let path = ProcessInfo.processInfo.environment["APUS_SCRIPT_REPORT"] {
            let report = outcomes.filter { !$0.isPassed }.map(\.description).joined(separator: "\n")
            try report.write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
    }
}
