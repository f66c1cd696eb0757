import HTTPTypes
import NIOCore

/// A request as handlers see it: routed, with its parameters decoded.
struct WebRequest: Sendable {
    let method: HTTPRequest.Method
    /// The path, below the prefix of all routes.
    let path: String
    /// The part of the path that stands for a variable of the route, decoded; empty when the route has none.
    let pathVariable: String
    /// The parameters of the body and the URL.
    let parameters: FormParameters
    let fields: HTTPFields
    /// The body as it came, where the route wants it.
    let body: [UInt8]
    /// What took the body as it came, where the route has something that does.
    let sink: (any BodySink)?
    /// The connection; `nil` where there is none, as in tests.
    let connection: (any Channel)?
}

extension WebRequest {
    /// The time in a parameter, in milliseconds; `nil` when it is missing.
    func time(_ name: String) throws(APIError) -> Int64? {
        guard let text = parameters[name] else { return nil }
        do {
            return try ParameterText.time(text)
        } catch {
            throw .invalid(parameter: name, "invalid time value for '\(name)': \(error)")
        }
    }

    /// The time in a parameter that must be there.
    func requiredTime(_ name: String) throws(APIError) -> Int64 {
        do {
            return try ParameterText.time(parameters[name] ?? "")
        } catch {
            throw .invalid(parameter: name, error.description)
        }
    }

    /// The duration in a parameter, in milliseconds; `nil` when it is missing.
    func duration(_ name: String) throws(APIError) -> Int64? {
        guard let text = parameters[name] else { return nil }
        do {
            return try ParameterText.duration(text)
        } catch {
            throw .invalid(parameter: name, error.description)
        }
    }

    /// The `limit` parameter; `nil` for none.
    func limit() throws(APIError) -> Int? {
        guard let text = parameters["limit"] else { return nil }
        let limit: Int
        do {
            limit = try ParameterText.integer(text)
        } catch {
            throw .invalid(parameter: "limit", error.description)
        }
        guard limit >= 0 else { throw .invalid(parameter: "limit", "limit must be non-negative") }
        return limit == 0 ? nil : limit
    }

    /// A number in a parameter whose error the peers put in their own words; `nil` when it is missing.
    func number(_ name: String) throws(APIError) -> Int? {
        guard let text = parameters[name] else { return nil }
        guard let number = Int(text) else { throw APIError(.badData, "\(name) must be a number") }
        return number
    }
}
