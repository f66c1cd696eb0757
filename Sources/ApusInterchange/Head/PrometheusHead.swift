import ApusModel
import ApusStorage

/// What the head of a stopped Prometheus has on disk: the log, that of samples out of order, and its chunks.
struct PrometheusHead {
    private let log: PrometheusLog
    private let outOfOrderLog: PrometheusLog
    private let chunks: HeadChunks
    /// Samples in order before this time are in blocks.
    private let start: Int64

    /// What the log says of its series.
    private struct Index {
        /// The stage's number of each series.
        var series: [UInt64: UInt32] = [:]
        /// What was deleted, by the stage's number.
        var deleted: [UInt32: [ClosedRange<Int64>]] = [:]
    }

    /// What the log has beside samples.
    struct Extras {
        /// The newest exemplars, and what metric families say of themselves.
        private(set) var exemplars: [(labels: LabelSet, exemplar: Exemplar)] = []
        private(set) var metadata: [String: MetricMetadata] = [:]

        /// As many as a Prometheus keeps unless it is told otherwise.
        private static let maximumExemplars = 100_000

        fileprivate mutating func add(_ exemplar: Exemplar, of labels: LabelSet) {
            exemplars.append((labels, exemplar))
            if exemplars.count >= 2 * Self.maximumExemplars { trim() }
        }

        fileprivate mutating func add(_ metadata: MetricMetadata, of labels: LabelSet) {
            guard let metric = labels.metricName else { return }
            self.metadata[MetricFamilyName.family(of: metric, type: metadata.type)] = metadata
        }

        /// Forgets the oldest exemplars.
        fileprivate mutating func trim() {
            guard exemplars.count > Self.maximumExemplars else { return }
            exemplars.sort { ($0.exemplar.timestamp ?? 0) < ($1.exemplar.timestamp ?? 0) }
            exemplars.removeFirst(exemplars.count - Self.maximumExemplars)
        }
    }

    /// The head of the data folder `folder`, whose blocks hold the samples in order before `start`.
    init(folder: String, from start: Int64) throws(InterchangeError) {
        log = try PrometheusLog(folder: "\(folder)/wal")
        outOfOrderLog = try PrometheusLog(folder: "\(folder)/wbl")
        chunks = try HeadChunks(folder: "\(folder)/chunks_head")
        self.start = start
    }

    /// The bytes of all files.
    var byteCount: Int { log.byteCount + outOfOrderLog.byteCount + chunks.byteCount }

    /// The number of files.
    var fileCount: Int { log.fileCount + outOfOrderLog.fileCount + chunks.fileCount }

    /// Adds the samples in a range of time to a stage, without those that were deleted.
    ///
    /// - Parameter note: takes what is damaged; throwing ends it.
    /// - Returns: what goes to the head, not to blocks.
    func read(
        range: ClosedRange<Int64>, into stage: inout ImportStage, options: ImportOptions, summary: inout ImportSummary,
        damage note: (InterchangeError) throws(InterchangeError) -> Void
    ) throws(InterchangeError) -> Extras {
        // Deletions stand behind what they delete, so that they must be known first.
        var index = try readIndex(&stage, options: options, damage: note)
        try options.report("chunks of the head")
        var unknown = 0
        try chunks.forEachChunk(
            { series, columns, isOutOfOrder throws(InterchangeError) in
                guard let number = index.series[series] else {
                    unknown += columns.count
                    return
                }
                var columns = copy columns
                let deleted = index.deleted[number] ?? []
                columns.keep { time in
                    range.contains(time) && (isOutOfOrder || time >= start) && !deleted.contains { $0.contains(time) }
                }
                try stage.add(columns, series: number)
            },
            damage: { damage throws(InterchangeError) in
                if !damage.isTornTail { try note(damage.error) }
            })
        var extras = Extras()
        try readSamples(log, from: start, &index, range, &stage, options, &summary, &unknown, &extras, note)
        try readSamples(outOfOrderLog, from: .min, &index, range, &stage, options, &summary, &unknown, &extras, note)
        summary.unknownSeriesSamples += unknown
        extras.trim()
        return extras
    }

    /// Checks every record and chunk.
    func verify(damage note: (InterchangeError) -> Void, torn: (InterchangeError) -> Void) throws(InterchangeError) {
        for log in [log, outOfOrderLog] {
            try log.forEachRecord(
                { record, path, offset throws(InterchangeError) in
                    do throws(LogRecord.Failure) { try Self.check(record) } catch {
                        note(.damaged(path: path, offset: offset, reason: error.description))
                    }
                },
                damage: { damage throws(InterchangeError) in
                    if damage.isTornTail { torn(damage.error) } else { note(damage.error) }
                })
        }
        try chunks.forEachChunk(
            { _, _, _ throws(InterchangeError) in },
            damage: { damage throws(InterchangeError) in
                if damage.isTornTail { torn(damage.error) } else { note(damage.error) }
            })
    }

    private static func check(_ record: [UInt8]) throws(LogRecord.Failure) {
        switch LogRecord.kind(of: record) {
        case .series: _ = try LogRecord.series(record)
        case .samples: _ = try LogRecord.samples(record)
        case .tombstones: _ = try LogRecord.tombstones(record)
        case .exemplars: _ = try LogRecord.exemplars(record)
        case .metadata: _ = try LogRecord.metadata(record)
        case .histograms, .customHistograms: _ = try LogRecord.histograms(record, hasFloats: false)
        case .floatHistograms, .customFloatHistograms: _ = try LogRecord.histograms(record, hasFloats: true)
        case .mappedChunks, .minimumTime: break
        case nil: throw .content("its kind \(record.first.map { String($0) } ?? "(none)") is not known")
        }
    }

    // MARK: Reading

    private func readIndex(
        _ stage: inout ImportStage, options: ImportOptions,
        damage note: (InterchangeError) throws(InterchangeError) -> Void
    ) throws(InterchangeError) -> Index {
        var index = Index()
        var deleted: [(series: UInt64, start: Int64, end: Int64)] = []
        try options.report("series of the log")
        try log.forEachRecord(
            { record, path, offset throws(InterchangeError) in
                do throws(LogRecord.Failure) {
                    switch LogRecord.kind(of: record) {
                    case .series:
                        for series in try LogRecord.series(record) {
                            do throws(InterchangeError) {
                                index.series[series.reference] = try stage.number(of: series.labels)
                            } catch {
                                throw .content(error.description)
                            }
                        }
                    case .tombstones: deleted += try LogRecord.tombstones(record)
                    default: break
                    }
                } catch {
                    try note(.damaged(path: path, offset: offset, reason: error.description))
                }
            },
            damage: { damage throws(InterchangeError) in
                if !damage.isTornTail { try note(damage.error) }
            })
        for entry in deleted where entry.start <= entry.end {
            if let number = index.series[entry.series] {
                index.deleted[number, default: []].append(entry.start...entry.end)
            }
        }
        return index
    }

    private func readSamples(
        _ log: PrometheusLog, from start: Int64, _ index: inout Index, _ range: ClosedRange<Int64>,
        _ stage: inout ImportStage, _ options: ImportOptions, _ summary: inout ImportSummary, _ unknown: inout Int,
        _ extras: inout Extras, _ note: (InterchangeError) throws(InterchangeError) -> Void
    ) throws(InterchangeError) {
        var records = 0
        try log.forEachRecord(
            { record, path, offset throws(InterchangeError) in
                records += 1
                if records % 256 == 0 { try options.report("samples of the log") }
                var floats: [LogRecord.Sample<Double>] = []
                var histograms: [LogRecord.Sample<NativeHistogram>] = []
                do throws(LogRecord.Failure) {
                    switch LogRecord.kind(of: record) {
                    case .samples: floats = try LogRecord.samples(record)
                    case .histograms, .customHistograms: histograms = try LogRecord.histograms(record, hasFloats: false)
                    case .floatHistograms, .customFloatHistograms:
                        histograms = try LogRecord.histograms(record, hasFloats: true)
                    case .exemplars:
                        for entry in try LogRecord.exemplars(record) where range.contains(entry.time) {
                            summary.exemplars += 1
                            guard let number = index.series[entry.series] else { continue }
                            extras.add(entry.value, of: stage.labels(of: number))
                        }
                    case .metadata:
                        for entry in try LogRecord.metadata(record) {
                            guard let number = index.series[entry.series] else { continue }
                            extras.add(entry.metadata, of: stage.labels(of: number))
                        }
                    case .series, .tombstones, .mappedChunks, .minimumTime: break
                    case nil:
                        throw .content(
                            "its kind \(record.first.map { String($0) } ?? "(none)") is not known: what it holds is left out"
                        )
                    }
                } catch {
                    return try note(.damaged(path: path, offset: offset, reason: error.description))
                }
                func number(_ series: UInt64, _ time: Int64) -> UInt32? {
                    guard let number = index.series[series] else {
                        unknown += 1
                        return nil
                    }
                    guard time >= start, range.contains(time) else { return nil }
                    return index.deleted[number]?.contains { $0.contains(time) } ?? false ? nil : number
                }
                for sample in floats {
                    guard let number = number(sample.series, sample.time) else { continue }
                    try stage.add(sample.value, at: sample.time, series: number)
                }
                for sample in histograms {
                    guard let number = number(sample.series, sample.time) else { continue }
                    if SpecialValue.isStaleMarker(sample.value.sum) {
                        try stage.add(SpecialValue.staleMarker, at: sample.time, series: number)
                    } else {
                        try stage.add(sample.value, at: sample.time, series: number)
                    }
                }
            },
            damage: { damage throws(InterchangeError) in
                // What is torn was never acknowledged.
                if !damage.isTornTail { try note(damage.error) }
            })
    }
}
