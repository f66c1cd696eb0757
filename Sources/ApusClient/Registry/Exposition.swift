/// Something that can be scraped: a registry, or several that are merged.
///
/// ```swift
/// let source: any ExpositionSource = registry
/// print(source.expose(accept: nil, only: ["requests_total"]).body.count)
/// ```
public protocol ExpositionSource: Sendable {
    /// All metrics as they are now.
    ///
    /// - Parameters:
    ///   - accept: The scraper's `Accept` header.
    ///   - names: The families to expose, by name; all when there are none.
    func expose(accept: String?, only names: Set<String>) -> Exposition
}

extension MetricRegistry: ExpositionSource {}

/// Several registries that are scraped as one.
///
/// ```swift
/// let all = MergedRegistries(registry, libraryRegistry)
/// let answer = all.expose(accept: nil, only: [])
/// ```
///
/// Families of one name become one, if type, unit and help are the same; otherwise the one of the first registry is exposed.
/// Of two series with the same labels the first is. Both are named in `Exposition.failures`.
public struct MergedRegistries: ExpositionSource {
    private let registries: [MetricRegistry]

    /// The given registries, the more important first.
    public init(_ registries: MetricRegistry...) {
        self.registries = registries
    }

    /// The given registries, the more important first.
    public init(_ registries: [MetricRegistry]) {
        self.registries = registries
    }

    /// The metrics of all registries as they are now.
    public func expose(accept: String? = nil, only names: Set<String> = []) -> Exposition {
        MetricRegistry.expose(registries, accept: accept, only: names)
    }
}

/// The answer to a scrape.
///
/// ```swift
/// let answer: Exposition = registry.expose()
/// for failure in answer.failures { print("missing:", failure) }
/// ```
public struct Exposition: Sendable {
    /// The `Content-Type` header that belongs to the body.
    public var contentType: String
    /// The body.
    public var body: [UInt8]
    /// What went wrong in collectors and in merging, and is therefore missing in the body.
    public var failures: [String]
}
