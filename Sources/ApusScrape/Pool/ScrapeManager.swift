package import ApusClient
package import ApusConfig
package import ApusHTTP
package import ApusModel
package import Logging

/// Scrapes the targets of all jobs: takes configurations and discovered targets, gives account of both.
///
/// An actor for life cycles only: no sample passes through it. A new configuration is taken whole or not at all.
package actor ScrapeManager {
    private let environment: ScrapeEnvironment
    private var pools: [String: ScrapePool] = [:]
    /// The order of the jobs in the configuration.
    private var order: [String] = []
    /// Pools of jobs that are gone, whose series are yet to end.
    private var endingPools: [ScrapePool] = []
    private var fetchers: [HTTPClientOptions: HTTPFetcher] = [:]
    /// Clients that no job has any more, but a scrape under way may.
    private var retiredFetchers: [HTTPFetcher] = []
    private var isClosed = false
    private var runner: CheckedContinuation<Void, Never>?

    /// A manager without jobs.
    ///
    /// - Parameter localTargets: what is taken without a connection, by the URL under which a job names it.
    /// - Throws: when no thread can be started, or the registry has one of the metrics already.
    package init(
        store: any Appendable, registry: MetricRegistry, logger: Logger, options: ScrapeOptions = ScrapeOptions(),
        localTargets: [String: any LocalTarget] = [:], clock: any WallClock = SystemWallClock()
    ) throws {
        let workers = try ScrapeWorkers(threadCount: options.workerThreads)
        environment = ScrapeEnvironment(
            store: store, workers: workers, scratches: ScratchPool(count: workers.threadCount),
            metrics: try ScrapeMetrics(registry: registry), families: FamilyTable(), clock: clock, options: options,
            localTargets: localTargets, logger: logger)
    }

    /// Takes over a configuration.
    ///
    /// Jobs that are as before go on undisturbed, changed ones continue their targets under the new rules, others end or
    /// begin. A new job has no targets before `update` brings them. Calls come one after another.
    ///
    /// - Throws: when a certificate or key of a job cannot be used; then everything stays as it was.
    package func apply(_ jobs: [ScrapeConfiguration]) async throws(HTTPFetchError) {
        guard !isClosed else { return }
        let known = fetchers
        let options = environment.options
        let groups = pools.mapValues { KnownGroups(groups: $0.groups, revision: $0.revision) }
        // Reading certificates and relabelling thousands of targets is work for the threads.
        let prepared = await environment.workers.run {
            Self.prepare(jobs, fetchers: known, groups: groups, options: options)
        }
        let ready: [Prepared]
        do {
            ready = try prepared.get()
        } catch {
            environment.metrics.poolReloadsFailed.increment()
            throw error
        }
        guard !isClosed else { return }
        for job in commit(ready) {
            // Its targets changed while the old ones were relabelled.
            if let pool = pools[job] { await update(job: job, groups: pool.groups) }
        }
        await retireFetchers()
    }

    /// Takes over the whole list of a job's target groups, in place of the last one.
    ///
    /// Targets that are as before keep their loops; a job that is not configured is passed over. Of two calls for one job
    /// at the same time the later wins.
    package func update(job name: String, groups: [TargetGroup]) async {
        guard let pool = pools[name], !isClosed else { return }
        let start = ContinuousClock.now
        pool.revision += 1
        let revision = pool.revision
        pool.groups = groups
        let configuration = pool.job.configuration
        let outcomes = await environment.workers.run { ScrapePool.outcomes(of: groups, for: configuration) }
        // A later update, or a new configuration (which looked at these groups), is in charge now.
        guard !isClosed, pools[name] === pool, pool.revision == revision else { return }
        pool.sync(outcomes)
        environment.metrics.syncLength[name].observe(start.duration(to: .now))
        await retireFetchers()
    }

    /// Waits until the task is cancelled, then ends all loops without ending their series.
    package func run() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled || isClosed {
                    continuation.resume()
                } else {
                    runner = continuation
                }
            }
        } onCancel: {
            Task { await self.endRun() }
        }
        await shutDown()
    }

    /// Ends all loops now and closes all connections; the series stay as they are, as a restart will go on with them.
    package func shutDown() async {
        guard !isClosed else { return }
        isClosed = true
        endRun()
        for pool in Array(pools.values) + endingPools { await pool.cancel() }
        pools.removeAll()
        endingPools.removeAll()
        for fetcher in Array(fetchers.values) + retiredFetchers { await fetcher.shutDown() }
        fetchers.removeAll()
    }

    private func endRun() {
        runner?.resume()
        runner = nil
    }

    // MARK: - Looking

    /// The names of the jobs, in the order of the configuration.
    package var scrapePools: [String] { order }

    /// All targets as they are now.
    package func targets() -> TargetsSnapshot {
        var snapshot = TargetsSnapshot()
        for name in order { pools[name]?.describe(into: &snapshot) }
        return snapshot
    }

    /// What the targets say of their metrics.
    package func families() -> [TargetFamily] {
        order.flatMap { pools[$0]?.families() ?? [] }
    }

    // MARK: - Taking over

    private struct KnownGroups: Sendable {
        var groups: [TargetGroup] = []
        var revision = 0
    }

    private struct Prepared: Sendable {
        let job: JobSettings
        let options: HTTPClientOptions
        let revision: Int
        let outcomes: [TargetOutcome]
    }

    private static func prepare(
        _ jobs: [ScrapeConfiguration], fetchers: [HTTPClientOptions: HTTPFetcher], groups: [String: KnownGroups],
        options: ScrapeOptions
    ) -> Result<[Prepared], HTTPFetchError> {
        var fetchers = fetchers
        var result: [Prepared] = []
        for configuration in jobs {
            let clientOptions = HTTPClientOptions(configuration.http)
            let fetcher: HTTPFetcher
            do throws(HTTPFetchError) {
                fetcher =
                    if let known = fetchers[clientOptions] { known } else { try HTTPFetcher(options: clientOptions) }
            } catch {
                return .failure(error)
            }
            fetchers[clientOptions] = fetcher
            let known = groups[configuration.jobName] ?? KnownGroups()
            result.append(
                Prepared(
                    job: JobSettings(configuration, fetcher: fetcher, options: options), options: clientOptions,
                    revision: known.revision, outcomes: ScrapePool.outcomes(of: known.groups, for: configuration)))
        }
        return .success(result)
    }

    /// Makes the pools fit the configuration; gives the jobs whose targets are others than those that were relabelled.
    private func commit(_ ready: [Prepared]) -> [String] {
        var outdated: [String] = []
        let names = Set(ready.map(\.job.configuration.jobName))
        for (name, pool) in pools where !names.contains(name) {
            pool.stop()
            endingPools.append(pool)
            pools[name] = nil
        }
        for prepared in ready {
            let name = prepared.job.configuration.jobName
            if let pool = pools[name] {
                guard pool.fingerprint != JobFingerprint(prepared.job.configuration) else { continue }
                fetchers[prepared.options] = prepared.job.fetcher
                environment.metrics.poolReloads.increment()
                if pool.revision != prepared.revision { outdated.append(name) }
                pool.revision += 1
                pool.reload(prepared.job, outcomes: prepared.outcomes)
            } else {
                fetchers[prepared.options] = prepared.job.fetcher
                environment.metrics.poolsTotal.increment()
                pools[name] = ScrapePool(prepared.job, environment: environment)
            }
        }
        order = ready.map(\.job.configuration.jobName)
        return outdated
    }

    /// Closes the connections of options that no job has any more, once no loop can be using them.
    private func retireFetchers() async {
        endingPools.removeAll { !$0.isEnding }
        let used = Set(pools.values.map { ObjectIdentifier($0.job.fetcher) })
        for (options, fetcher) in fetchers where !used.contains(ObjectIdentifier(fetcher)) {
            fetchers[options] = nil
            retiredFetchers.append(fetcher)
        }
        guard !retiredFetchers.isEmpty, endingPools.isEmpty, pools.values.allSatisfy({ !$0.isEnding }) else { return }
        let retired = retiredFetchers
        retiredFetchers.removeAll()
        for fetcher in retired { await fetcher.shutDown() }
    }
}
