public import ApusClient
public import CoreMetrics
import Synchronization

/// Makes what libraries measure with swift-metrics part of a registry.
///
/// ```swift
/// let registry = MetricRegistry()
/// MetricsSystem.bootstrap(RegistryMetricsFactory(registry: registry))
/// ```
///
/// Instruments can also be made with it directly:
///
/// ```swift
/// let counter = Counter(label: "cache.hits", dimensions: [("cache", "pages")], factory: factory)
/// counter.increment()
/// ```
///
/// Counters become counters; meters, gauges and recorders that do not aggregate become gauges; recorders and timers become
/// histograms, timers in seconds. Instruments of one name may have different dimensions. Two libraries that use one name for
/// different types, or a name that the registry has already, do not stop the program: the later instrument works and is not
/// exposed, and `problems` says so.
public final class RegistryMetricsFactory: MetricsFactory {
    private enum Family {
        case counters(OpenFamily<ApusClient.Counter>)
        case gauges(OpenFamily<ApusClient.Gauge>)
        case histograms(OpenFamily<Histogram>)
    }

    private struct Key: Hashable {
        var kind: InstrumentKind
        var label: String
        var dimensions: [String]
    }

    private struct State {
        var families: [String: Family] = [:]
        /// Handlers that were handed out: libraries make the same instrument again and again.
        var handlers: [Key: any RegistryHandler] = [:]
        var problems: [String] = []
    }

    private let registry: MetricRegistry
    private let options: MetricsBackendOptions
    private let state = Mutex(State())

    private static let maximumProblems = 100

    /// A factory whose instruments are exposed by the given registry.
    public init(registry: MetricRegistry, options: MetricsBackendOptions = MetricsBackendOptions()) {
        self.registry = registry
        self.options = options
    }

    /// Why instruments are not exposed, the first hundred reasons.
    ///
    /// ```swift
    /// for problem in factory.problems { print(problem) }
    /// ```
    public var problems: [String] { state.withLock { $0.problems } }

    /// Makes a counter.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        handler(.counter, label, dimensions) { RegistryCounter($0, counter: self.counter($0)) }
    }

    /// Makes a counter of amounts that need not be whole.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        handler(.floatingPointCounter, label, dimensions) { RegistryFloatCounter($0, counter: self.counter($0)) }
    }

    /// Makes a meter.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        handler(.meter, label, dimensions) { RegistryMeter($0, gauge: self.gauge($0)) }
    }

    /// Makes a recorder: a histogram when it aggregates, a gauge otherwise.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate {
            return handler(.recorder, label, dimensions) { identity in
                RegistryRecorder(identity, histogram: self.histogram(identity, self.options.recorderBuckets))
            }
        }
        return handler(.gauge, label, dimensions) { RegistryGaugeRecorder($0, gauge: self.gauge($0)) }
    }

    /// Makes a timer: a histogram in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        handler(.timer, label, dimensions) { identity in
            RegistryTimer(identity, histogram: self.histogram(identity, self.options.timerBuckets))
        }
    }

    /// Takes a counter out of the exposition.
    public func destroyCounter(_ handler: any CounterHandler) { destroy(handler) }

    /// Takes a counter out of the exposition.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { destroy(handler) }

    /// Takes a meter out of the exposition.
    public func destroyMeter(_ handler: any MeterHandler) { destroy(handler) }

    /// Takes a recorder out of the exposition.
    public func destroyRecorder(_ handler: any RecorderHandler) { destroy(handler) }

    /// Takes a timer out of the exposition.
    public func destroyTimer(_ handler: any TimerHandler) { destroy(handler) }

    // MARK: - Handlers

    private func handler<Handler: RegistryHandler>(
        _ kind: InstrumentKind, _ label: String, _ dimensions: [(String, String)],
        make: (InstrumentIdentity) -> Handler
    ) -> Handler {
        let key = Key(kind: kind, label: label, dimensions: dimensions.flatMap { [$0.0, $0.1] })
        if let known = state.withLock({ $0.handlers[key] }) as? Handler { return known }
        let identity = InstrumentIdentity(kind: kind, label: label, dimensions: dimensions, options: options)
        let made = make(identity)
        return state.withLock { state in
            // Another thread may have made it meanwhile, on the same instrument.
            if let known = state.handlers[key] as? Handler { return known }
            state.handlers[key] = made
            return made
        }
    }

    private func destroy(_ handler: AnyObject) {
        guard let handler = handler as? any RegistryHandler else { return }
        let identity = handler.identity
        let key = Key(
            kind: identity.kind, label: identity.label, dimensions: identity.dimensions.flatMap { [$0.0, $0.1] })
        let family = state.withLock { state -> Family? in
            guard state.handlers[key] === handler else { return nil }
            state.handlers[key] = nil
            return state.families[identity.name]
        }
        switch family {
        case .counters(let family): family.remove(identity.labels)
        case .gauges(let family): family.remove(identity.labels)
        case .histograms(let family): family.remove(identity.labels)
        case nil: break
        }
    }

    // MARK: - Instruments

    private func counter(_ identity: InstrumentIdentity) -> ApusClient.Counter {
        let family = family(identity) { () throws(MetricError) in
            .counters(try self.registry.openCounters(identity.descriptor(.counter)))
        }
        if case .counters(let family) = family { return family.child(identity.labels) }
        noteConflict(identity)
        return .unregistered()
    }

    private func gauge(_ identity: InstrumentIdentity) -> ApusClient.Gauge {
        let family = family(identity) { () throws(MetricError) in
            .gauges(try self.registry.openGauges(identity.descriptor(.gauge)))
        }
        if case .gauges(let family) = family { return family.child(identity.labels) }
        noteConflict(identity)
        return .unregistered()
    }

    private func histogram(_ identity: InstrumentIdentity, _ buckets: HistogramBuckets?) -> Histogram {
        let native = options.native ?? (buckets == nil ? NativeBuckets() : nil)
        let family = family(identity) { () throws(MetricError) in
            .histograms(
                try self.registry.openHistograms(identity.descriptor(.histogram), buckets: buckets, native: native))
        }
        if case .histograms(let family) = family { return family.child(identity.labels) }
        noteConflict(identity)
        return .unregistered()
    }

    private func family(_ identity: InstrumentIdentity, make: () throws(MetricError) -> Family) -> Family? {
        state.withLock { state in
            if let known = state.families[identity.name] { return known }
            do throws(MetricError) {
                let made = try make()
                state.families[identity.name] = made
                return made
            } catch {
                Self.note(error.description, &state)
                return nil
            }
        }
    }

    /// Notes that an instrument is not exposed because its name is taken.
    private func noteConflict(_ identity: InstrumentIdentity) {
        state.withLock { state in
            Self.note("\"\(identity.label)\" is not exposed: \"\(identity.name)\" is something else already", &state)
        }
    }

    private static func note(_ problem: String, _ state: inout State) {
        if state.problems.count < maximumProblems, !state.problems.contains(problem) { state.problems.append(problem) }
    }
}
