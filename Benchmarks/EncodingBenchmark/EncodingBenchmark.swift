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
        var writer = ByteWriter()
        var encoded: [[UInt8]] = []
        let encode = best {
            encoded.removeAll(keepingCapacity: true)
            for column in data {
                writer.bytes.removeAll(keepingCapacity: true)
                encoder.appendTimestamps(column.span, to: &writer)
                encoded.append(writer.bytes)
            }
        }
        var decoded: [Int64] = []
        let decode = try best {
            for column in encoded {
                decoded.removeAll(keepingCapacity: true)
                try decoder.decodeTimestamps(column.span.bytes, count: length, into: &decoded)
            }
        }
        guard decoded == data.last else { throw Mismatch(shape: "\(shape)") }
        report("\(shape)", "", encode, decode, encoded.reduce(0) { $0 + $1.count }, length, shape.floor)
    }

    private static func measure(_ shape: ValueSeries, _ effort: ColumnEncoder.Effort, length: Int) throws {
        var generator = FixedGenerator(state: 5)
        let data = (0..<columns).map { _ in shape.make(count: length, &generator) }
        var encoder = ColumnEncoder(effort: effort)
        var decoder = ColumnDecoder()
        var writer = ByteWriter()
        var encoded: [[UInt8]] = []
        let encode = best {
            encoded.removeAll(keepingCapacity: true)
            for column in data {
                writer.bytes.removeAll(keepingCapacity: true)
                encoder.appendValues(column.span, to: &writer)
                encoded.append(writer.bytes)
            }
        }
        var decoded: [Double] = []
        let decode = try best {
            for column in encoded {
                decoded.removeAll(keepingCapacity: true)
                try decoder.decodeValues(column.span.bytes, count: length, into: &decoded)
            }
        }
        guard decoded.map(\.bitPattern) == data.last?.map(\.bitPattern) else { throw Mismatch(shape: "\(shape)") }
        report(
            "\(shape)", effort == .quick ? "quick" : "thorough", encode, decode, encoded.reduce(0) { $0 + $1.count },
            length, shape.floor)
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
