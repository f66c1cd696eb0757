import ApusBytes
import ApusEncoding
import Glibc

/// Measures the codecs of columns: one line per shape and effort, with nanoseconds and bytes a sample.
///
/// The floor beside them is what spec measurements of plain loops over pointers reached on such a machine.
@main
struct EncodingBenchmark {
    private static let columns = 400
    private static let rounds = 15

    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let lengths = arguments.isEmpty ? [240, 960] : arguments
        for length in lengths {
            print("\(columns) columns of \(length) samples, best of \(rounds) rounds, thread CPU time")
            print(Self.row("shape", "effort", "encode ns", "decode ns", "bytes", "floor ns"))
            for shape in TimestampSeries.allCases { try measure(shape, length: length) }
            for shape in ValueSeries.allCases {
                for effort in [ColumnEncoder.Effort.quick, .thorough] { try measure(shape, effort, length: length) }
            }
        }
    }

    private static func measure(_ shape: TimestampSeries, length: Int) throws {
        var generator = FixedGenerator(state: 3)
        let data = (0..<columns).map { _ in shape.make(count: length, &generator) }
        var encoder = ColumnEncoder()
        var decoder = ColumnDecoder()
        try measure("\(shape)", "", data, floor: shape.floor) {
            encoder.appendTimestamps($0.span, to: &$1)
        } decode: {
            try decoder.decodeTimestamps($0, count: length, into: &$1)
        } areSame: {
            $0 == $1
        }
    }

    private static func measure(_ shape: ValueSeries, _ effort: ColumnEncoder.Effort, length: Int) throws {
        var generator = FixedGenerator(state: 5)
        let data = (0..<columns).map { _ in shape.make(count: length, &generator) }
        var encoder = ColumnEncoder(effort: effort)
        var decoder = ColumnDecoder()
        try measure("\(shape)", effort == .quick ? "quick" : "thorough", data, floor: shape.floor) {
            encoder.appendValues($0.span, to: &$1)
        } decode: {
            try decoder.decodeValues($0, count: length, into: &$1)
        } areSame: {
            $0.map(\.bitPattern) == $1.map(\.bitPattern)
        }
    }

    /// Encodes and decodes columns of one length and reports what that takes.
    private static func measure<Element>(
        _ shape: String, _ effort: String, _ data: [[Element]], floor: String,
        encode: ([Element], inout ByteWriter) -> Void, decode: (RawSpan, inout [Element]) throws -> Void,
        areSame: ([Element], [Element]) -> Bool
    ) throws {
        var writer = ByteWriter()
        var encoded: [[UInt8]] = []
        let encodeTime = best {
            encoded.removeAll(keepingCapacity: true)
            for column in data {
                writer.bytes.removeAll(keepingCapacity: true)
                encode(column, &writer)
                encoded.append(writer.bytes)
            }
        }
        var decoded: [Element] = []
        let decodeTime = try best {
            for column in encoded {
                decoded.removeAll(keepingCapacity: true)
                try decode(column.span.bytes, &decoded)
            }
        }
        guard let last = data.last, areSame(decoded, last) else { throw Mismatch(shape: shape) }
        report(
            shape, effort, encodeTime, decodeTime, encoded.reduce(0) { $0 + $1.count }, last.count, floor)
    }

    private struct Mismatch: Error {
        var shape: String
    }

    private static func report(
        _ shape: String, _ effort: String, _ encode: Double, _ decode: Double, _ bytes: Int, _ length: Int,
        _ floor: String
    ) {
        let samples = Double(columns * length)
        print(
            row(
                shape, effort, rounded(encode / samples), rounded(decode / samples), rounded(Double(bytes) / samples),
                floor))
    }

    private static func row(_ cells: String...) -> String {
        let widths = [20, 9, 10, 10, 8, 9]
        return zip(cells, widths).map { cell, width in
            let padding = String(repeating: " ", count: max(0, width - cell.count))
            return width >= 10 && cell != cells[0] || width < 9 ? padding + cell : cell + padding
        }.joined(separator: " ")
    }

    private static func rounded(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }

    /// The least nanoseconds of processor time that the thread took in a round.
    private static func best(_ body: () throws -> Void) rethrows -> Double {
        var least = Double.infinity
        for _ in 0..<rounds {
            let start = now()
            try body()
            least = min(least, now() - start)
        }
        return least
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}
