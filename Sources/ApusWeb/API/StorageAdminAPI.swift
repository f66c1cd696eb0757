import ApusModel
import ApusPromQL
import ApusStorage
import Dispatch
import HTTPTypes

/// `/api/v1/admin/tsdb/…`: deletes series, gives their space back, makes snapshots.
struct StorageAdminAPI: Sendable {
    /// The store, or `nil` when the interface is not switched on (`--web.enable-admin-api`).
    let storage: (any StorageAdministration)?
    /// Cleaning takes minutes: no thread that reads samples for others is taken for it.
    private let queue = DispatchQueue(label: "apus.web.admin")

    /// The interface to `storage`, which refuses everything when there is none.
    init(storage: (any StorageAdministration)?) {
        self.storage = storage
    }

    func addRoutes(to routes: inout RouteTable) {
        add("delete_series", to: &routes) { storage, request throws(APIError) in
            try await delete(request, from: storage)
        }
        add("clean_tombstones", to: &routes) { storage, _ throws(APIError) in
            try await run { () throws(DeletionError) in try storage.cleanTombstones() }
            return .noContent
        }
        add("snapshot", to: &routes) { storage, request throws(APIError) in
            try await snapshot(request, of: storage)
        }
    }

    private func add(
        _ name: String, to routes: inout RouteTable,
        handler: @escaping @Sendable (any StorageAdministration, WebRequest) async throws(APIError) -> Reply
    ) {
        routes.add(
            Route(
                "/api/v1/admin/tsdb/\(name)", [.post, .put], readiness: .whenReady, takesForm: true, changesState: true
            ) { [storage] request throws(APIError) in
                guard let storage else { throw APIError(.unavailable, "admin APIs disabled") }
                return try await handler(storage, request)
            })
    }

    private func delete(
        _ request: WebRequest, from storage: any StorageAdministration
    ) async throws(APIError) -> Reply {
        guard !request.parameters.all("match[]").isEmpty else {
            throw APIError(.badData, "no match[] parameter provided")
        }
        let start = try request.time("start") ?? TimestampText.validRange.lowerBound
        let end = try request.time("end") ?? TimestampText.validRange.upperBound
        let selectors: [[Matcher]]
        do {
            selectors = try SeriesAPI.selectors(request)
        } catch {
            throw .invalid(parameter: "match[]", error.text)
        }
        try await run { () throws(DeletionError) in try storage.delete(matching: selectors, from: start, through: end) }
        return .noContent
    }

    private func snapshot(
        _ request: WebRequest, of storage: any StorageAdministration
    ) async throws(APIError) -> Reply {
        let text = request.parameters["skip_head"] ?? ""
        guard text.isEmpty || Self.booleans[text] != nil else {
            throw .invalid(
                parameter: "skip_head",
                "unable to parse boolean: strconv.ParseBool: parsing \(QuotedText.quoted(text)): invalid syntax")
        }
        let isHeadSkipped = Self.booleans[text] ?? false
        let name: String
        do {
            name = try await onQueue { () throws(SnapshotError) in
                try storage.makeSnapshot(skippingHead: isHeadSkipped)
            }
        } catch {
            throw APIError(.internalError, "create snapshot: \(error)")
        }
        return .success { output in
            output.append(contentsOf: Array(#"{"name":"#.utf8))
            JSONText.append(name, to: &output)
            output.append(UInt8(ascii: "}"))
        }
    }

    /// The texts that the peers take for a boolean.
    private static let booleans: [String: Bool] = [
        "1": true, "t": true, "T": true, "true": true, "TRUE": true, "True": true,
        "0": false, "f": false, "F": false, "false": false, "FALSE": false, "False": false,
    ]

    private func run(_ work: @escaping @Sendable () throws(DeletionError) -> Void) async throws(APIError) {
        do {
            try await onQueue(work)
        } catch {
            throw APIError(.internalError, error.description)
        }
    }

    private func onQueue<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(Failure) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
