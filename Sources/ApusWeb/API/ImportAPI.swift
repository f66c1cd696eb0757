import ApusHTTP
import ApusInterchange
import ApusModel
import ApusStorage
import Dispatch
import HTTPTypes
import Synchronization

/// `/api/v1/admin/tsdb/import`: takes old samples, as OpenMetrics text or comma-separated values.
///
/// The body goes to a file first, so that a slow client keeps nobody waiting and nothing of a body that breaks off is stored.
struct ImportAPI: Sendable {
    /// Bodies that may be under way at one time.
    private static let maximumUploads = 4

    /// The store's door, or `nil` when the interface is not switched on (`--web.enable-admin-api`).
    let backfill: Backfill?
    let maxBytes: Int
    private let uploads = UploadCount()

    init(backfill: Backfill?, maxBytes: Int) {
        self.backfill = backfill
        self.maxBytes = maxBytes
    }

    /// How many bodies are under way.
    fileprivate final class UploadCount: Sendable {
        let value = Atomic(0)
    }

    func addRoutes(to routes: inout RouteTable) {
        routes.add(
            Route(
                "/api/v1/admin/tsdb/import", [.post, .put], readiness: .whenReady,
                makeSink: { [backfill, maxBytes, uploads] fields, parameters throws(APIError) in
                    guard let backfill else { throw APIError(.unavailable, "admin APIs disabled") }
                    let request = try ImportRequest(fields, parameters)
                    return try ImportUpload(request, into: backfill, maxBytes: maxBytes, uploads)
                },
                changesState: true
            ) { request throws(APIError) in
                guard let sink = request.sink else { throw APIError(.internalError, "the body was not taken") }
                return try await sink.finish()
            })
    }

    /// One body on its way to the store.
    private final class ImportUpload: BodySink {
        private let request: ImportRequest
        private let backfill: Backfill
        private let spool: ImportSpool
        private let gzip: Mutex<GzipStream>
        private let uploads: UploadCount
        /// Writing to the file and importing wait for the disk.
        private let queue = DispatchQueue(label: "apus.web.import")

        init(
            _ request: ImportRequest, into backfill: Backfill, maxBytes: Int, _ uploads: UploadCount
        ) throws(APIError) {
            guard uploads.value.add(1, ordering: .relaxed).newValue <= ImportAPI.maximumUploads else {
                uploads.value.subtract(1, ordering: .relaxed)
                throw APIError(.unavailable, "too many imports at one time; try again later", status: 503)
            }
            do throws(InterchangeError) { spool = try backfill.makeSpool(limit: maxBytes) } catch {
                uploads.value.subtract(1, ordering: .relaxed)
                throw APIError(import: error)
            }
            self.request = request
            self.backfill = backfill
            self.uploads = uploads
            gzip = Mutex(GzipStream())
        }

        deinit {
            uploads.value.subtract(1, ordering: .relaxed)
        }

        func take(_ part: [UInt8]) async throws(APIError) {
            try await onQueue { [self] () throws(APIError) in
                do throws(InterchangeError) {
                    guard request.isCompressed else { return try spool.append(part.span) }
                    try inflate(part)
                } catch {
                    throw APIError(import: error)
                }
            }
        }

        private func inflate(_ part: [UInt8]) throws(InterchangeError) {
            let failure = try gzip.withLock { gzip throws(InterchangeError) in
                try gzip.decompress(part) { text throws(InterchangeError) in try spool.append(text.span) }
            }
            if case .damaged(let reason) = failure { throw .unusable(reason) }
        }

        func finish() async throws(APIError) -> Reply {
            let summary = try await onQueue { [self] () throws(APIError) in
                do throws(InterchangeError) {
                    if request.isCompressed, gzip.withLock({ $0.failureAtEnd }) != nil {
                        throw .unusable("unexpected EOF: the gzip body ends early")
                    }
                    return try backfill.take(spool, as: request.format, range: request.range)
                } catch {
                    throw APIError(import: error)
                }
            }
            return .success { ImportAPI.append(summary, to: &$0) }
        }

        private func onQueue<Value: Sendable>(
            _ work: @escaping @Sendable () throws(APIError) -> Value
        ) async throws(APIError) -> Value {
            let result: Result<Value, APIError> = await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: Result { () throws(APIError) in try work() }) }
            }
            return try result.get()
        }
    }

    private static func append(_ summary: ImportSummary, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("series", integer: summary.series, to: &bytes)
        object.add("samples", integer: summary.samples, to: &bytes)
        if let first = summary.minimumTime, let last = summary.maximumTime {
            object.add("minTime", integer: Int(first), to: &bytes)
            object.add("maxTime", integer: Int(last), to: &bytes)
        }
        object.add("bytes", integer: summary.bytes, to: &bytes)
        object.addName("refused", to: &bytes)
        var refused = JSONObject(&bytes)
        refused.add("duplicateTimestamp", integer: summary.duplicates, to: &bytes)
        refused.add("outsideRange", integer: summary.outsideRange, to: &bytes)
        refused.add("exemplars", integer: summary.exemplars - summary.exemplarsTaken, to: &bytes)
        refused.add("seriesLimit", integer: summary.refusedSamples, to: &bytes)
        refused.close(&bytes)
        object.add("limits", array: summary.refusedSeries, to: &bytes) { entry, bytes in
            var object = JSONObject(&bytes)
            object.add("reason", entry.refusal.reason.rawValue, to: &bytes)
            object.add("name", entry.refusal.subject, to: &bytes)
            object.add("limit", integer: entry.refusal.limit, to: &bytes)
            object.add("series", integer: entry.count, to: &bytes)
            object.close(&bytes)
        }
        object.add("blocks", array: summary.blocks, to: &bytes) { block, bytes in
            var object = JSONObject(&bytes)
            object.add("ulid", block.identifier, to: &bytes)
            object.add("minTime", integer: Int(block.minimumTime), to: &bytes)
            object.add("maxTime", integer: Int(block.maximumTime), to: &bytes)
            object.add("series", integer: block.series, to: &bytes)
            object.add("samples", integer: block.samples, to: &bytes)
            object.add("bytes", integer: block.bytes, to: &bytes)
            object.close(&bytes)
        }
        object.close(&bytes)
    }
}

extension APIError {
    /// Why an import failed, with the status by who has to do something.
    fileprivate init(import error: InterchangeError) {
        switch error {
        case .malformedText, .unusable, .unsupported, .store(.tooFarAhead):
            self.init(.badData, error.description)
        case .busy, .store(.closed), .store(.diskNearlyFull):
            self.init(.unavailable, error.description, status: 503)
        case .cancelled: self.init(.canceled, error.description)
        case .damaged, .file, .store, .unreadable: self.init(.internalError, error.description)
        }
    }
}
