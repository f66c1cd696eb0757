/// A thing that measures: a `Counter`, a `Gauge` or a `Histogram`.
///
/// The protocol only says what a `MetricFamily` may hold; instruments come from a `MetricRegistry`.
public protocol Instrument: AnyObject, Sendable {}
