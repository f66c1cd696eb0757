/// A server's answer, its body as it came over the wire.
package struct FetchResponse: Sendable {
    /// The status code; one of success (200 to 299) unless others were asked for.
    package let status: Int
    /// The `Content-Type` header; empty when there is none.
    package let contentType: String
    /// Whether `body` is compressed with gzip.
    package let isGzipped: Bool
    /// The bytes of the body.
    package let body: [UInt8]

    /// A response with the given parts.
    package init(status: Int, contentType: String, isGzipped: Bool, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.isGzipped = isGzipped
        self.body = body
    }
}
