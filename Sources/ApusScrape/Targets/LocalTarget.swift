/// A target within this process: what it exposes is taken as it is, without a connection to ourselves.
///
/// So the server's own targets are read whatever its address, its route prefix, its certificates and its login are.
package protocol LocalTarget: Sendable {
    /// What is exposed now; there is always an answer, however long it takes.
    ///
    /// - Parameter accept: the formats that the scraper reads, as an `Accept` header.
    func expose(accept: String) async -> LocalExposition
}

/// What a target within this process exposes.
package struct LocalExposition: Sendable {
    /// The `Content-Type` that belongs to the body.
    package let contentType: String
    /// The body.
    package let body: [UInt8]
    /// What people should know although the scrape succeeded, such as that there is no container engine; empty for nothing.
    package let note: String

    /// An exposition with the given parts.
    package init(contentType: String, body: [UInt8], note: String = "") {
        self.contentType = contentType
        self.body = body
        self.note = note
    }
}
