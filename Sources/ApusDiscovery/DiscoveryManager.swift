import ApusClient
package import ApusConfig

/// Runs the discoverers of a configuration's jobs, merges what they find, and passes it on job by job.
///
/// A new configuration takes effect as a whole: discoverers whose sections did not change go on undisturbed, others are
/// replaced, and a replaced one's targets stay until its successor has told its own.
package actor DiscoveryManager {
    /// Takes all groups of a job after a change.
    package typealias Update = @Sendable (_ job: String, _ groups: [TargetGroup]) async -> Void
    /// Takes failures, for the log.
    package typealias FailureReport = @Sendable (_ job: String, _ mechanism: String, DiscoveryFailure) -> Void
    /// Makes the discoverer of a section; `nil` for a mechanism that is not run.
    package typealias Factory = @Sendable (DiscoveryConfiguration) -> (any Discoverer)?

    /// A section of a job; equal sections of one job share a discoverer.
    private struct Key: Hashable {
        let job: String
        let configuration: DiscoveryConfiguration

        /// Whether this finds targets of the same job by the same mechanism as `other` did.
        func succeeds(_ other: Key) -> Bool {
            job == other.job && configuration.mechanism == other.configuration.mechanism
        }
    }

    private struct Provider {
        let number: Int
        let task: Task<Void, Never>
        var groups: [TargetGroup] = []
        var isKnown = false
        var lastFailure: DiscoveryFailure?
    }

    private let name: String
    private let metrics: DiscoveryMetrics
    private let factory: Factory
    private let update: Update
    private let reportFailure: FailureReport
    private var jobs: [String: [Key]] = [:]
    private var providers: [Key: Provider] = [:]
    private var nextNumber = 0
    private var isStopped = false
    private var throttle: UpdateThrottle
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    /// A manager without jobs; `run` must run for updates to be passed on.
    ///
    /// - Parameter interval: changes are passed on at most this often.
    package init(
        name: String = "scrape", metrics: DiscoveryMetrics, interval: Duration = .seconds(5), factory: Factory? = nil,
        reportFailure: @escaping FailureReport, update: @escaping Update
    ) {
        self.name = name
        self.metrics = metrics
        self.factory = factory ?? { Self.makeDiscoverer($0, metrics: metrics) }
        self.update = update
        self.reportFailure = reportFailure
        throttle = UpdateThrottle(interval: interval)
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The discoverers of this version.
    package static func makeDiscoverer(
        _ configuration: DiscoveryConfiguration, metrics: DiscoveryMetrics
    ) -> (any Discoverer)? {
        switch configuration {
        case .fixed(let groups): StaticDiscoverer(groups)
        case .answering(let groups): AnsweringDiscoverer(groups)
        case .files(let files): FileDiscoverer(files, metrics: metrics)
        case .dns(let dns): DNSDiscoverer(dns, metrics: metrics)
        case .retained: nil
        }
    }

    // MARK: - Configuration

    /// Replaces all jobs.
    package func apply(_ configurations: [ScrapeConfiguration]) {
        guard !isStopped else { return }
        var newJobs: [String: [Key]] = [:]
        for configuration in configurations {
            newJobs[configuration.jobName] = configuration.discovery.map {
                Key(job: configuration.jobName, configuration: $0)
            }
        }
        let wanted = Set(newJobs.values.joined())
        let removed = providers.filter { !wanted.contains($0.key) }
        for (key, provider) in removed {
            provider.task.cancel()
            providers[key] = nil
        }
        var started: Set<Key> = []
        for job in newJobs.keys.sorted() {
            for key in newJobs[job] ?? [] where providers[key] == nil && start(key, replacing: removed) {
                started.insert(key)
            }
        }
        for job in Set(removed.keys.map(\.job)) { countTargets(of: job) }
        for job in jobs.keys where newJobs[job] == nil {
            throttle.forget(job)
            metrics.discoveredTargets.remove([name, job])
        }
        for (job, keys) in newJobs where keys != jobs[job] {
            // A started discoverer tells soon; what nobody takes over must go now.
            let isAwaited = keys.contains { started.contains($0) }
            let hasLost = removed.contains { lost in
                lost.key.job == job && !lost.value.groups.isEmpty && !started.contains { $0.succeeds(lost.key) }
            }
            if !isAwaited || hasLost { noteChange(of: job) }
        }
        jobs = newJobs
    }

    /// Starts the discoverer of a section; `false` when there is none for it.
    private func start(_ key: Key, replacing removed: [Key: Provider]) -> Bool {
        guard let discoverer = factory(key.configuration) else { return false }
        nextNumber += 1
        let number = nextNumber
        let task = Task(name: "discovery \(key.configuration.mechanism) \(key.job)") { [weak self] in
            await discoverer.run { [weak self] event in
                await self?.take(event, from: key, number: number)
            }
        }
        var provider = Provider(number: number, task: task)
        // Of several sections of one mechanism the predecessor is unknown; the same targets twice do no harm.
        let predecessors = removed.filter { key.succeeds($0.key) }
        provider.groups = predecessors.sorted { $0.value.number < $1.value.number }.flatMap(\.value.groups)
        providers[key] = provider
        return true
    }

    private func take(_ event: DiscoveryEvent, from key: Key, number: Int) {
        // One that was replaced may still have something to say.
        guard var provider = providers[key], provider.number == number else { return }
        metrics.receivedUpdates[name].increment()
        switch event {
        case .groups(let groups):
            provider.groups = groups
            provider.isKnown = true
            provider.lastFailure = nil
            providers[key] = provider
            countTargets(of: key.job)
            noteChange(of: key.job)
        case .failure(let failure):
            provider.lastFailure = failure
            providers[key] = provider
            reportFailure(key.job, key.configuration.mechanism, failure)
        }
    }

    private func countTargets(of job: String) {
        let count = providers.filter { $0.key.job == job }
            .reduce(0) { $0 + $1.value.groups.reduce(0) { $0 + $1.targets.count } }
        metrics.discoveredTargets[name, job].set(Double(count))
    }

    // MARK: - Updates

    private func noteChange(of job: String) {
        if throttle.note(job, now: .now) { metrics.delayedUpdates[name].increment() }
        wakeUp.yield()
    }

    /// Passes on updates until the calling task is cancelled; then ends all discoverers and waits for them.
    package func run() async {
        await withDiscardingTaskGroup { group in
            var alarm: ContinuousClock.Instant?
            for await _ in wakeUps {
                for job in throttle.takeDue(now: .now) { await passOn(job) }
                if let set = alarm, set <= .now { alarm = nil }
                guard let due = throttle.nextDue, due < alarm ?? due + .seconds(1) else { continue }
                alarm = due
                group.addTask { [wakeUp] in
                    do {
                        try await Task.sleep(until: due, clock: .continuous)
                        wakeUp.yield()
                    } catch {
                        // Cancelled: nobody waits for the change any more.
                    }
                }
            }
            group.cancelAll()
        }
        await stop()
    }

    private func passOn(_ job: String) async {
        guard jobs[job] != nil else { return }
        metrics.updates[name].increment()
        await update(job, groups(of: job))
    }

    private func stop() async {
        isStopped = true
        let running = providers.values.map(\.task)
        for task in running { task.cancel() }
        for task in running { await task.value }
    }

    /// All groups of a job, with sources that are unique within it.
    private func groups(of job: String) -> [TargetGroup] {
        (jobs[job] ?? []).enumerated().flatMap { index, key in
            (providers[key]?.groups ?? []).map { group in
                var group = group
                group.source = "\(key.configuration.mechanism)/\(index)/\(group.source)"
                return group
            }
        }
    }

    // MARK: - Status

    /// How each section is doing, in the order of jobs' names.
    package func status() -> [DiscoveryStatus] {
        jobs.keys.sorted().flatMap { job in
            (jobs[job] ?? []).compactMap { key in
                providers[key].map { provider in
                    DiscoveryStatus(
                        job: job, mechanism: key.configuration.mechanism,
                        targetCount: provider.groups.reduce(0) { $0 + $1.targets.count }, isKnown: provider.isKnown,
                        lastFailure: provider.lastFailure)
                }
            }
        }
    }
}
