import ApusExposition
import ApusModel
import Synchronization

/// Holds the metrics of a program and exposes them to scrapers.
///
/// ```swift
/// let registry = MetricRegistry()
/// let started = try registry.counter("jobs_started_total", help: "Jobs that were started.")
/// started.increment()
/// let answer = registry.expose(accept: request.headers["Accept"])
/// // answer.contentType, answer.body
/// ```
///
/// Every method may be called from any thread.
public final class MetricRegistry: Sendable {
    private enum Source {
        case family(any ExposedFamily)
        case collector(number: Int)
    }

    private struct State {
        var sources: [Source] = []
        var collectors: [Int: any Collector] = [:]
        var nextCollector = 0
        /// The names of families and samples that are taken, with the name of the family that took them.
        var reserved: [String: String] = [:]
    }

    private let constantLabels: [Label]
    private let state = Mutex(State())
    /// The size of the last exposition, a good guess for the next.
    private let lastSize = Atomic<Int>(4_096)

    /// A registry without metrics.
    public init() {
        constantLabels = []
    }

    /// A registry that adds the given labels to every series.
    ///
    /// - Throws: `MetricError.invalidLabelName` when a name is empty, reserved or given twice.
    public init(constantLabels: KeyValuePairs<String, String>) throws(MetricError) {
        let names = constantLabels.map(\.key)
        let probe = MetricDescriptor(.gauge, "constant_labels", help: "", labelNames: names)
        try probe.check(constantLabels: [])
        self.constantLabels = constantLabels.map { Label(name: $0.key, value: $0.value) }
    }

    /// The labels that every series gets.
    var everySeriesLabels: [Label] { constantLabels }

    /// Registers a collector, whose families are then part of every exposition.
    ///
    /// - Throws: `MetricError` when a family's name is taken or not valid; then none of the families is registered.
    public func register(_ collector: some Collector) throws(MetricError) {
        let families = collector.families
        for family in families {
            if family.kind == .histogram { throw .histogramInCollector(family.name) }
            try family.check(constantLabels: constantLabels)
        }
        try state.withLock { state throws(MetricError) in
            let number = state.nextCollector
            try Self.reserve(families, in: &state)
            state.nextCollector += 1
            state.collectors[number] = collector
            state.sources.append(.collector(number: number))
        }
    }

    /// Takes the family of the given name, as it was registered, out of the exposition and frees its name.
    ///
    /// For a family of a collector, the whole collector goes.
    ///
    /// - Returns: Whether there was such a family.
    @discardableResult
    public func unregister(_ name: String) -> Bool {
        state.withLock { state in
            let position = state.sources.firstIndex { source in
                switch source {
                case .family(let family): family.descriptor.name == name
                case .collector(let number): state.collectors[number]?.families.contains { $0.name == name } ?? false
                }
            }
            guard let position else { return false }
            var names: Set<String> = [name]
            if case .collector(let number) = state.sources[position] {
                names.formUnion(state.collectors.removeValue(forKey: number)?.families.map(\.name) ?? [])
            }
            state.sources.remove(at: position)
            state.reserved = state.reserved.filter { !names.contains($0.value) }
            return true
        }
    }

    /// All metrics as they are now, in the format that suits the `Accept` header best.
    ///
    /// Families are sorted by name and series by labels. A collector that fails is left out and named in `failures`.
    public func expose(accept: String? = nil) -> Exposition {
        let mediaType = ExpositionMediaType.negotiated(accept: accept)
        let (sources, collectors) = state.withLock { ($0.sources, $0.collectors) }
        var families: [any ExposedFamily] = []
        var failures: [String] = []
        for source in sources {
            switch source {
            case .family(let family): families.append(family)
            case .collector(let number):
                guard let collector = collectors[number] else { continue }
                do {
                    families += try collect(collector)
                } catch {
                    failures.append(error.description)
                }
            }
        }
        families.sort { $0.descriptor.name.utf8.lexicographicallyPrecedes($1.descriptor.name.utf8) }
        var writer = ExpositionWriter(mediaType, capacity: lastSize.load(ordering: .relaxed) * 9 / 8)
        for family in families { family.write(into: &writer) }
        let body = writer.finish()
        lastSize.store(body.count, ordering: .relaxed)
        return Exposition(contentType: mediaType.contentType, body: body, failures: failures)
    }

    /// Registers a family; throws when a name is taken.
    func add(_ family: some ExposedFamily) throws(MetricError) {
        try family.descriptor.check(constantLabels: constantLabels)
        try state.withLock { state throws(MetricError) in
            try Self.reserve([family.descriptor], in: &state)
            state.sources.append(.family(family))
        }
    }

    private func collect(_ collector: any Collector) throws(MetricError) -> [CollectedFamily] {
        let families = collector.families
        var samples = CollectedSamples(families: families)
        try collector.collect(into: &samples)
        var result: [CollectedFamily] = []
        for (family, values) in zip(families, samples.samples) {
            result.append(try CollectedFamily(family, samples: values, constantLabels: constantLabels))
        }
        return result
    }

    private static func reserve(_ families: [MetricDescriptor], in state: inout State) throws(MetricError) {
        var reserved = state.reserved
        for family in families {
            let names = family.reservedNames
            guard names.allSatisfy({ reserved[$0] == nil }) else { throw .duplicateName(family.name) }
            for name in names { reserved[name] = family.name }
        }
        state.reserved = reserved
    }
}

/// The answer to a scrape.
public struct Exposition: Sendable {
    /// The `Content-Type` header that belongs to the body.
    public var contentType: String
    /// The body.
    public var body: [UInt8]
    /// What went wrong in collectors, whose families are missing in the body.
    public var failures: [String]
}
