/// Bounds on what a remote-write request may be and what the receiver may keep.
package struct RemoteWriteLimits: Sendable {
    /// The largest body as sent, in bytes.
    package var bodyBytes = 32 << 20
    /// The largest body after decompression, in bytes; Prometheus' bound.
    package var decodedBytes = 32 << 20
    /// The most samples, histograms and exemplars of one request together.
    package var samples = 2_000_000
    /// The most samples that go to the store in one batch.
    package var batchSamples = 50_000
    /// The most memory of the cache that finds series by the bytes of their labels, in bytes.
    ///
    /// 64 bytes a series at most, for a million series that are written again and again; one that is not in the cache costs ten
    /// times the time.
    package var cacheBytes = 128 << 20
    /// How many requests can be worked on at once; more wait.
    package var concurrency = 4
    /// How many milliseconds a sample may be ahead of the clock.
    ///
    /// Source: Prometheus, `maxAheadTime`.
    package var greatestLead: Int64 = 10 * 60_000

    /// The defaults.
    package init() {}
}
