import ApusTestSupport
import Foundation
import Testing

@Suite("Module borders")
struct ImportTests {
    private struct Import {
        let module: String
        let file: String
        let line: Int
    }

    private static func imports(under folder: URL) throws -> [Import] {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var result: [Import] = []
        while let file = files?.nextObject() as? URL {
            if file.pathExtension == "docc" { files?.skipDescendants() }  // What a tutorial shows is not the module's.
            guard file.pathExtension == "swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let words = line.split(separator: " ")
                guard let keyword = words.firstIndex(of: "import"), keyword < words.count - 1,
                    words[..<keyword].allSatisfy({
                        ["package", "public", "internal", "private", "fileprivate", "@preconcurrency", "@_exported"]
                            .contains($0)
                    })
                else { continue }
                // `import struct Module.Name` names the module after the kind.
                let name = words.last ?? words[keyword + 1]
                let module = name.split(separator: ".").first.map(String.init) ?? String(name)
                result.append(Import(module: module, file: file.lastPathComponent, line: index + 1))
            }
        }
        return result
    }

    private static let modules: [String] = {
        let sources = SharedData.repositoryFolder.appendingPathComponent("Sources")
        return ((try? FileManager.default.contentsOfDirectory(atPath: sources.path)) ?? []).sorted()
    }()

    @Test("every module has a place in the map, and the map names no module that is not there")
    func mapIsComplete() {
        let mapped = Set(ModuleMap.rows.flatMap { $0 }).union(ModuleMap.testSupport)
        #expect(Set(Self.modules) == mapped)
    }

    @Test("a module imports only from rows below its own", arguments: ImportTests.modules)
    func direction(module: String) throws {
        let folder = SharedData.repositoryFolder.appendingPathComponent("Sources").appendingPathComponent(module)
        for entry in try Self.imports(under: folder) {
            if let owners = ModuleMap.owners[entry.module] {
                #expect(
                    owners.contains(module),
                    "\(module)/\(entry.file):\(entry.line) imports \(entry.module), which only \(owners.sorted()) may")
            }
            guard ModuleMap.row(of: entry.module) != nil || ModuleMap.testSupport.contains(entry.module) else {
                continue
            }
            if ModuleMap.testSupport.contains(module) {
                continue
            }
            #expect(
                !ModuleMap.testSupport.contains(entry.module),
                "\(module)/\(entry.file):\(entry.line) imports \(entry.module), which is for tests only")
            let own = try #require(ModuleMap.row(of: module))
            let theirs = ModuleMap.row(of: entry.module) ?? own
            #expect(
                theirs < own || entry.module == module,
                "\(module)/\(entry.file):\(entry.line) imports \(entry.module), which is not in a row below")
        }
    }

    @Test("no test reaches behind package access")
    func noTestableImports() throws {
        let tests = SharedData.repositoryFolder.appendingPathComponent("Tests")
        let files = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(!text.contains("@" + "testable"), "\(file.lastPathComponent)")
        }
    }
}
