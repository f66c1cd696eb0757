package import ApusPromQL

/// Why a query has no result; the texts are the peers'.
package enum QueryError: Error, Sendable {
    /// The text is not PromQL.
    case parse(ParseError)
    /// The request makes no sense: step, times, number of points, type of the expression.
    case badData(String)
    /// The evaluation failed.
    case execution(String)
    /// The time was up.
    case timeout(String)
    /// The caller gave up, or the engine is closing.
    case cancelled(String)
    /// Too many queries wait already.
    case tooBusy(String)
    /// Stored data could not be read.
    case storage(String)
}

extension QueryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .parse(let error): error.description
        case .badData(let text), .execution(let text), .timeout(let text), .cancelled(let text), .tooBusy(let text),
            .storage(let text):
            text
        }
    }
}

extension QueryError {
    /// An error for a part of the language that this version does not evaluate.
    static func unsupported(_ what: String) -> QueryError {
        .execution("\(what) is not supported yet")
    }
}
