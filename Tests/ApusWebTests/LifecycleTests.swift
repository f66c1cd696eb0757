import ApusWeb
import HTTPTypes
import Synchronization
import Testing

@Suite("Reload and quit")
struct LifecycleTests {
    private final class Calls: Sendable {
        let reloads = Mutex(0)
        let quits = Mutex(0)
    }

    private struct Broken: Error, CustomStringConvertible {
        let description = "a.yml:3:1: unknown field"
    }

    private static func harness(_ calls: Calls, isEnabled: Bool = true, isBroken: Bool = false) throws -> WebHarness {
        var settings = WebSettings()
        settings.isLifecycleEnabled = isEnabled
        return try WebHarness(settings: settings) { sources in
            sources.reload = {
                calls.reloads.withLock { $0 += 1 }
                if isBroken { throw Broken() }
            }
            sources.quit = { calls.quits.withLock { $0 += 1 } }
        }
    }

    @Test("they are off unless enabled", arguments: ["/-/reload", "/-/quit"])
    func disabled(path: String) async throws {
        let calls = Calls()
        let web = try Self.harness(calls, isEnabled: false)
        let answer = try await web.ask(.post, path)
        #expect(answer.status == 403)
        #expect(answer.text == "Lifecycle API is not enabled.")
        let get = try await web.get(path)
        #expect(get.status == 405)
        #expect(get.text == "Only POST or PUT requests allowed")
        #expect(calls.reloads.withLock { $0 } == 0)
        #expect(calls.quits.withLock { $0 } == 0)
    }

    @Test("reload reads the configuration, and tells what is wrong with it")
    func reload() async throws {
        let calls = Calls()
        #expect(try await Self.harness(calls).ask(.post, "/-/reload").status == 200)
        #expect(try await Self.harness(calls).ask(.put, "/-/reload").status == 200)
        #expect(calls.reloads.withLock { $0 } == 2)
        let broken = try await Self.harness(calls, isBroken: true).ask(.post, "/-/reload")
        #expect(broken.status == 500)
        #expect(broken.text == "failed to reload config: a.yml:3:1: unknown field\n")
    }

    @Test("quit ends the program")
    func quit() async throws {
        let calls = Calls()
        #expect(try await Self.harness(calls).ask(.post, "/-/quit").status == 200)
        #expect(calls.quits.withLock { $0 } == 1)
    }

    @Test(
        "pages of other sites cannot make a browser send them",
        arguments: [
            ([HTTPField.Name("Sec-Fetch-Site")!: "cross-site"], 403),
            ([HTTPField.Name("Sec-Fetch-Site")!: "same-site"], 403),
            ([HTTPField.Name("Sec-Fetch-Site")!: "same-origin", .origin: "https://proxy.example"], 200),
            ([HTTPField.Name("Sec-Fetch-Site")!: "none"], 200), ([.origin: "http://evil.example"], 403),
            ([.origin: "null"], 403), ([.origin: "http://HOST:9090"], 200), ([:], 200),
        ] as [(HTTPFields, Int)])
    func forgery(fields: HTTPFields, status: Int) async throws {
        let calls = Calls()
        #expect(try await Self.harness(calls).ask(.post, "/-/reload", fields).status == status)
        #expect(calls.reloads.withLock { $0 } == (status == 200 ? 1 : 0))
    }
}
