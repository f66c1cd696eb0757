import ApusModel

/// One line of the query log: what was asked, what it took, and the error if there was one.
///
/// Members are those of Prometheus' query log: `params`, `stats`, `ts`, `error`, `httpRequest`.
struct QueryLogLine: Sendable {
    let request: QueryRequest
    let statistics: QueryStatistics
    let failure: QueryError?
    /// When the query ended, in milliseconds since the epoch.
    let end: Int64

    /// The line with its end.
    var bytes: [UInt8] {
        var line = JSONLine()
        if let failure { line.append("error", failure.description) }
        if let origin = request.options.request {
            line.append("httpRequest") { object in
                object.append("clientIP", origin.clientIP)
                object.append("method", origin.method)
                object.append("path", origin.path)
            }
        }
        line.append("params") { object in
            object.append("end", TimestampText.rfc3339(request.end))
            object.append("query", request.text)
            object.append("start", TimestampText.rfc3339(request.grid.start))
            object.append("step", Double(request.step) / 1_000)
        }
        line.append("stats") { object in
            object.append("samples") { samples in
                samples.append("peakSamples", Int64(statistics.peakSamples))
                samples.append("samplesRead", Int64(statistics.samplesRead))
                samples.append("totalQueryableSamples", Int64(statistics.queryableSamples))
            }
            object.append("timings") { timings in
                func append(_ name: StaticString, _ nanoseconds: Int64) {
                    timings.append(name, Double(nanoseconds) / 1e9)
                }
                append("evalTotalTime", statistics.evaluationTotalNanoseconds)
                append("execQueueTime", statistics.queueNanoseconds)
                append("execTotalTime", statistics.executionTotalNanoseconds)
                append("innerEvalTime", statistics.evaluationNanoseconds)
                append("queryPreparationTime", statistics.preparationNanoseconds)
                append("resultSortTime", statistics.sortNanoseconds)
            }
        }
        line.append("ts", TimestampText.rfc3339(end))
        return line.finished()
    }
}
