import ApusInterchange
import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation

/// A label set with a metric's name and other labels.
func series(_ name: String, _ labels: [String: String] = [:]) -> LabelSet {
    var builder = LabelSetBuilder()
    builder.set("__name__", to: name)
    for (name, value) in labels { builder.set(name, to: value) }
    return builder.labelSet()
}

extension SampleColumns {
    /// Whether two columns have the same samples, bit by bit; what is known of resets does not matter.
    func isSame(as other: SampleColumns) -> Bool {
        timestamps == other.timestamps && values.map(\.bitPattern) == other.values.map(\.bitPattern)
            && histograms.count == other.histograms.count
            && zip(histograms, other.histograms).allSatisfy {
                $0.position == $1.position && $0.histogram.hasSameContent(as: $1.histogram)
                    && $0.histogram.zeroThreshold.bitPattern == $1.histogram.zeroThreshold.bitPattern
            }
    }

    /// Samples of a seeded shape: floats of several kinds, staleness markers, and native histograms when wanted.
    static func random(
        count: Int, from start: Int64, step: Int64 = 15_000, histograms: Bool = false,
        using generator: inout SeededGenerator
    ) -> SampleColumns {
        var columns = SampleColumns()
        var time = start
        var value = Double(Int.random(in: 0...1_000, using: &generator))
        let odd: [Double] = [
            .infinity, -.infinity, -0.0, SpecialValue.staleMarker, SpecialValue.normalNaN, .leastNonzeroMagnitude, 0.1,
        ]
        var histogram = NativeHistogram.random(using: &generator)
        for _ in 0..<count {
            if histograms, Int.random(in: 0..<10, using: &generator) > 0 {
                switch Int.random(in: 0..<12, using: &generator) {
                case 0: histogram = .random(using: &generator)
                case 1: histogram = .randomCustom(using: &generator)
                case 2:
                    histogram = NativeHistogram.random(using: &generator).with(hint: .gauge)
                    histogram.sum = 0.1
                case 3: histogram.count += 0.5
                default:
                    histogram.count += 2
                    histogram.zeroCount += histogram.isCustom ? 0 : 1
                    for bucket in histogram.positiveBuckets.indices {
                        histogram.positiveBuckets[bucket] += Double(Int.random(in: 0...3, using: &generator))
                    }
                }
                columns.append(histogram, at: time)
            } else {
                value += Double(Int.random(in: 0...20, using: &generator))
                let isOdd = Int.random(in: 0..<20, using: &generator) == 0
                columns.append(isOdd ? odd.randomElement(using: &generator) ?? 0 : value, at: time)
            }
            time +=
                step
                + (Int.random(in: 0..<4, using: &generator) == 0 ? Int64.random(in: -50...50, using: &generator) : 0)
        }
        return columns
    }
}

/// Series by labels, kept in memory, as a store.
typealias SeriesTable = [LabelSet: SampleColumns]

/// Writes series to a Prometheus block in `folder` and gives the block's folder.
func writeBlock(_ table: SeriesTable, in folder: String, name: String = "01ARZ3NDEKTSV4RRFFQ69G5FAV") throws -> String {
    var writer = try PrometheusBlockWriter(parent: folder, identifier: name)
    for labels in table.keys.sorted() { try writer.add(labels, samples: table[labels] ?? SampleColumns()) }
    _ = try writer.finish()
    return "\(folder)/\(name)"
}

/// The series of a Prometheus block.
func readBlock(_ folder: String) throws -> SeriesTable {
    let block = try PrometheusBlock(folder: folder)
    var table: SeriesTable = [:]
    for position in 0..<block.seriesCount {
        var columns = SampleColumns()
        let labels = try block.read(position, range: .min ... .max, into: &columns)
        table[labels] = columns
    }
    return table
}

extension Queryable {
    /// All series with samples in a range.
    func table(from start: Int64 = .min, through end: Int64 = .max) throws -> SeriesTable {
        let selection = try querier(from: start, through: end).select([])
        var table: SeriesTable = [:]
        for index in 0..<selection.count {
            var columns = SampleColumns()
            try selection.read(index, from: start, through: end, into: &columns)
            if columns.count > 0 { table[selection.labels(at: index)] = columns }
        }
        return table
    }
}

/// The labels of the series in which two tables differ; empty when they are the same.
func differences(_ a: SeriesTable, _ b: SeriesTable) -> [String] {
    Set(a.keys).union(b.keys).filter { labels in
        guard let left = a[labels], let right = b[labels] else { return true }
        return !left.isSame(as: right)
    }.map(\.description).sorted()
}

/// A file's bytes with something changed.
func change(_ path: String, _ body: (inout [UInt8]) -> Void) throws {
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    body(&bytes)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
}
