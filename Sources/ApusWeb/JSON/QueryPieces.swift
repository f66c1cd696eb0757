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
        if let statistics {
            JSONText.append(literal: ",\"stats\":", to: &bytes)
            StatisticsText.append(statistics, to: &bytes)
        }
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
        JSONText.append(literal: sample.histogram == nil ? ",\"value\":[" : ",\"histogram\":[", to: &bytes)
        JSONText.append(timestamp: sample.timestamp, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        if let histogram = sample.histogram {
            HistogramText.append(histogram, to: &bytes)
        } else {
            JSONText.append(sampleValue: sample.value, to: &bytes)
        }
        JSONText.append(literal: "]}", to: &bytes)
    }
}
