import ApusTestSupport
import ApusWeb
import Foundation
import HTTPTypes
import Testing

@Suite("Web interface files")
struct AssetTests {
    private static let script = Array(String(repeating: "export const a = 1;\n", count: 100).utf8)
    private static let files = [
        AssetTable.File(
            path: "index.html", bytes: Array(#"<base href="{{base}}"><script src="ui/{{id}}/app/main.js">{{id}}"#.utf8)),
        AssetTable.File(path: "app/main.js", bytes: script),
        AssetTable.File(path: "types/api.d.ts", bytes: [1]),
        AssetTable.File(path: "deno.json", bytes: [1]),
        AssetTable.File(path: "css/base.css", bytes: Array("a{}".utf8)),
    ]

    private static func harness(base: String = "/") throws -> (WebHarness, AssetTable) {
        let table = try AssetTable(files, base: base)
        return (try WebHarness(assets: .success(table)), table)
    }

    @Test(
        "every page route answers the page with its placeholders filled in",
        arguments: ["/", "/explore", "/graph?g0.expr=up", "/query", "/targets", "/status"])
    func pages(path: String) async throws {
        let (web, table) = try Self.harness(base: "/a\"&<b/")
        let answer = try await web.get(path)
        #expect(answer.status == 200)
        #expect(answer.fields[.contentType] == "text/html; charset=utf-8")
        #expect(answer.fields[.cacheControl] == "no-cache")
        #expect(
            answer.text == #"<base href="/a&quot;&amp;&lt;b/"><script src="ui/\#(table.id)/app/main.js">\#(table.id)"#)
    }

    @Test("a page that did not change is not sent again")
    func notModified() async throws {
        let (web, _) = try Self.harness()
        let tag = try #require(try await web.get("/").fields[.eTag])
        #expect(tag.hasPrefix("\""))
        for header in [tag, "\"x\", W/\(tag)", "*"] {
            let answer = try await web.get("/", [.ifNoneMatch: header])
            #expect(answer.status == 304)
            #expect(answer.bytes.isEmpty)
            #expect(answer.fields[.eTag] == tag)
        }
        #expect(try await web.get("/", [.ifNoneMatch: "\"x\""]).status == 200)
    }

    @Test("files lie below the build id and never change there")
    func files() async throws {
        let (web, table) = try Self.harness()
        let answer = try await web.get("/ui/\(table.id)/app/main.js")
        #expect(answer.status == 200)
        #expect(answer.bytes == Self.script)
        #expect(answer.fields[.contentType] == "text/javascript; charset=utf-8")
        #expect(answer.fields[.cacheControl] == "public, max-age=31536000, immutable")
        let compressed = try await web.get("/ui/\(table.id)/app/main.js", [.acceptEncoding: "gzip, br"])
        #expect(compressed.fields[.contentEncoding] == "gzip")
        #expect(try gunzipped(compressed.bytes) == Self.script)
        // What does not shrink is sent as it is.
        #expect(
            try await web.get("/ui/\(table.id)/css/base.css", [.acceptEncoding: "gzip"]).fields[.contentEncoding] == nil
        )
    }

    @Test(
        "unknown ids and files are not found, nor what only tools need",
        arguments: [
            "/ui/0000000000000000/app/main.js", "/ui/ID/app/none.js", "/ui/ID/types/api.d.ts", "/ui/ID/deno.json",
            "/ui/ID/index.html",
            "/ui/ID", "/ui/ID/", "/ui/ID/../index.html", "/ui/ID/%2e%2e/index.html",
        ])
    func unknown(path: String) async throws {
        let (web, table) = try Self.harness()
        #expect(try await web.get(path.replacing("ID", with: table.id)).status == 404)
    }

    @Test("the build id is a hash of the files that are served")
    func buildID() throws {
        let id = try AssetTable(Self.files, base: "/").id
        #expect(id.count == 16)
        #expect(try AssetTable(Self.files.reversed(), base: "/x/").id == id)
        var changed = Self.files
        changed[1] = AssetTable.File(path: "app/main.js", bytes: [1])
        #expect(try AssetTable(changed, base: "/").id != id)
    }

    @Test("the tag of a page follows from its bytes alone")
    func tags() async throws {
        var seen: Set<String> = []
        for content in ["", "abc", "abd", String(repeating: "a", count: 1_000)] {
            var tags: Set<String> = []
            for _ in 0..<2 {
                let file = AssetTable.File(path: "index.html", bytes: Array(content.utf8))
                let web = try WebHarness(assets: .success(try AssetTable([file], base: "/")))
                tags.insert(try #require(try await web.get("/").fields[.eTag]))
            }
            #expect(tags.count == 1)
            #expect(tags.allSatisfy { $0.hasPrefix("\"") && $0.hasSuffix("\"") && $0.utf8.count == 34 })
            seen.formUnion(tags)
        }
        #expect(seen.count == 4)
    }

    @Test("without files the page says in one line what to do")
    func missing() async throws {
        let answer = try await WebHarness(assets: .failure(.notFound(places: ["/a", "/b"]))).get("/")
        #expect(answer.status == 503)
        #expect(answer.text == "the web interface was not found in /a, /b; name its folder with --web.assets-dir\n")
        #expect(throws: AssetError.missingPage) { try AssetTable([], base: "/") }
    }

    @Test("code is served without the comments that stand on lines of their own, each line keeping its number")
    func comments() {
        let source = """
            // A remark.
            const a = 1; // stays, as code is not looked into
            /** @type {number} */
            const b = /** @type {number} */ (a);
              /*
               * Several lines.
               */ export default b;
            const url = "https://example";
            """
        let served = """

            const a = 1; // stays, as code is not looked into

            const b = /** @type {number} */ (a);


             export default b;
            const url = "https://example";
            """
        #expect(String(decoding: SourceComments.removed(from: Array(source.utf8)), as: UTF8.self) == served)
    }

    @Test("the interface is read from a folder")
    func folder() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("app"), withIntermediateDirectories: true)
        for file in Self.files.prefix(2) {
            try Data(file.bytes).write(to: folder.url.appendingPathComponent(file.path))
        }
        #expect(
            try AssetFolder.load(explicit: folder.path, base: "/").id
                == (try AssetTable(Array(Self.files.prefix(2)), base: "/").id))
        #expect(throws: AssetError.self) { try AssetFolder.load(explicit: folder.path + "/none", base: "/") }
    }

    @Test("the interface of this checkout is whole")
    func checkout() async throws {
        let folder = SharedData.repositoryFolder.appendingPathComponent("web").path
        let table = try AssetFolder.load(explicit: folder, base: "/")
        let web = try WebHarness(assets: .success(table))
        let page = try await web.get("/").text
        #expect(!page.contains("{{"))
        let references = page.matches(of: /(?:src|href)="(ui\/[^"]+)"/).map { String($0.output.1) }
        #expect(references.count > 3)
        for reference in references { #expect(try await web.get("/\(reference)").status == 200, "\(reference)") }
    }
}
