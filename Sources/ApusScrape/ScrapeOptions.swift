/// Settings of the scraper that are not part of the configuration file.
package struct ScrapeOptions: Sendable {
    /// How many milliseconds late a scrape may begin and still take its planned time as timestamp.
    package var timestampTolerance: Int64 = 2
    /// The largest body in bytes, whatever the configuration allows: where it sets no limit, this is the limit.
    package var largestBody = 256 << 20
    /// Threads that parse and store.
    package var workerThreads = 2
    /// Moves the places of all targets within their intervals; two servers with different seeds scrape apart.
    package var offsetSeed: UInt64 = 0
    /// Who scrapes.
    package var userAgent = "Apus"

    /// The defaults.
    package init() {}
}
