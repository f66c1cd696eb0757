import ApusModel
import ApusQuery
import HTTPTypes
import NIOCore

/// When a query is evaluated, as a request says it.
enum QueryTimes: Sendable {
    /// At one time, in milliseconds since the epoch.
    case instant(Int64)
    /// From one time through another, some milliseconds apart.
    case range(start: Int64, end: Int64, step: Int64)
}

extension WebRequest {
    private static let maxPoints: Int64 = 11_000
    /// What the list of running queries shows of a client's name.
    private static let maxAgentLength = 60

    /// The text of the query; empty when it is missing, which the parser then refuses.
    var query: String { parameters["query"] ?? "" }

    /// `time`, or the present.
    func instantTime(_ clock: any WallClock) throws(APIError) -> QueryTimes {
        .instant(try time("time") ?? clock.now())
    }

    /// `start`, `end` and `step`, checked as the peers check them.
    func rangeTimes() throws(APIError) -> QueryTimes {
        let start = try requiredTime("start")
        let end = try requiredTime("end")
        guard end >= start else {
            throw .invalid(parameter: "end", "end timestamp must not be before start time")
        }
        let step: Int64
        do {
            step = try ParameterText.duration(parameters["step"] ?? "")
        } catch {
            throw .invalid(parameter: "step", error.description)
        }
        guard step > 0 else {
            throw .invalid(
                parameter: "step",
                "zero or negative query resolution step widths are not accepted. Try a positive integer")
        }
        guard (end - start) / step <= Self.maxPoints else {
            throw APIError(
                .badData,
                "exceeded maximum resolution of 11,000 points per timeseries. "
                    + "Try decreasing the query resolution (?step=XX)")
        }
        return .range(start: start, end: end, step: step)
    }

    /// `timeout`, `lookback_delta` and `stats`, and who asks.
    func queryOptions() throws(APIError) -> QueryOptions {
        let timeout = try duration("timeout")
        if let timeout, timeout <= 0 { throw .invalid(parameter: "query", "context deadline exceeded") }
        var lookback: Int64?
        if let text = parameters["lookback_delta"] {
            do {
                lookback = try ParameterText.duration(text)
            } catch {
                throw APIError(.badData, "error parsing lookback delta duration: \(error)")
            }
        }
        // Zero, and what is below, means the engine's setting, as with the peers.
        var options = QueryOptions(timeout: timeout, lookback: lookback.flatMap { $0 > 0 ? $0 : nil })
        options.wantsStepStatistics = parameters["stats"] == "all"
        let address = connection?.remoteAddress?.ipAddress ?? ""
        let agent = fields[.userAgent].map { $0.prefix(Self.maxAgentLength) } ?? ""
        options.client = [address, String(agent)].filter { !$0.isEmpty }.joined(separator: " ")
        options.request = QueryOptions.Request(clientIP: address, method: method.rawValue, path: path)
        return options
    }
}
