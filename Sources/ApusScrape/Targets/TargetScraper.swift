import ApusClient
import ApusConfig
import ApusExposition
import ApusHTTP
import ApusModel
import Logging
import Synchronization

/// Scrapes one target: fetches its body, stores what it exposes, remembers how it went.
final class TargetScraper: Sendable {
    let target: ResolvedTarget
    private let job: JobSettings
    private let environment: ScrapeEnvironment
    private let request: Result<FetchRequest, HTTPFetchError>
    /// What is asked in place of a server, where the target is within this process.
    private let local: LocalReader?
    private let histogramRules: HistogramRules
    private let series: SharedSeries
    private let state: Mutex<State>

    private struct State {
        var status = TargetStatus()
        var metadata = TargetMetadata()
        /// Set while the job has more targets than it may have: then nothing is fetched.
        var forcedError: ScrapeError?
        /// What a target within this process says beside its samples.
        var note = ""
    }

    /// What one loop can leave to the next.
    final class SharedSeries: Sendable {
        fileprivate let series: Mutex<TargetSeries>

        init(rules: SeriesRules) {
            series = Mutex(TargetSeries(rules: rules))
        }
    }

    /// - Parameter predecessor: the scraper of the same target under an earlier configuration, if its series go on.
    init(
        _ target: ResolvedTarget, job: JobSettings, environment: ScrapeEnvironment, predecessor: TargetScraper? = nil
    ) {
        self.target = target
        self.job = job
        self.environment = environment
        histogramRules = HistogramRules(job: job.configuration, target: target)
        local = environment.localTargets[target.url].map { LocalReader($0, url: target.url) }
        do throws(HTTPFetchError) {
            request = .success(try job.request(for: target))
        } catch {
            request = .failure(error)
        }
        var state = State()
        if let predecessor {
            series = predecessor.series
            let (status, metadata) = predecessor.state.withLock { ($0.status, $0.metadata) }
            state.status = status
            state.metadata = metadata
        } else {
            series = SharedSeries(rules: SeriesRules(job: job.configuration, labels: target.labels))
        }
        self.state = Mutex(state)
    }

    var status: TargetStatus { state.withLock { $0.status } }

    var families: [FamilyMetadata] { state.withLock { $0.metadata.families } }

    /// How many series are remembered from scrape to scrape; waits for a scrape that is being stored.
    var rememberedSeriesCount: Int { series.series.withLock { $0.rememberedCount } }

    /// Makes every scrape fail with `error`; `nil` lets them take place again.
    func force(_ error: ScrapeError?) {
        state.withLock { $0.forcedError = error }
    }

    /// Scrapes once and stores under `timestamp`.
    func scrape(timestamp: Int64) async {
        let begun = ContinuousClock.now
        let begunAt = environment.clock.now()
        let fetched: Result<FetchResponse, ScrapeError>
        if let forced = state.withLock({ $0.forcedError }) {
            fetched = .failure(forced)
        } else {
            fetched = await fetch()
        }
        // Half a scrape says nothing about the target.
        if Task.isCancelled { return }
        await environment.workers.run { [self] in
            process(fetched, timestamp: timestamp, begun: begun, begunAt: begunAt)
        }
    }

    /// Ends all series of the target.
    func endSeries(timestamp: Int64) async {
        await environment.workers.run { [self] in
            environment.scratches.withScratch { scratch in
                series.series.withLock { series in
                    scratch.reset(timestamp: timestamp)
                    series.stageMarkersForAll(in: &scratch)
                    var rejections = RejectionCounts()
                    do throws(ScrapeError) {
                        try stageAndCommit(nil, in: &scratch, series: &series, rejections: &rejections)
                    } catch {
                        log(error, "the series of a target could not be ended")
                    }
                }
            }
        }
    }

    private func fetch() async -> Result<FetchResponse, ScrapeError> {
        do throws(HTTPFetchError) {
            if let local {
                let answer = try await local.read(
                    accept: job.accept, timeout: target.timeout, bodyLimit: job.bodyLimit)
                state.withLock { $0.note = answer.note }
                return .success(
                    FetchResponse(status: 200, contentType: answer.contentType, isGzipped: false, body: answer.body))
            }
            let request = try request.get()
            return .success(
                try await job.fetcher.fetch(request, timeout: target.timeout, bodyLimit: job.bodyLimit))
        } catch {
            return .failure(error == .cancelled ? .cancelled : .fetch(error))
        }
    }

    // MARK: - On a worker

    private func process(
        _ fetched: Result<FetchResponse, ScrapeError>, timestamp: Int64, begun: ContinuousClock.Instant,
        begunAt: Int64
    ) {
        var report = ScrapeReport()
        var rejections = RejectionCounts()
        let failure: ScrapeError? = environment.scratches.withScratch { scratch in
            defer { scratch.trim() }
            return series.series.withLock { series in
                scratch.reset(timestamp: timestamp)
                var failure: ScrapeError?
                do throws(ScrapeError) {
                    try stage(
                        try fetched.get(), in: &scratch, series: &series, report: &report, rejections: &rejections)
                    state.withLock { $0.metadata.merge(scratch.scraped.metadata, sharing: environment.families) }
                    if !scratch.scraped.metadata.isEmpty { environment.store.remember(scratch.scraped.metadata) }
                    report.isUp = true
                } catch {
                    failure = error
                    if case .fetch(.bodyTooLarge) = error { report.bodySize = -1 }
                    scratch.reset(timestamp: timestamp)
                    series.stageMarkersForAll(in: &scratch)
                }
                report.duration = seconds(since: begun)
                do throws(ScrapeError) {
                    try stageAndCommit(report, in: &scratch, series: &series, rejections: &rejections)
                } catch {
                    log(error, "the samples of a scrape could not be stored")
                    failure = failure ?? error
                    storeFailure(&report, timestamp: timestamp, in: &scratch, series: &series)
                }
                return failure
            }
        }
        finish(failure, report: report, rejections: rejections, begunAt: begunAt, duration: seconds(since: begun))
    }

    private func stage(
        _ response: FetchResponse, in scratch: inout ScrapeScratch, series: inout TargetSeries,
        report: inout ScrapeReport, rejections: inout RejectionCounts
    ) throws(ScrapeError) {
        let format: ExpositionFormat
        do {
            format = try ExpositionFormat.answered(contentType: response.contentType, fallback: job.fallbackFormat)
        } catch {
            throw .contentType(error)
        }
        var body = response.body
        if response.isGzipped {
            do {
                body = try scratch.decoder.decompress(response.body.span, limit: job.bodyLimit)
            } catch {
                throw .fetch(error)
            }
        }
        report.bodySize = body.count
        try series.stage(
            body.span, format: format, histograms: histogramRules, now: environment.clock.now(), in: &scratch,
            store: environment.store, counting: &report, rejections: &rejections)
    }

    private func stageAndCommit(
        _ report: ScrapeReport?, in scratch: inout ScrapeScratch, series: inout TargetSeries,
        rejections: inout RejectionCounts
    ) throws(ScrapeError) {
        try series.stageSynthetic(
            report, timeout: target.timeout, includesExtra: job.configuration.storesExtraMetrics, in: &scratch,
            store: environment.store)
        try series.commit(&scratch, store: environment.store, rejections: &rejections)
    }

    /// The store refused the samples; perhaps it takes the news that the scrape failed.
    private func storeFailure(
        _ report: inout ScrapeReport, timestamp: Int64, in scratch: inout ScrapeScratch, series: inout TargetSeries
    ) {
        report.isUp = false
        report.addedSeriesCount = 0
        scratch.reset(timestamp: timestamp)
        series.stageMarkersForAll(in: &scratch)
        var ignored = RejectionCounts()
        do throws(ScrapeError) {
            try stageAndCommit(report, in: &scratch, series: &series, rejections: &ignored)
        } catch {
            log(error, "the failure of a scrape could not be stored")
        }
    }

    private func finish(
        _ failure: ScrapeError?, report: ScrapeReport, rejections: RejectionCounts, begunAt: Int64, duration: Double
    ) {
        let metrics = environment.metrics
        metrics.samples.increment(by: rejections.stored)
        metrics.duration.observe(duration)
        if rejections.outOfOrder > 0 { metrics.outOfOrder.increment(by: rejections.outOfOrder) }
        if rejections.duplicateTimestamp > 0 {
            metrics.duplicateTimestamps.increment(by: rejections.duplicateTimestamp)
        }
        if rejections.outOfBounds > 0 { metrics.outOfBounds.increment(by: rejections.outOfBounds) }
        if rejections.invalidHistograms > 0 {
            metrics.invalidHistograms.increment(by: rejections.invalidHistograms)
        }
        switch failure {
        case .histogramBucketLimit: metrics.exceededBucketLimit.increment()
        case .limit(.samples): metrics.exceededSampleLimit.increment()
        case .limit: metrics.exceededLabelLimits.increment()
        case .fetch(.bodyTooLarge): metrics.exceededBodySizeLimit.increment()
        default: break
        }
        let refusal = refusalText(rejections)
        if rejections.ofRefusedSeries > 0 { metrics.refusedSeriesSamples.increment(by: rejections.ofRefusedSeries) }
        state.withLock { state in
            state.status.health = failure == nil ? .up : .down
            state.status.lastError = failure?.description ?? refusal ?? state.note
            state.status.lastScrape = begunAt
            state.status.lastDuration = duration
        }
        guard let failure else {
            reportTrouble(rejections)
            return
        }
        metrics.failedScrapes.increment()
        log(failure, "scrape failed", level: .debug)
    }

    /// What the target's health says when limits of the store refused some of its series and the rest was stored.
    private func refusalText(_ rejections: RejectionCounts) -> String? {
        guard let first = rejections.firstRefused else { return nil }
        let reason = environment.store.refusal(of: first)?.description ?? "a limit of the store"
        return "\(rejections.ofRefusedSeries) samples of new series were not stored: \(reason)"
    }

    /// Samples that the store refused are counted and named in the log, but do not fail the scrape, as in Prometheus.
    private func reportTrouble(_ rejections: RejectionCounts) {
        guard rejections.refusedCount > 0 else { return }
        environment.logger.warning(
            "samples of a scrape were refused",
            metadata: [
                "job": "\(job.configuration.jobName)", "url": "\(target.url)",
                "out_of_order": "\(rejections.outOfOrder)", "duplicate_timestamp": "\(rejections.duplicateTimestamp)",
                "out_of_bounds": "\(rejections.outOfBounds)",
                "invalid_histogram": "\(rejections.invalidHistograms)", "lost": "\(rejections.lost)",
            ])
    }

    private func log(_ error: ScrapeError, _ message: Logger.Message, level: Logger.Level = .error) {
        environment.logger.log(
            level: level, message,
            metadata: [
                "job": "\(job.configuration.jobName)", "url": "\(target.url)", "error": "\(error)",
            ])
    }

    private func seconds(since begun: ContinuousClock.Instant) -> Double {
        let parts = begun.duration(to: .now).components
        return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
    }
}
