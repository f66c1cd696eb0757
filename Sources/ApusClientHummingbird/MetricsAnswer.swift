import ApusClient
import HTTPTypes
import Hummingbird
import NIOCore

/// The answer to a scrape.
enum MetricsAnswer {
    /// Smaller bodies are sent as they are: compressing them costs more than it saves.
    private static let minimumCompressed = 1_024

    static func response(_ exposition: Exposition, acceptEncoding: String?) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = exposition.contentType
        headers[.vary] = "Accept, Accept-Encoding"
        var body = exposition.body
        if body.count >= minimumCompressed, takesGzip(acceptEncoding), let compressed = Gzip.compress(body) {
            headers[.contentEncoding] = "gzip"
            body = compressed
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// Whether an `Accept-Encoding` header names gzip with a weight above zero.
    static func takesGzip(_ header: String?) -> Bool {
        for entry in (header ?? "").split(separator: ",").prefix(32) {
            let parts = entry.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
            guard parts.first == "gzip" else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            return weight > 0
        }
        return false
    }
}
