/// Something that reads the system when it is scraped, and gives account of it as an exposition.
package protocol MetricsExporter: Sendable {
    /// The exporter's name: that of its job in the built-in configuration, and of its path under `/metrics/`.
    var name: String { get }

    /// Everything as it is now.
    ///
    /// What cannot be read is left out and said in metrics; there is always a page.
    ///
    /// - Parameter accept: the scraper's `Accept` header.
    func expose(accept: String?) async -> ExporterPage
}

/// The answer of an exporter to a scrape.
package struct ExporterPage: Sendable {
    /// The `Content-Type` that belongs to the body.
    package let contentType: String
    /// The body.
    package let body: [UInt8]

    /// A page of the given parts.
    package init(contentType: String, body: [UInt8]) {
        self.contentType = contentType
        self.body = body
    }
}
