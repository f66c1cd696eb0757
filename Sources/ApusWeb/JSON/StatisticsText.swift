import ApusQuery

/// What a query cost as JSON: the peers' `stats`, and the memory that they do not count.
enum StatisticsText {
    /// Appends the statistics as an object.
    static func append(_ statistics: QueryStatistics, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.addName("timings", to: &bytes)
        var timings = JSONObject(&bytes)
        for (name, nanoseconds) in [
            ("evalTotalTime", statistics.evaluationTotalNanoseconds), ("resultSortTime", statistics.sortNanoseconds),
            ("queryPreparationTime", statistics.preparationNanoseconds),
            ("innerEvalTime", statistics.evaluationNanoseconds),
            ("execQueueTime", statistics.queueNanoseconds), ("execTotalTime", statistics.executionTotalNanoseconds),
        ] {
            timings.add(name, number: Double(nanoseconds) / 1e9, to: &bytes)
        }
        timings.close(&bytes)
        object.addName("samples", to: &bytes)
        var samples = JSONObject(&bytes)
        if let steps = statistics.samplesPerStep {
            samples.add("totalQueryableSamplesPerStep", array: steps, to: &bytes) { step, bytes in
                bytes.append(UInt8(ascii: "["))
                JSONText.append(shortTimestamp: step.timestamp, to: &bytes)
                bytes.append(UInt8(ascii: ","))
                JSONText.append(integer: step.count, to: &bytes)
                bytes.append(UInt8(ascii: "]"))
            }
        }
        samples.add("totalQueryableSamples", integer: statistics.queryableSamples, to: &bytes)
        samples.add("samplesRead", integer: statistics.samplesRead, to: &bytes)
        samples.add("peakSamples", integer: statistics.peakSamples, to: &bytes)
        samples.close(&bytes)
        object.addName("memory", to: &bytes)
        var memory = JSONObject(&bytes)
        memory.add("peakBytes", integer: statistics.peakMemoryBytes, to: &bytes)
        memory.close(&bytes)
        object.close(&bytes)
    }
}
