package import ApusModel
import Synchronization

/// The containers of an engine, kept true by its events.
///
/// `run()` lists and inspects all once and then follows the engine's events: a container is inspected again when
/// something happened to it, and never for a scrape. When the stream breaks, everything is listed anew.
package final class ContainerDirectory: Sendable {
    /// A container with a number that changes with what is known of it.
    struct Entry: Sendable {
        var facts: ContainerFacts
        var revision: UInt64
        /// Times that the engine told of a process killed for memory.
        var outOfMemoryCount: UInt64
    }

    /// All that is known at one moment.
    struct Snapshot: Sendable {
        /// Sorted by name.
        var entries: [Entry] = []
        /// A number that changes with the entries.
        var generation: UInt64 = 0
        var images: [String: ImageFacts] = [:]
        var sizes: [String: ContainerSizes] = [:]
        var engine = EngineFacts()
        var isConnected = false
        /// Containers beyond the limit, of which nothing is told.
        var leftOutCount = 0
        /// Why the engine could not be asked last.
        var failure: ExporterError?
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var snapshot = Snapshot()
        var isStale = true
        var revision: UInt64 = 0
        /// When the last event happened, in the engine's time.
        var lastEvent: Int64?
        /// Events up to this time may have been told before.
        var repetitionEnd: Int64 = .min
    }

    private static let firstWait: Int64 = 1_000
    private static let longestWait: Int64 = 30_000
    /// Inspections at one time.
    private static let parallelism = 4

    /// What happened.
    package let log: ContainerEventLog
    let client: EngineClient
    private let settings: ContainerSettings
    private let state = Mutex(State())
    private let clock: any WallClock

    /// A directory that knows nothing before `run()`.
    package init(
        transport: any EngineTransport, settings: ContainerSettings = ContainerSettings(),
        log: ContainerEventLog = ContainerEventLog(), clock: any WallClock = SystemWallClock()
    ) {
        client = EngineClient(transport: transport)
        self.settings = settings
        self.log = log
        self.clock = clock
    }

    /// What is known now.
    var snapshot: Snapshot {
        state.withLock { state in
            if state.isStale {
                state.snapshot.entries = state.entries.values.sorted {
                    ($0.facts.name, $0.facts.id) < ($1.facts.name, $1.facts.id)
                }
                state.snapshot.generation &+= 1
                state.isStale = false
            }
            return state.snapshot
        }
    }

    /// The containers as the engine tells of them.
    package var containers: [ContainerFacts] { snapshot.entries.map(\.facts) }

    /// Whether the engine answers and tells what happens.
    package var isConnected: Bool { state.withLock { $0.snapshot.isConnected } }

    /// Why the engine could not be asked last; `nil` where all went well since it was reached.
    package var failure: String? { state.withLock { $0.snapshot.failure?.description } }

    /// Follows the engine until the task is cancelled; waits and tries again where it does not answer.
    package func run() async {
        var wait = Self.firstWait
        while !Task.isCancelled {
            do throws(ExporterError) {
                try await follow()
                wait = Self.firstWait
            } catch {
                note(failure: error)
            }
            if state.withLock({ $0.snapshot.isConnected }) { wait = Self.firstWait }
            state.withLock { $0.snapshot.isConnected = false }
            do { try await Task.sleep(for: .milliseconds(wait)) } catch { return }
            wait = min(wait * 2, Self.longestWait)
        }
    }

    /// Lists everything and then takes events until the stream ends.
    private func follow() async throws(ExporterError) {
        // Events that come while containers are listed are told again from this second on, and after a broken connection from
        // the last one on, so that none is missed; engines remember some hundred.
        let now = clock.now()
        let start = state.withLock { state in
            state.repetitionEnd = max(now, state.lastEvent ?? .min)
            return (state.lastEvent ?? now) / 1_000
        }
        try await synchronize()
        try await withThrowing { [self] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [self] in
                    try await client.events(since: start) { [self] event in await take(event) }
                }
                if settings.sizeInterval > 0 {
                    group.addTask { [self] in try await measureSizes() }
                }
                // The stream ends when the engine does.
                try await group.next()
                group.cancelAll()
            }
        }
    }

    private func withThrowing(_ work: () async throws -> Void) async throws(ExporterError) {
        do {
            try await work()
        } catch let error as ExporterError {
            throw error
        } catch {
            throw .engine(path: "/events", reason: "\(error)")
        }
    }

    /// Lists and inspects everything.
    func synchronize() async throws(ExporterError) {
        let engine = try await client.version()
        let ids = try await client.containerIDs()
        let images = await images()
        let wanted = Array(ids.prefix(settings.maximumContainers))
        let client = client
        let found = await withTaskGroup(of: Result<ContainerFacts, ExporterError>.self) { group in
            var found: [ContainerFacts] = []
            var next = 0
            while next < wanted.count || !group.isEmpty {
                while next < wanted.count, next < found.count + Self.parallelism || group.isEmpty {
                    let id = wanted[next]
                    next += 1
                    group.addTask {
                        do throws(ExporterError) {
                            return .success(try await client.inspect(id))
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                // One that went away meanwhile is none.
                if case .success(let facts)? = await group.next() { found.append(facts) }
            }
            return found
        }
        state.withLock { state in
            var entries: [String: Entry] = [:]
            for facts in found {
                let known = state.entries[facts.id]
                entries[facts.id] = makeEntry(facts, known: known, in: &state)
            }
            state.entries = entries
            if let images { state.snapshot.images = images }
            state.snapshot.engine = engine
            state.snapshot.leftOutCount = max(0, ids.count - settings.maximumContainers)
            state.snapshot.isConnected = true
            if images != nil { state.snapshot.failure = nil }
            state.isStale = true
        }
    }

    /// The images by id; `nil` where the engine does not tell, as some that stand before its socket forbid it: containers are
    /// known without.
    private func images() async -> [String: ImageFacts]? {
        do throws(ExporterError) {
            return try await client.images()
        } catch {
            note(failure: error)
            return nil
        }
    }

    private func makeEntry(_ facts: ContainerFacts, known: Entry?, in state: inout State) -> Entry {
        if let known, known.facts == facts { return known }
        state.revision += 1
        return Entry(facts: facts, revision: state.revision, outOfMemoryCount: known?.outOfMemoryCount ?? 0)
    }

    /// Takes one event: counts it, and looks at the container again.
    func take(_ event: ContainerEvent) async {
        let mayBeKnown = state.withLock { state in
            state.lastEvent = max(state.lastEvent ?? .min, event.time)
            return event.time <= state.repetitionEnd
        }
        if mayBeKnown, log.events(from: event.time, to: event.time).contains(event) { return }
        log.append(event)
        if event.action == .destroy {
            state.withLock { state in
                let isTold = state.entries.removeValue(forKey: event.id) != nil
                if !isTold { state.snapshot.leftOutCount = max(0, state.snapshot.leftOutCount - 1) }
                state.isStale = true
            }
            return
        }
        if event.action == .oom {
            state.withLock { state in
                state.entries[event.id]?.outOfMemoryCount += 1
                state.isStale = true
            }
        }
        // A signal changes nothing by itself.
        if event.action == .kill { return }
        do throws(ExporterError) {
            let facts = try await client.inspect(event.id)
            let isNew = state.withLock { state in
                let known = state.entries[event.id]
                guard known != nil || state.entries.count < settings.maximumContainers else {
                    if event.action == .create { state.snapshot.leftOutCount += 1 }
                    return false
                }
                state.entries[event.id] = makeEntry(facts, known: known, in: &state)
                state.isStale = true
                return known == nil && state.snapshot.images[facts.imageID] == nil
            }
            if isNew, let images = await images() { state.withLock { $0.snapshot.images = images } }
        } catch {
            // It is gone again, of which an event tells, or the engine is: then the stream ends and all is listed anew.
            note(failure: error)
        }
    }

    private func measureSizes() async throws {
        while true {
            do throws(ExporterError) {
                let sizes = try await client.sizes()
                state.withLock { $0.snapshot.sizes = sizes }
            } catch {
                note(failure: error)
            }
            try await Task.sleep(for: .milliseconds(settings.sizeInterval))
        }
    }

    private func note(failure: ExporterError) {
        state.withLock { $0.snapshot.failure = failure }
    }
}
