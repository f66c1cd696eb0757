import ApusClient
import ApusExposition
import ApusModel

/// The text that a source exposes.
func text(_ source: some ExpositionSource, accept: String? = nil) -> String {
    String(decoding: source.expose(accept: accept, only: []).body, as: UTF8.self)
}

/// The `Accept` headers of the three formats.
enum Accept {
    static let text = "text/plain;version=1.0.0;escaping=allow-utf-8"
    static let openMetrics = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8"
    static let protobuf =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8"
}

/// What a scrape of a source brings.
struct Scrape {
    var values: [LabelSet: Double] = [:]
    var histograms: [NativeHistogram] = []
    var exemplars: [Exemplar] = []
    var metadata: [String: MetricMetadata] = [:]

    init(_ source: some ExpositionSource, _ format: ExpositionFormat, native: Bool = true) throws {
        let accept =
            switch format {
            case .text: Accept.text
            case .openMetrics: Accept.openMetrics
            case .protobuf: Accept.protobuf
            }
        let exposition = source.expose(accept: accept, only: [])
        var reader = ExpositionReader()
        var scraped = ScrapedBody()
        try ExpositionCheck.check(exposition.body.span, format: format)
        try reader.read(
            exposition.body.span, format: format,
            histograms: HistogramReading(takesNative: native, keepsClassic: true), into: &scraped)
        let histogramPositions = Set(scraped.histograms.map(\.position))
        for (position, slot) in scraped.slots.enumerated() where !histogramPositions.contains(position) {
            values[reader.labels(of: slot)] = scraped.values[position]
        }
        histograms = scraped.histograms.map(\.histogram)
        exemplars = scraped.exemplars.map(\.exemplar)
        for entry in scraped.metadata { metadata[entry.family] = entry.metadata }
    }
}
