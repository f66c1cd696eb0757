import ApusExposition
import ApusModel

/// The series of one target: what its lines are called in the store, and which of them the last scrape had.
///
/// A slot is the reader's number of a line's series; for each, one entry of 16 bytes says how the store refers to it. A
/// scrape that brings what the last one brought walks slots and values side by side and copies references: nothing is
/// hashed, compared or allocated per sample. Not safe for use from several threads at once.
struct TargetSeries: ~Copyable, Sendable {
    private struct Entry {
        /// The store's reference, or one of the two marks below.
        var reference: UInt64 = Entry.unresolved
        /// The scrape that last brought the series, if its staleness is tracked.
        var trackedIn: UInt32 = 0
        /// The attempt in which the labels of an unresolved series were last found.
        var pendingIn: UInt32 = 0

        /// Labels and reference are yet to be found.
        static let unresolved = UInt64.max
        /// Metric relabelling drops the series.
        static let dropped = UInt64.max - 1

        /// Whether a limit of the store refused the series.
        var isRefused: Bool { SeriesReference(rawValue: reference).isRefused }
    }

    /// A sample further in the future is refused.
    ///
    /// Source: Prometheus, `maxAheadTime`.
    private static let greatestLead: Int64 = 10 * 60_000
    /// How many scrapes a series that is gone is remembered.
    private static let memoryOfBodies = 8
    /// After how many scrapes the reader is asked to forget what is gone.
    private static let forgettingPeriod: UInt32 = 64
    /// After how many scrapes the store is asked again for series that a limit refused: finding their labels costs more than a sample.
    private static let refusalPeriod: UInt32 = 4

    private let rules: SeriesRules
    private var reader = ExpositionReader()
    private var entries: [Entry] = []
    /// The number of this scrape; 1 and 0 are never scrapes, so that a new entry was in none.
    private var generation: UInt32 = 1
    /// The number of bodies that were read, whether they could be stored or not.
    private var attempt: UInt32 = 0
    /// How many entries were tracked in the last scrape.
    private var trackedCount = 0
    private var syntheticReferences: [SeriesReference] = []

    init(rules: SeriesRules) {
        self.rules = rules
    }

    /// The number of series that are remembered.
    var rememberedCount: Int { reader.seriesCount }

    // MARK: - Staging

    /// Reads a body and stages its samples, and staleness markers for the series that are gone.
    ///
    /// - Parameter now: the time by which timestamps from the target are judged.
    /// - Throws: and then stages nothing, and the series of the last scrape are still known as such.
    mutating func stage(
        _ body: Span<UInt8>, format: ExpositionFormat, histograms: HistogramRules, now: Int64,
        in scratch: inout ScrapeScratch, store: any Appendable, counting report: inout ScrapeReport,
        rejections: inout RejectionCounts
    ) throws(ScrapeError) {
        do {
            try reader.read(body, format: format, histograms: histograms.reading, into: &scratch.scraped)
        } catch {
            throw .exposition(error)
        }
        try histograms.apply(to: &scratch.scraped.histograms)
        report.scrapedCount = scratch.scraped.count
        try resolveSlots(in: &scratch, store: store, counting: &report)
        generation &+= 1
        stageSamples(now: now, in: &scratch, rejections: &rejections)
        stageExemplars(in: &scratch)
        forgetSeriesThatAreGone(bodyCount: scratch.scraped.count)
    }

    /// Stages a staleness marker for every series of the last scrape: this one brought none.
    mutating func stageMarkersForAll(in scratch: inout ScrapeScratch) {
        let last = generation
        generation &+= 1
        if trackedCount > 0 { stageMarkers(lastTrackedIn: last, in: &scratch) }
        trackedCount = 0
    }

    /// Stages the synthetic series: their values, or with `nil` the markers of their end.
    mutating func stageSynthetic(
        _ report: ScrapeReport?, timeout: Int64, includesExtra: Bool, in scratch: inout ScrapeScratch,
        store: any Appendable
    ) throws(ScrapeError) {
        let series = includesExtra ? SyntheticSeries.allCases[...] : SyntheticSeries.always
        if syntheticReferences.count < series.count || syntheticReferences.contains(where: \.isRefused) {
            do {
                syntheticReferences = try store.resolve(series.map { rules.targetLabels.synthetic($0.rawValue) })
            } catch {
                throw .store(error)
            }
        }
        for (position, series) in series.enumerated() where position < syntheticReferences.count {
            let value =
                report?.value(of: series, timeout: timeout, sampleLimit: rules.sampleLimit) ?? SpecialValue.staleMarker
            scratch.append(
                syntheticReferences[position], value, origin: ScrapeScratch.origin(ofSynthetic: position))
        }
    }

    // MARK: - Storing

    /// Stores what was staged; series that the store has dropped meanwhile are resolved and stored again.
    mutating func commit(
        _ scratch: inout ScrapeScratch, store: any Appendable, rejections: inout RejectionCounts
    ) throws(ScrapeError) {
        do {
            let outcome = try store.append(scratch.batch)
            let unknown = count(
                outcome, of: scratch.batch.references, origins: scratch.origins, into: &rejections)
            guard !unknown.isEmpty else { return }
            var retry = SampleBatch(timestamp: scratch.batch.timestamp)
            var origins: [Int64] = []
            try renewReferences(at: unknown, in: scratch, store: store)
            for position in unknown {
                let origin = scratch.origins[position]
                guard let reference = reference(of: origin) else { continue }
                if let histogram = scratch.batch.histogram(at: position) {
                    retry.histograms.append(.init(position: retry.count, histogram: histogram))
                }
                retry.references.append(reference)
                retry.values.append(scratch.batch.values[position])
                if !scratch.batch.timestamps.isEmpty { retry.timestamps.append(scratch.batch.timestamps[position]) }
                origins.append(origin)
            }
            guard retry.count > 0 else { return }
            let second = try store.append(retry)
            // A store that drops a series between two calls is under pressure; the next scrape tries again.
            rejections.lost += count(second, of: retry.references, origins: origins, into: &rejections).count
        } catch let error as AppendError {
            throw .store(error)
        } catch let error as ScrapeError {
            throw error
        } catch {
            throw .store(.notDurable("\(error)"))
        }
    }
}

/// How many samples of a scrape were not stored, by reason.
struct RejectionCounts: Equatable, Sendable {
    var outOfOrder = 0
    var duplicateTimestamp = 0
    var outOfBounds = 0
    var invalidHistograms = 0
    var lost = 0
    var stored = 0
    /// Samples of series that limits of the store refused.
    var ofRefusedSeries = 0
    /// The reference of the first of those series.
    var firstRefused: SeriesReference?

    /// The samples that were not stored, those of refused series left out.
    var refusedCount: Int { outOfOrder + duplicateTimestamp + outOfBounds + invalidHistograms + lost }

    /// Counts a sample of a refused series.
    mutating func refuse(_ reference: SeriesReference) {
        ofRefusedSeries += 1
        if firstRefused == nil { firstRefused = reference }
    }
}

extension SampleBatch {
    /// The native histogram that stands at a position, if one does.
    fileprivate func histogram(at position: Int) -> NativeHistogram? {
        var low = 0
        var high = histograms.count
        while low < high {
            let middle = (low + high) / 2
            if histograms[middle].position < position { low = middle + 1 } else { high = middle }
        }
        return low < histograms.count && histograms[low].position == position ? histograms[low].histogram : nil
    }
}

// MARK: - Steps of staging

extension TargetSeries {
    /// Finds the references of the slots that have none, and counts the samples that relabelling keeps.
    private mutating func resolveSlots(
        in scratch: inout ScrapeScratch, store: any Appendable, counting report: inout ScrapeReport
    ) throws(ScrapeError) {
        scratch.pendingSlots.removeAll(keepingCapacity: true)
        scratch.pendingLabels.removeAll(keepingCapacity: true)
        attempt &+= 1
        // Not only new slots have no reference: so do those whose first scrape failed, over a limit or in the store.
        var keptCount = 0
        let triesRefused = attempt % Self.refusalPeriod == 0
        for slot in scratch.scraped.slots {
            let index = Int(slot)
            if index >= entries.count {
                entries.append(contentsOf: repeatElement(Entry(), count: index + 1 - entries.count))
            }
            if entries[index].reference == Entry.unresolved || triesRefused && entries[index].isRefused,
                entries[index].pendingIn != attempt
            {
                if let labels = try rules.storedLabels(of: reader.labels(of: slot)) {
                    entries[index].pendingIn = attempt
                    scratch.pendingSlots.append(slot)
                    scratch.pendingLabels.append(labels)
                } else {
                    entries[index].reference = Entry.dropped
                }
            }
            if entries[index].reference != Entry.dropped { keptCount += 1 }
        }
        report.keptCount = keptCount
        if rules.sampleLimit > 0 && keptCount > rules.sampleLimit { throw .limit(.samples(limit: rules.sampleLimit)) }
        guard !scratch.pendingSlots.isEmpty else { return }
        let references: [SeriesReference]
        do {
            references = try store.resolve(scratch.pendingLabels)
        } catch {
            throw .store(error)
        }
        for (slot, reference) in zip(scratch.pendingSlots, references) {
            entries[Int(slot)].reference = reference.rawValue
            if !reference.isRefused { report.addedSeriesCount += 1 }
        }
        scratch.pendingLabels.removeAll(keepingCapacity: true)
    }

    private mutating func stageSamples(
        now: Int64, in scratch: inout ScrapeScratch, rejections: inout RejectionCounts
    ) {
        let count = scratch.scraped.count
        scratch.batch.references.reserveCapacity(count + 16)
        scratch.batch.values.reserveCapacity(count + 16)
        scratch.origins.reserveCapacity(count + 16)
        let usesTimestamps = rules.honorsTimestamps && !scratch.scraped.timestamps.isEmpty
        let last = generation &- 1
        var tracked = 0
        var newlyTracked = 0
        var nextHistogram = 0
        for position in 0..<count {
            let slot = Int(scratch.scraped.slots[position])
            let reference = entries[slot].reference
            var histogram: NativeHistogram?
            if nextHistogram < scratch.scraped.histograms.count,
                scratch.scraped.histograms[nextHistogram].position == position
            {
                histogram = scratch.scraped.histograms[nextHistogram].histogram
                nextHistogram += 1
            }
            if reference == Entry.dropped { continue }
            if SeriesReference(rawValue: reference).isRefused {
                rejections.refuse(SeriesReference(rawValue: reference))
                continue
            }
            var isTracked = true
            if usesTimestamps {
                let given = scratch.scraped.timestamps[position]
                let hasTimestamp = given != ScrapedBody.noTimestamp
                if hasTimestamp && given > now &+ Self.greatestLead {
                    rejections.outOfBounds += 1
                    continue
                }
                isTracked = !hasTimestamp || rules.tracksTimestampStaleness
                scratch.batch.timestamps.append(hasTimestamp ? given : scratch.batch.timestamp)
            }
            if let histogram {
                scratch.batch.histograms.append(.init(position: scratch.batch.count, histogram: histogram))
            }
            scratch.batch.references.append(SeriesReference(rawValue: reference))
            scratch.batch.values.append(scratch.scraped.values[position])
            scratch.origins.append(Int64(slot))
            let before = entries[slot].trackedIn
            if isTracked && before != generation {
                entries[slot].trackedIn = generation
                tracked += 1
                if before != last { newlyTracked += 1 }
            }
        }
        let goneCount = trackedCount - (tracked - newlyTracked)
        if goneCount > 0 { stageMarkers(lastTrackedIn: last, in: &scratch) }
        trackedCount = tracked
    }

    private func stageExemplars(in scratch: inout ScrapeScratch) {
        for (position, exemplar) in scratch.scraped.exemplars {
            let reference = entries[Int(scratch.scraped.slots[position])].reference
            guard reference < Entry.dropped, !SeriesReference(rawValue: reference).isRefused else { continue }
            scratch.batch.exemplars.append(
                .init(reference: SeriesReference(rawValue: reference), exemplar: exemplar))
        }
    }

    private func stageMarkers(lastTrackedIn last: UInt32, in scratch: inout ScrapeScratch) {
        for entry in entries where entry.trackedIn == last && entry.reference < Entry.dropped {
            scratch.append(
                SeriesReference(rawValue: entry.reference), SpecialValue.staleMarker,
                origin: ScrapeScratch.markerOrigin)
        }
    }

    /// Keeps the memory of a target in proportion to what it exposes, however often its series change.
    private mutating func forgetSeriesThatAreGone(bodyCount: Int) {
        let isCrowded = reader.seriesCount > bodyCount * 2 + 1_000
        guard isCrowded || generation % Self.forgettingPeriod == 0 else { return }
        for slot in reader.forget(unseenFor: isCrowded ? 1 : Self.memoryOfBodies) where Int(slot) < entries.count {
            entries[Int(slot)] = Entry()
        }
        let used = entries.lastIndex { $0.reference != Entry.unresolved }.map { $0 + 1 } ?? 0
        if entries.count > used * 2 + 1_000 { entries = Array(entries[..<used]) }
    }
}

// MARK: - Steps of storing

extension TargetSeries {
    /// Counts rejections by reason; gives the positions of the samples whose series the store does not know.
    private func count(
        _ outcome: AppendOutcome, of references: [SeriesReference], origins: [Int64],
        into rejections: inout RejectionCounts
    ) -> [Int] {
        rejections.stored += outcome.appendedCount
        var unknown: [Int] = []
        for (position, reason) in outcome.rejections where position < origins.count {
            // A marker that comes too late, or after a sample of the same time, has nothing to end.
            let isMarker = origins[position] == ScrapeScratch.markerOrigin
            switch reason {
            case .unknownSeries: if !isMarker { unknown.append(position) }
            case .outOfOrder: if !isMarker { rejections.outOfOrder += 1 }
            case .duplicateTimestamp: if !isMarker { rejections.duplicateTimestamp += 1 }
            case .outOfBounds, .tooOld: if !isMarker { rejections.outOfBounds += 1 }
            case .invalidHistogram: rejections.invalidHistograms += 1
            case .seriesLimit: if !isMarker { rejections.refuse(references[position]) }
            }
        }
        return unknown
    }

    private mutating func renewReferences(
        at positions: [Int], in scratch: borrowing ScrapeScratch, store: any Appendable
    ) throws {
        var slots: [Int] = []
        var labelSets: [LabelSet] = []
        var seen: Set<Int64> = []
        var renewsSynthetic = false
        for position in positions {
            let origin = scratch.origins[position]
            if ScrapeScratch.syntheticPosition(of: origin) != nil {
                renewsSynthetic = true
            } else if origin >= 0, seen.insert(origin).inserted {
                guard let labels = try rules.storedLabels(of: reader.labels(of: UInt32(origin))) else { continue }
                slots.append(Int(origin))
                labelSets.append(labels)
            }
        }
        if !labelSets.isEmpty {
            for (slot, reference) in zip(slots, try store.resolve(labelSets)) {
                entries[slot].reference = reference.rawValue
            }
        }
        if renewsSynthetic {
            let series = SyntheticSeries.allCases.prefix(syntheticReferences.count)
            syntheticReferences = try store.resolve(series.map { rules.targetLabels.synthetic($0.rawValue) })
        }
    }

    private func reference(of origin: Int64) -> SeriesReference? {
        if let position = ScrapeScratch.syntheticPosition(of: origin) {
            return position < syntheticReferences.count ? syntheticReferences[position] : nil
        }
        guard origin >= 0, origin < Int64(entries.count), entries[Int(origin)].reference < Entry.dropped else {
            return nil
        }
        return SeriesReference(rawValue: entries[Int(origin)].reference)
    }
}
