import ApusInterchange
import ApusModel
import ApusStorage
import ApusTestSupport
import ApusWeb
import CApusZlib
import HTTPTypes
import Testing

@Suite("Import over HTTP")
struct ImportAPITests {
    private static let path = "/api/v1/admin/tsdb/import"
    /// A while before the day on which the sample times lie.
    private static let now: Int64 = 1_700_000_000_000
    private static let second = Int(now / 1_000)

    private let folder: TemporaryFolder
    private let storage: Storage

    init() throws {
        folder = try TemporaryFolder()
        storage = try Storage(folder: folder.path, clock: ManualClock(milliseconds: Self.now))
    }

    private func web(_ change: (inout WebSettings) -> Void = { _ in }) throws -> WebHarness {
        var settings = WebSettings()
        change(&settings)
        return try WebHarness(settings: settings) { $0.backfill = Backfill(into: storage) }
    }

    private func samples(_ name: String) throws -> [Double] {
        let querier = try storage.querier(from: .min, through: .max)
        let selection = try querier.select([Matcher("__name__", .equal, name)])
        var columns = SampleColumns()
        for index in 0..<selection.count { try selection.read(index, from: .min, through: .max, into: &columns) }
        return columns.values
    }

    private static func text(_ count: Int, _ name: String = "old") -> [UInt8] {
        let lines = (0..<count).map { "\(name){n=\"\($0 % 10)\"} \($0) \(second - 200_000 + $0)" }
        return Array((lines.joined(separator: "\n") + "\n# EOF\n").utf8)
    }

    @Test("OpenMetrics text becomes blocks that are queried at once, and what came is told")
    func openMetrics() async throws {
        defer { storage.close() }
        let answer = try await web().ask(.post, Self.path, body: Self.text(1_000))
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.text.contains(#""series":10,"samples":1000,"minTime":\#(Self.now - 200_000_000),"#))
        let refused = #""refused":{"duplicateTimestamp":0,"outsideRange":0,"exemplars":0,"seriesLimit":0},"limits":[]"#
        #expect(answer.text.contains(refused))
        #expect(answer.text.contains(#""blocks":[{"ulid":""#))
        #expect(try samples("old").count == 1_000)
        #expect(try Folder.names(in: "\(folder.path)/blocks").allSatisfy { !$0.hasSuffix(".tmp") })
    }

    @Test("a body larger than what is in memory at a time comes through, compressed and not", arguments: [false, true])
    func large(isCompressed: Bool) async throws {
        defer { storage.close() }
        let text = Self.text(120_000)
        #expect(text.count > 3 << 20)
        let body = isCompressed ? gzipped(text) : text
        let fields: HTTPFields = isCompressed ? [.contentEncoding: "gzip"] : [:]
        let answer = try await web().ask(.put, Self.path, fields, body: body)
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.text.contains(#""samples":120000"#))
        #expect(try samples("old").count == 120_000)
    }

    @Test("comma-separated values are taken, with their columns named in parameters")
    func csv() async throws {
        defer { storage.close() }
        let table =
            "when;room;degrees\n\(Self.second - 60);a;20.5\n\(Self.second - 50);b;21\n\(Self.second - 40);b;22\n"
        let parameters =
            "format=csv&time_column=when&value_column=degrees&label=site%3Dx&separator=;&end=\(Self.second - 45)"
        let answer = try await web().ask(.post, "\(Self.path)?\(parameters)", body: Array(table.utf8))
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.text.contains(#""series":2,"samples":2,"#))
        #expect(answer.text.contains(#""outsideRange":1"#))
        #expect(try samples("degrees").sorted() == [20.5, 21])
        let byType = try await web().ask(
            .post, Self.path, [.contentType: "text/csv; charset=utf-8"],
            body: Array("timestamp,metric,value\n\(Self.second),m,1\n".utf8))
        #expect(byType.status == 200)
    }

    @Test(
        "what cannot be taken is refused with what is wrong, and leaves nothing",
        arguments: [
            ("", "a 1 1\n!\n# EOF\n", 400, "body:2:1: "), ("", "a 1 1\n", 400, "# EOF"), ("", "", 400, "# EOF"),
            ("", "a 1\n# EOF\n", 400, "without a timestamp"),
            ("", "a 1 \(second + 100_000)\n# EOF\n", 400, "is to come"),
            ("?format=csv", "", 400, "empty"), ("?format=csv", "timestamp,value\nx,1\n", 400, "body:2:1: "),
            ("?format=xml", "", 400, "neither openmetrics nor csv"), ("?start=5&end=4", "", 400, "before start"),
            ("?start=x", "", 400, "start"), ("?format=csv&separator=ab", "", 400, "one character"),
            ("?format=csv&label=x", "", 400, "name=value"), ("?format=csv&time_unit=h", "", 400, "neither s nor ms"),
        ])
    func refused(parameters: String, body: String, status: Int, words: String) async throws {
        defer { storage.close() }
        let answer = try await web().ask(.post, Self.path + parameters, body: Array(body.utf8))
        #expect(answer.status == status, "\(answer.text)")
        #expect(answer.text.contains(words), "\(answer.text)")
        #expect(storage.blockFacts().readable.isEmpty)
        #expect(try Folder.names(in: "\(folder.path)/blocks").isEmpty)
    }

    @Test("compressed bodies that are damaged, cut or in another coding are refused")
    func compression() async throws {
        defer { storage.close() }
        let web = try web()
        var body = gzipped(Self.text(5_000))
        let cut = try await web.ask(.post, Self.path, [.contentEncoding: "gzip"], body: Array(body.dropLast(20)))
        #expect(cut.status == 400 && cut.text.contains("ends early"), "\(cut.text)")
        body[body.count / 2] ^= 0xFF
        #expect(try await web.ask(.post, Self.path, [.contentEncoding: "gzip"], body: body).status == 400)
        #expect(try await web.ask(.post, Self.path, [.contentEncoding: "gzip"], body: [1, 2, 3]).status == 400)
        #expect(try await web.ask(.post, Self.path, [.contentEncoding: "br"], body: body).status == 415)
        #expect(storage.blockFacts().readable.isEmpty)
    }

    @Test("a body over the limit is refused, also when it is small before it is decompressed")
    func limit() async throws {
        defer { storage.close() }
        let web = try web { $0.maxImportBytes = 2 << 20 }
        let text = Self.text(120_000)
        let bodies: [(HTTPFields, [UInt8])] = [([:], text), ([.contentEncoding: "gzip"], gzipped(text))]
        for (fields, body) in bodies {
            let answer = try await web.ask(.post, Self.path, fields, body: body)
            #expect(answer.status == 400)
            #expect(answer.text.contains("more than 2097152 bytes"), "\(answer.text)")
        }
        #expect(try Folder.names(in: "\(folder.path)/blocks").isEmpty)
    }

    @Test("it is off unless enabled, and takes no GET and nothing from pages of other sites")
    func disabled() async throws {
        defer { storage.close() }
        let web = try WebHarness()
        let answer = try await web.ask(.post, Self.path, body: Self.text(1))
        #expect(answer.status == 500)
        #expect(answer.text.contains("admin APIs disabled"))
        #expect(try await web.get(Self.path).status == 405)
        let forged = try await self.web().ask(
            .post, Self.path, [.origin: "http://elsewhere.example"], body: Self.text(1))
        #expect(forged.status == 403)
    }

    @Test("a store that is closed says that it may be tried later")
    func closed() async throws {
        storage.close()
        let answer = try await web().ask(.post, Self.path, body: Self.text(1))
        #expect(answer.status == 503)
        #expect(answer.text.contains("the store is closed"))
    }
}

/// The bytes as a gzip stream.
private func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    let deflater = apus_deflater_create(6)
    defer { apus_deflater_destroy(deflater) }
    var output = [UInt8](repeating: 0, count: bytes.count + 1_024)
    var consumed = 0
    var produced = 0
    let isDone = apus_deflater_step(
        deflater, true, bytes, bytes.count, &consumed, &output, output.count, &produced)
    #expect(isDone)
    return Array(output[..<produced])
}
