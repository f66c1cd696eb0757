/// Why a request to the HTTP API was refused or failed, as its answer says it.
///
/// Source of kinds, statuses and texts: Prometheus' HTTP API.
struct APIError: Error, Equatable, Sendable {
    /// The `errorType` of the answer.
    enum Kind: String, Sendable {
        case badData = "bad_data"
        case execution
        case canceled
        case timeout
        case internalError = "internal"
        case notFound = "not_found"
        case notAcceptable = "not_acceptable"
        case unavailable

        /// The HTTP status that goes with it.
        var status: Int {
            switch self {
            case .badData: 400
            case .execution: 422
            case .canceled: 499
            case .timeout: 503
            case .internalError: 500
            case .notFound: 404
            case .notAcceptable: 406
            // Not a slip: the peers answer 500 for what is switched off.
            case .unavailable: 500
            }
        }
    }

    let kind: Kind
    let message: String
    /// The HTTP status, where it is not the kind's own.
    let status: Int

    init(_ kind: Kind, _ message: String, status: Int? = nil) {
        self.kind = kind
        self.message = message
        self.status = status ?? kind.status
    }

    /// A parameter that cannot be used.
    static func invalid(parameter: String, _ reason: String) -> APIError {
        APIError(.badData, "invalid parameter \"\(parameter)\": \(reason)")
    }
}
