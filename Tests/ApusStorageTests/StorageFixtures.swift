import ApusBytes
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

extension Storage {
    /// Appends one sample to each series.
    @discardableResult
    func store(_ labels: [LabelSet], at time: Int64, value: (Int) -> Double) throws -> AppendOutcome {
        var batch = SampleBatch(timestamp: time)
        batch.references = try resolve(labels)
        batch.values = labels.indices.map(value)
        return try append(batch)
    }

    /// The samples of selected series by label set; series without samples in the range are left out.
    func samples(
        _ matchers: [Matcher], from start: Int64 = .min, through end: Int64 = .max
    ) throws -> [LabelSet: SampleColumns] {
        try querier(from: start, through: end).samples(matchers, from: start, through: end)
    }
}

extension Querier {
    /// The samples of selected series by label set; series without samples in the range are left out.
    func samples(_ matchers: [Matcher], from start: Int64 = .min, through end: Int64 = .max) throws -> [LabelSet:
        SampleColumns]
    {
        let selection = try select(matchers)
        var result: [LabelSet: SampleColumns] = [:]
        for index in 0..<selection.count {
            var columns = SampleColumns()
            try selection.read(index, from: start, through: end, into: &columns)
            if columns.count > 0 { result[selection.labels(at: index)] = columns }
        }
        return result
    }
}

/// Keeps what a store reports.
typealias EventLog = EventCollector<StorageEvent>

/// The checksum of the store's files.
func crc(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    CRC32C.checksum(Array(bytes).span)
}

/// Runs a program to its end; says whether it could and did well.
func runProgram(_ path: String, _ arguments: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
}
