import ApusBytes
import ApusExposition
package import ApusModel
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
    private let exposesCreatedSamples: Bool
    /// Tells when instruments are made, and time to those that forget.
    let clock: any WallClock
    private let state = Mutex(State())
    /// The size of the last exposition, a good guess for the next.
    private let lastSize = Atomic<Int>(4_096)

    /// A registry without metrics.
    public init() {
        constantLabels = []
        exposesCreatedSamples = false
        clock = SystemWallClock()
    }

    /// A registry whose instruments see the time of the given clock, for tests.
    package init(clock: any WallClock, exposesCreatedSamples: Bool = false) {
        constantLabels = []
        self.exposesCreatedSamples = exposesCreatedSamples
        self.clock = clock
    }

    /// The registry that all parts of a program can share, with the metrics of the process and of the Swift runtime.
    ///
    /// ```swift
    /// let served = try MetricRegistry.default.counter("served_total", help: "Requests served.")
    /// ```
    ///
    /// For programs; a library takes a registry as a parameter, so that its users and its tests can have their own.
    public static let `default`: MetricRegistry = {
        let registry = MetricRegistry()
        do {
            try registry.register(ProcessCollector())
            try registry.register(RuntimeCollector())
        } catch {
            preconditionFailure("The collectors of this library have one name twice: \(error)")
        }
        return registry
    }()

    /// A registry that adds the given labels to every series.
    ///
    /// ```swift
    /// let registry = try MetricRegistry(constantLabels: ["hostname": "web-1"])
    /// ```
    ///
    /// - Parameters:
    ///   - constantLabels: Names and values; an empty value leaves the label out.
    ///   - exposesCreatedSamples: Whether OpenMetrics text tells in a `_created` sample per series when it began to count.
    ///     Protocol buffers always carry the time. Off as in other libraries: servers store the samples as series.
    /// - Throws: `MetricError.invalidLabelName` when a name is empty, reserved or given twice.
    public init(
        constantLabels: MetricLabels, exposesCreatedSamples: Bool = false
    ) throws(MetricError) {
        let probe = MetricDescriptor(.gauge, "constant_labels", help: "", constantLabels: constantLabels)
        try probe.check(constantLabels: [])
        self.constantLabels = constantLabels.labels
        self.exposesCreatedSamples = exposesCreatedSamples
        clock = SystemWallClock()
    }

    /// The labels that every series gets.
    var everySeriesLabels: [Label] { constantLabels }

    /// Registers a collector, whose families are then part of every exposition.
    ///
    /// - Throws: `MetricError` when a family's name is taken or not valid; then none of the families is registered.
    public func register(_ collector: some Collector) throws(MetricError) {
        let families = collector.families
        for family in families {
            if family.kind == .stateSet { throw .wrongKind(metric: family.name) }
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
    /// ```swift
    /// _ = try registry.gauge("old_level", help: "Level.")
    /// registry.unregister("old_level")
    /// ```
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
    ///
    /// - Parameters:
    ///   - accept: The scraper's `Accept` header: text 0.0.4 and 1.0.0, OpenMetrics 0.0.1 and 1.0.0 and protocol buffers are
    ///     written, UTF-8 names escaped as asked. Classic text when it is `nil` or asks for nothing of these.
    ///   - names: The families to expose, by name; all when there are none.
    public func expose(accept: String? = nil, only names: Set<String> = []) -> Exposition {
        Self.expose([self], accept: accept, only: names)
    }

    /// Takes every instrument back to what it was when it was made, for tests that share a registry.
    ///
    /// ```swift
    /// registry.reset()
    /// ```
    ///
    /// Families, labels and collectors stay.
    public func reset() {
        for case .family(let family) in state.withLock({ $0.sources }) { (family as? ChildTable)?.resetChildren() }
    }

    /// The metrics of several registries in one exposition.
    static func expose(_ registries: [MetricRegistry], accept: String?, only names: Set<String>) -> Exposition {
        let mediaType = ExpositionMediaType.negotiated(accept: accept)
        var families: [any ExposedFamily] = []
        var failures: [String] = []
        for registry in registries {
            let gathered = registry.gather(failures: &failures)
            families += names.isEmpty ? gathered : gathered.filter { names.contains($0.descriptor.name) }
        }
        families.sort { first, second in
            let (a, b) = (first.nameBytes, second.nameBytes)
            return compareBytes(a.span, b.span) < 0
        }
        let lastSize = registries.reduce(0) { $0 + $1.lastSize.load(ordering: .relaxed) }
        var pass = ExpositionPass(
            mediaType, capacity: lastSize * 9 / 8,
            writesCreated: registries.contains { $0.exposesCreatedSamples })
        var start = 0
        while start < families.count {
            var end = start + 1
            while end < families.count, families[end].nameBytes == families[start].nameBytes { end += 1 }
            pass.next(sourceCount: end - start)
            families[start].write(into: &pass)
            if end - start > 1 {
                let first = families[start].descriptor
                for family in families[(start + 1)..<end] {
                    if family.descriptor.isOneFamily(with: first) {
                        family.write(into: &pass)
                    } else {
                        failures.append(MetricError.conflictingFamilies(first.name).description)
                    }
                }
                if pass.hasDuplicates { failures.append(MetricError.duplicateSample(metric: first.name).description) }
            }
            start = end
        }
        failures += pass.failures
        let body = pass.writer.finish()
        if registries.count == 1, names.isEmpty { registries[0].lastSize.store(body.count, ordering: .relaxed) }
        return Exposition(contentType: mediaType.contentType, body: body, failures: failures)
    }

    /// The families as they are now, those of collectors with their values.
    private func gather(failures: inout [String]) -> [any ExposedFamily] {
        let (sources, collectors) = state.withLock { ($0.sources, $0.collectors) }
        var families: [any ExposedFamily] = []
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
        return families
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
        // All or none: the names of a collector's families are looked at before one of them is taken.
        var taken: [String: String] = [:]
        for family in families {
            let names = family.reservedNames
            guard names.allSatisfy({ state.reserved[$0] == nil && taken[$0] == nil }) else {
                throw .duplicateName(family.name)
            }
            for name in names { taken[name] = family.name }
        }
        for (name, family) in taken { state.reserved[name] = family }
    }
}
