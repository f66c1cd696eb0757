/// An exposition format that a target may be asked for.
package enum ScrapeProtocol: String, Sendable, CaseIterable {
    case prometheusProto = "PrometheusProto"
    case openMetricsText100 = "OpenMetricsText1.0.0"
    case openMetricsText001 = "OpenMetricsText0.0.1"
    case prometheusText100 = "PrometheusText1.0.0"
    case prometheusText004 = "PrometheusText0.0.4"

    /// What is asked for when nothing is configured, the most wanted first.
    package static let standard: [ScrapeProtocol] = [
        .openMetricsText100, .openMetricsText001, .prometheusText100, .prometheusText004,
    ]
    /// What is asked for when native histograms are wanted.
    package static let preferringNativeHistograms: [ScrapeProtocol] = [.prometheusProto] + standard

    /// The names in the order in which messages list them.
    static var listing: String {
        "[" + allCases.map(\.rawValue).sorted().joined(separator: " ") + "]"
    }
}
