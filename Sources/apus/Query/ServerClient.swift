import ApusBytes
import ApusHTTP

/// Asks the HTTP API of a server.
struct ServerClient: Sendable {
    /// A larger answer is refused.
    private static let maxBodyBytes = 1 << 30

    /// An answer of the API.
    struct Answer: Sendable {
        var data: JSONValue
        var warnings: [String]
        var infos: [String]
    }

    private let base: String
    private let options: HTTPClientOptions
    private let timeout: Int64

    init(_ options: ServerOptions) {
        var base = options.server
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base.contains("://") ? base : "http://" + base
        self.options = options.clientOptions
        timeout = options.timeout.milliseconds
    }

    /// The answer of a path below `/api/v1/`.
    ///
    /// - Returns: `nil` when the server does not know the path.
    /// - Throws: `CommandFailure` when there is no answer, or it is an error.
    func ask(_ path: String, _ parameters: [(name: String, value: String)]) async throws(CommandFailure) -> Answer? {
        let query = parameters.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }.joined(separator: "&")
        let response = try await fetch("\(base)/api/v1/\(path)?\(query)")
        let body: JSONValue
        do throws(JSONError) {
            body = try JSONReader.read(response.body)
        } catch {
            // Without the API's envelope: no server of this kind, or not this path.
            if response.status == 404 || response.status == 405 { return nil }
            throw CommandFailure(
                "\(base) answered with HTTP status \(response.status) and no JSON (\(error)); is it the right --server?"
            )
        }
        guard body["status"]?.text == "success" else {
            let kind = body["errorType"]?.text ?? "error"
            throw CommandFailure(body["error"]?.text.map { "\(kind): \($0)" } ?? "HTTP status \(response.status)")
        }
        func texts(_ name: String) -> [String] { (body[name]?.elements ?? []).compactMap(\.text) }
        return Answer(data: body["data"] ?? .null, warnings: texts("warnings"), infos: texts("infos"))
    }

    private func fetch(_ url: String) async throws(CommandFailure) -> FetchResponse {
        do throws(HTTPFetchError) {
            let fetcher = try HTTPFetcher(options: options)
            let request = try FetchRequest(
                url: url, headers: [("Accept", "application/json"), ("User-Agent", "Apus/\(BuildFacts.version)")])
            let result: Result<FetchResponse, HTTPFetchError>
            do throws(HTTPFetchError) {
                result = .success(
                    try await fetcher.fetch(
                        request, timeout: timeout, bodyLimit: Self.maxBodyBytes, takesAnyStatus: true))
            } catch {
                result = .failure(error)
            }
            await fetcher.shutDown()
            return try result.get()
        } catch {
            switch error {
            case .timedOut: throw CommandFailure("\(base) did not answer within the time (--timeout)")
            case .connection(_, let reason): throw CommandFailure("cannot ask \(base): \(reason)")
            default: throw CommandFailure("\(error)")
            }
        }
    }

    /// A text as a part of a URL's query.
    static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}
