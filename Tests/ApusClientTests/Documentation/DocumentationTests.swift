import ApusTestSupport
import Foundation
import Testing

@Suite("Documentation")
struct DocumentationTests {
    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty && !$0.hasPrefix("import ") }
    }

    private static func files(under folder: URL, _ matches: (URL) -> Bool) -> [URL] {
        let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var result: [URL] = []
        while let file = all?.nextObject() as? URL {
            if matches(file) { result.append(file) }
        }
        return result
    }

    /// The sources and articles of the client library and its modules.
    private static var sources: [URL] {
        files(under: SharedData.repositoryFolder.appendingPathComponent("Sources")) {
            $0.path.contains("/ApusClient") && !$0.path.contains("/Resources/")
        }
    }

    /// The examples in the comments and articles of a file.
    private static func examples(in file: URL) throws -> [[String]] {
        var examples: [[String]] = []
        var current: [String]?
        for line in try String(contentsOf: file, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            var text = line.trimmingCharacters(in: .whitespaces)
            if file.pathExtension == "swift" {
                guard text.hasPrefix("///") else { continue }
                text = text.dropFirst(3).trimmingCharacters(in: .whitespaces)
            }
            if text == "```swift" {
                current = []
            } else if text == "```" {
                if let example = current { examples.append(example) }
                current = nil
            } else if !text.isEmpty, !text.hasPrefix("import ") {
                current?.append(text)
            }
        }
        return examples
    }

    @Test("every example of the client library's documentation is compiled by a test")
    func examplesAreCompiled() throws {
        let root = SharedData.repositoryFolder
        var compiled: [String] = []
        for file in Self.files(
            under: root.appendingPathComponent("Tests"), { $0.lastPathComponent == "DocumentationExamples.swift" })
        {
            compiled.append(Self.lines(try String(contentsOf: file, encoding: .utf8)).joined(separator: "\n"))
        }
        #expect(compiled.count == 6)
        var count = 0
        let documented = Self.sources.filter { ["swift", "md"].contains($0.pathExtension) }
        for file in documented + [root.appendingPathComponent("docs/client.md")] {
            for example in try Self.examples(in: file) {
                count += 1
                let text = example.joined(separator: "\n")
                #expect(compiled.contains { $0.contains(text) }, "\(file.lastPathComponent):\n\(text)")
            }
        }
        #expect(count > 100)
    }

    @Test("every public function and type of the client library stands in an example")
    func everythingIsShown() throws {
        let documented = Self.sources.filter { ["swift", "md"].contains($0.pathExtension) }
        let examples = try documented.flatMap { try Self.examples(in: $0) }.joined().joined(separator: "\n")
        let words = Set(examples.split { !($0.isLetter || $0.isNumber || $0 == "_") })
        // What a protocol of another library asks for is called by that library.
        let outside: Set<Substring> = ["log", "handle"]
        var missing: [String] = []
        for file in documented where file.pathExtension == "swift" {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let parts = line.split(separator: " ").filter { $0 != "final" && $0 != "static" && $0 != "mutating" }
                guard parts.count > 2, parts[0] == "public",
                    ["func", "struct", "class", "enum", "protocol"].contains(parts[1])
                else { continue }
                let name = parts[2].prefix { $0.isLetter || $0.isNumber }
                let isFactory = file.lastPathComponent == "RegistryMetricsFactory.swift"
                if !words.contains(name), !outside.contains(name), !isFactory || parts[1] != "func" {
                    missing.append("\(file.lastPathComponent): \(name)")
                }
            }
        }
        #expect(missing == [])
    }

    @Test("the tutorial's last step is a program that a test compiles")
    func tutorialIsCompiled() throws {
        let root = SharedData.repositoryFolder
        let tutorial = try String(
            contentsOf: root.appendingPathComponent(
                "Sources/ApusClient/Documentation.docc/Resources/Gallery-4.swift"), encoding: .utf8)
        let compiled = try String(
            contentsOf: root.appendingPathComponent("Tests/ApusClientHummingbirdTests/Gallery.swift"), encoding: .utf8)
        // A test target cannot have a main program.
        let body = Self.lines(tutorial).filter { $0 != "@main" }
        #expect(body.count > 20)
        #expect(Self.lines(compiled).joined(separator: "\n").contains(body.joined(separator: "\n")))
    }
}
