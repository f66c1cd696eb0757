import ApusBytes
import ApusModel
import ApusRemote

/// One series of a request that a test writes.
struct WrittenSeries {
    var labels: [(String, String)]
    var samples: [(value: Double, timestamp: Int64)] = []
    var exemplars: [(labels: [(String, String)], value: Double, timestamp: Int64)] = []
    var histograms: [WrittenHistogram] = []
    /// What a 2.0 request says of the metric.
    var metadata: WrittenMetadata?
}

/// What is said of a metric family.
struct WrittenMetadata {
    var type: UInt64
    var family = ""
    var help = ""
    var unit = ""
}

/// A histogram as a sender writes it.
struct WrittenHistogram {
    var timestamp: Int64
    var sum = 0.0
    var schema: Int32 = 0
    var zeroThreshold = 0.001
    var zeroCount: UInt64 = 0
    var spans: [(offset: Int32, length: UInt32)] = []
    /// Absolute populations of the positive buckets.
    var populations: [Int64] = []
    var count: UInt64?
    /// Written as floats in place of deltas.
    var isFloat = false
    var customBounds: [Double] = []
    var hint: UInt64 = 0

    func write(_ writer: inout ProtobufWriter) {
        let total = count ?? zeroCount &+ UInt64(populations.reduce(0, &+))
        if isFloat {
            writer.appendDouble(2, Double(total))
            writer.appendDouble(7, Double(zeroCount))
            writer.appendDoubles(13, populations.map(Double.init))
        } else {
            writer.appendUnsigned(1, total)
            writer.appendUnsigned(6, zeroCount)
            var previous: Int64 = 0
            var deltas: [Int64] = []
            for population in populations {
                deltas.append(population &- previous)
                previous = population
            }
            writer.appendZigZags(12, deltas)
        }
        writer.appendDouble(3, sum)
        writer.appendZigZag(4, Int64(schema))
        writer.appendDouble(5, zeroThreshold)
        for span in spans {
            writer.appendMessage(11) { inner in
                inner.appendZigZag(1, Int64(span.offset))
                inner.appendUnsigned(2, UInt64(span.length))
            }
        }
        if hint > 0 { writer.appendUnsigned(14, hint) }
        writer.appendSigned(15, timestamp)
        if !customBounds.isEmpty { writer.appendDoubles(16, customBounds) }
    }
}

enum RequestWriter {
    /// The message of remote write 1.0, not compressed.
    static func version1(_ series: [WrittenSeries], metadata: [WrittenMetadata] = []) -> [UInt8] {
        var writer = ProtobufWriter()
        for one in series {
            writer.appendMessage(1) { message in
                for label in one.labels {
                    message.appendMessage(1) { Self.write(label, to: &$0) }
                }
                for sample in one.samples { message.appendMessage(2) { write(sample, to: &$0) } }
                for exemplar in one.exemplars {
                    message.appendMessage(3) { inner in
                        for label in exemplar.labels { inner.appendMessage(1) { Self.write(label, to: &$0) } }
                        inner.appendDouble(2, exemplar.value)
                        inner.appendSigned(3, exemplar.timestamp)
                    }
                }
                for histogram in one.histograms { message.appendMessage(4) { histogram.write(&$0) } }
            }
        }
        for one in metadata {
            writer.appendMessage(3) { message in
                message.appendUnsigned(1, one.type)
                message.appendText(2, one.family)
                message.appendText(4, one.help)
                message.appendText(5, one.unit)
            }
        }
        return writer.bytes
    }

    /// The message of remote write 2.0, not compressed.
    static func version2(_ series: [WrittenSeries]) -> [UInt8] {
        var symbols = [""]
        func reference(_ text: String) -> UInt32 {
            if let known = symbols.firstIndex(of: text) { return UInt32(known) }
            symbols.append(text)
            return UInt32(symbols.count - 1)
        }
        func references(_ labels: [(String, String)]) -> [UInt32] {
            labels.flatMap { [reference($0.0), reference($0.1)] }
        }
        var writer = ProtobufWriter()
        for one in series {
            writer.appendMessage(5) { message in
                message.appendUnsigneds(1, references(one.labels))
                for sample in one.samples { message.appendMessage(2) { write(sample, to: &$0) } }
                for histogram in one.histograms { message.appendMessage(3) { histogram.write(&$0) } }
                for exemplar in one.exemplars {
                    message.appendMessage(4) { inner in
                        inner.appendUnsigneds(1, references(exemplar.labels))
                        inner.appendDouble(2, exemplar.value)
                        inner.appendSigned(3, exemplar.timestamp)
                    }
                }
                message.appendMessage(5) { inner in
                    guard let said = one.metadata else { return }
                    inner.appendUnsigned(1, said.type)
                    inner.appendUnsigned(3, UInt64(reference(said.help)))
                    inner.appendUnsigned(4, UInt64(reference(said.unit)))
                }
            }
        }
        for symbol in symbols { writer.appendText(4, symbol) }
        return writer.bytes
    }

    private static func write(_ label: (String, String), to writer: inout ProtobufWriter) {
        writer.appendText(1, label.0)
        writer.appendText(2, label.1)
    }

    private static func write(_ sample: (value: Double, timestamp: Int64), to writer: inout ProtobufWriter) {
        writer.appendDouble(1, sample.value)
        writer.appendSigned(2, sample.timestamp)
    }
}
