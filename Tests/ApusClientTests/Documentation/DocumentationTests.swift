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
        let documented = Self.files(under: root.appendingPathComponent("Sources")) {
            $0.path.contains("/ApusClient") && !$0.path.contains("/Resources/")
                && ["swift", "md"].contains($0.pathExtension)
        }
        for file in documented {
            for example in try Self.examples(in: file) {
                count += 1
                let text = example.joined(separator: "\n")
                #expect(compiled.contains { $0.contains(text) }, "\(file.lastPathComponent):\n\(text)")
            }
        }
        #expect(count > 60)
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
