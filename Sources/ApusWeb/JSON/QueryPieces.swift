import ApusModel
import ApusQuery

/// The data of a query's answer: `resultType`, `result` and, when asked for, `stats`.
struct QueryPieces: BodyPieces {
    private enum Stage {
        case opening
        case result
    }

    private let resultType: String
    private var result: any BodyPieces
    private let statistics: QueryStatistics?
    private var stage = Stage.opening

    /// The answer for `value`, with `statistics` when given.
    init(_ value: QueryValue, statistics: QueryStatistics?) {
        self.statistics = statistics
        switch value {
        case .scalar(let number, let timestamp):
            resultType = "scalar"
            result = WholePiece { bytes in
                Self.appendPair(timestamp, to: &bytes) { JSONText.append(sampleValue: number, to: &$0) }
            }
        case .string(let text, let timestamp):
            resultType = "string"
            result = WholePiece { bytes in
                Self.appendPair(timestamp, to: &bytes) { JSONText.append(text, to: &$0) }
            }
        case .vector(let samples):
            resultType = "vector"
            result = ArrayPieces(samples, appendElement: Self.append)
        case .matrix(let series):
            resultType = "matrix"
            result = MatrixPieces(series)
        }
    }

    mutating func append(to bytes: inout [UInt8], upTo size: Int) -> Bool {
        if stage == .opening {
            JSONText.append(literal: "{\"resultType\":", to: &bytes)
            JSONText.append(resultType, to: &bytes)
            JSONText.append(literal: ",\"result\":", to: &bytes)
            stage = .result
        }
        if result.append(to: &bytes, upTo: size) { return true }
        if let statistics { Self.append(statistics, to: &bytes) }
        bytes.append(UInt8(ascii: "}"))
        return false
    }

    private static func appendPair(_ timestamp: Int64, to bytes: inout [UInt8], value: (inout [UInt8]) -> Void) {
        bytes.append(UInt8(ascii: "["))
        JSONText.append(shortTimestamp: timestamp, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        value(&bytes)
        bytes.append(UInt8(ascii: "]"))
    }

    private static func append(_ sample: VectorSample, to bytes: inout [UInt8]) {
        JSONText.append(literal: "{\"metric\":", to: &bytes)
        JSONText.append(sample.labels, to: &bytes)
        JSONText.append(literal: ",\"value\":[", to: &bytes)
        JSONText.append(timestamp: sample.timestamp, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        JSONText.append(sampleValue: sample.value, to: &bytes)
        JSONText.append(literal: "]}", to: &bytes)
    }

    private static func append(_ statistics: QueryStatistics, to bytes: inout [UInt8]) {
        func appendSeconds(_ name: StaticString, _ nanoseconds: Int64) {
            JSONText.append(literal: name, to: &bytes)
            JSONText.append(number: Double(nanoseconds) / 1e9, to: &bytes)
        }
        let evaluation = statistics.evaluationNanoseconds
        let total = statistics.preparationNanoseconds + evaluation + statistics.sortNanoseconds
        appendSeconds(",\"stats\":{\"timings\":{\"evalTotalTime\":", total)
        appendSeconds(",\"resultSortTime\":", statistics.sortNanoseconds)
        appendSeconds(",\"queryPreparationTime\":", statistics.preparationNanoseconds)
        appendSeconds(",\"innerEvalTime\":", evaluation)
        appendSeconds(",\"execQueueTime\":", statistics.queueNanoseconds)
        appendSeconds(",\"execTotalTime\":", total + statistics.queueNanoseconds)
        JSONText.append(literal: "},\"samples\":{\"totalQueryableSamples\":", to: &bytes)
        JSONText.append(integer: statistics.samplesRead, to: &bytes)
        JSONText.append(literal: ",\"peakSamples\":", to: &bytes)
        JSONText.append(integer: statistics.peakSamples, to: &bytes)
        JSONText.append(literal: "}}", to: &bytes)
    }
}
