import ApusModel

/// Says whether a body is a valid exposition, as its specification has it and not only as far as a scrape needs it.
///
/// A scrape takes what it understands; this refuses what the specification refuses: families that are torn apart, types that
/// contradict their samples, histograms that do not add up. Sources: OpenMetrics 1.0 and its conformance cases, "Exposition
/// formats" of Prometheus.
package enum ExpositionCheck {
    /// Checks a body of one of the text formats; of protocol buffers only what a scrape checks.
    ///
    /// - Throws: `ExpositionError` with the place of the first problem.
    package static func check(_ body: Span<UInt8>, format: ExpositionFormat) throws(ExpositionError) {
        // What no reader understands is told first, with its place in the line.
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        try reader.read(body, format: format, into: &scraped)
        guard format != .protobuf else { return }
        do throws(ReadFailure) {
            if format == .text { try checkLastLine(body) }
            var openMetrics = OpenMetricsCheck()
            var text = TextCheck()
            var lines = BodyLines(body, format: format)
            while let line = try lines.next() {
                if format == .text { try text.check(line) } else { try openMetrics.check(line) }
            }
            if format == .text { try text.finish() } else { try openMetrics.finish() }
        } catch {
            throw ExpositionError(error, in: body, format: format)
        }
    }

    private static func checkLastLine(_ body: Span<UInt8>) throws(ReadFailure) {
        guard body.count > 0, body[body.count - 1] != UInt8(ascii: "\n") else { return }
        throw ReadFailure(.violation("the last line does not end with a newline"), at: body.count)
    }
}
