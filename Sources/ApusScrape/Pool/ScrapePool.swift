import ApusClient
import ApusConfig
import ApusModel
import Logging

/// The targets of one job and their loops; belongs to the manager and is only used there.
final class ScrapePool {
    /// What makes a target the same target: labels, address and rhythm.
    private struct Key: Hashable {
        let labels: LabelSet
        let url: String
        let interval: Int64
        let timeout: Int64

        init(_ target: ResolvedTarget) {
            labels = target.labels
            url = target.url
            interval = target.interval
            timeout = target.timeout
        }
    }

    private(set) var job: JobSettings
    private(set) var fingerprint: JobFingerprint
    /// What discovery gave last.
    var groups: [TargetGroup] = []
    /// Grows with every change of groups or configuration, so that work done for an older state is recognised.
    var revision = 0
    private let environment: ScrapeEnvironment
    private var loops: [Key: TargetLoop] = [:]
    /// Loops that were stopped and may still have staleness markers to write.
    private var endingLoops: [TargetLoop] = []
    private var dropped: [LabelSet] = []
    private var droppedCount = 0

    init(_ job: JobSettings, environment: ScrapeEnvironment) {
        self.job = job
        self.environment = environment
        fingerprint = JobFingerprint(job.configuration)
        environment.metrics.poolTargetLimit[name].set(Double(job.configuration.limits.targets))
    }

    /// The job's name.
    var name: String { job.configuration.jobName }

    /// The number of targets that are scraped.
    var targetCount: Int { loops.count }

    /// What relabelling makes of groups under this job; computes, so call it on a worker.
    static func outcomes(of groups: [TargetGroup], for configuration: ScrapeConfiguration) -> [TargetOutcome] {
        let builder = TargetBuilder(configuration)
        return groups.flatMap { builder.outcomes(of: $0) }
    }

    /// Makes the loops fit the outcomes: unchanged targets go on undisturbed, new ones start, others end.
    func sync(_ outcomes: [TargetOutcome]) {
        endingLoops.removeAll { $0.hasEnded }
        var wanted: Set<Key> = []
        dropped.removeAll()
        droppedCount = 0
        let keptLimit = Int(clamping: job.configuration.limits.keptDroppedTargets)
        for outcome in outcomes {
            switch outcome {
            case .active(let target):
                let key = Key(target)
                guard wanted.insert(key).inserted, loops[key] == nil else { continue }
                let loop = TargetLoop(
                    TargetScraper(target, job: job, environment: environment), environment: environment)
                loops[key] = loop
                loop.start()
            case .dropped(let labels):
                droppedCount += 1
                if keptLimit == 0 || dropped.count < keptLimit { dropped.append(labels) }
            case .failed(let labels, let error):
                environment.metrics.syncFailures[name].increment()
                environment.logger.error(
                    "a target cannot be scraped",
                    metadata: ["job": "\(name)", "target": "\(labels)", "error": "\(error)"])
            }
        }
        for (key, loop) in loops where !wanted.contains(key) {
            loop.stop(.marksSeries)
            endingLoops.append(loop)
            loops[key] = nil
        }
        applyTargetLimit()
        environment.metrics.poolSyncs[name].increment()
        environment.metrics.poolTargets[name].set(Double(loops.count))
    }

    /// Takes over another configuration of the job; every target goes on in a new loop, which begins when the old has
    /// ended.
    func reload(_ newJob: JobSettings, outcomes: [TargetOutcome]) {
        let keepsSeries =
            JobFingerprint.ofSeries(job.configuration) == JobFingerprint.ofSeries(newJob.configuration)
        job = newJob
        fingerprint = JobFingerprint(newJob.configuration)
        environment.metrics.poolTargetLimit[name].set(Double(newJob.configuration.limits.targets))
        var replaced: [Key: TargetLoop] = [:]
        for case .active(let target) in outcomes {
            let key = Key(target)
            guard replaced[key] == nil, let old = loops[key] else { continue }
            let scraper = TargetScraper(
                target, job: newJob, environment: environment, predecessor: keepsSeries ? old.scraper : nil)
            let loop = TargetLoop(scraper, environment: environment)
            old.stop(.leavesSeries)
            endingLoops.append(old)
            loop.start(after: old)
            replaced[key] = loop
        }
        loops.merge(replaced) { _, new in new }
        sync(outcomes)
    }

    /// Ends all loops; their series end after two intervals.
    func stop() {
        for loop in loops.values {
            loop.stop(.marksSeries)
            endingLoops.append(loop)
        }
        loops.removeAll()
        let metrics = environment.metrics
        let label: [1 of String] = [name]
        metrics.poolTargets.remove(label)
        metrics.poolTargetLimit.remove(label)
        metrics.poolSyncs.remove(label)
        metrics.syncFailures.remove(label)
        metrics.metadataEntries.remove(label)
        metrics.syncLength.remove(label)
    }

    /// Breaks off everything, because the server ends.
    func cancel() async {
        let all = Array(loops.values) + endingLoops
        for loop in all { loop.cancel() }
        for loop in all { await loop.waitUntilEnded() }
    }

    /// Whether loops are still ending after `stop()`.
    var isEnding: Bool {
        endingLoops.removeAll { $0.hasEnded }
        return !endingLoops.isEmpty
    }

    private func applyTargetLimit() {
        let limit = Int(clamping: job.configuration.limits.targets)
        let error: ScrapeError? =
            limit > 0 && loops.count > limit ? .targetLimit(count: loops.count, limit: limit) : nil
        if error != nil { environment.metrics.exceededTargetLimit.increment() }
        for loop in loops.values { loop.scraper.force(error) }
    }

    // MARK: - Looking

    /// Adds this job's targets to a snapshot.
    func describe(into snapshot: inout TargetsSnapshot) {
        var active = loops.values.map {
            ActiveTarget(scrapePool: name, target: $0.scraper.target, status: $0.scraper.status)
        }
        active.sort { $0.target.labels < $1.target.labels }
        snapshot.active += active
        snapshot.dropped += dropped.map { DroppedTarget(scrapePool: name, discoveredLabels: $0) }
        snapshot.droppedCounts[name] = droppedCount
    }

    /// The families of all targets.
    func families() -> [TargetFamily] {
        var count = 0
        let result = loops.values.flatMap { loop in
            let families = loop.scraper.families
            count += families.count
            return families.map { TargetFamily(target: loop.scraper.target.labels, family: $0) }
        }
        environment.metrics.metadataEntries[name].set(Double(count))
        return result
    }
}
