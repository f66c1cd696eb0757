import ApusModel
import ApusStorage
import Dispatch
import Glibc

// Appends without end to the store in a folder and says on standard output what was acknowledged and what a query saw, until it is
// killed. Usage: CrashWriter <folder> <first step> <series> [maintain]; the last word adds what `Maintenance` does. Lines: `a <step>` after a batch was acknowledged, `q <step>` after
// a query saw the whole batch. A value follows from its step and series, so that the reader can check every sample.

let arguments = CommandLine.arguments
guard arguments.count == 4 || arguments.count == 5, let firstStep = Int(arguments[2]),
    let seriesCount = Int(arguments[3])
else {
    print("usage: CrashWriter <folder> <first step> <series> [maintain]")
    exit(2)
}

@Sendable
func say(_ text: String) {
    // One write per line, unbuffered: what was said must not be lost with the process.
    let bytes = Array("\(text)\n".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}

struct StepClock: WallClock {
    func now() -> Int64 { .max / 2 }
}

do {
    var options = StorageOptions()
    options.blockRange = 200_000
    options.segmentSize = 400_000
    options.maximumExemplars = 500
    options.checkpointLogSize = 100_000
    options.maximumSealedBytes = 10_000
    options.maximumBlockRange = 1_800_000
    let storage = try Storage(folder: arguments[1], options: options, clock: StepClock()) { event in
        if event.severity != .info { say("e \(event)") }
    }
    say("r")
    let maintenance = Maintenance(storage, firstStep: firstStep)
    if arguments.count == 5 { DispatchQueue(label: "maintenance").async { maintenance.run() } }
    var batch = SampleBatch(timestamp: 0)
    var step = firstStep
    while true {
        let time = Int64(step) * 1_000
        batch.reset(timestamp: time)
        // A tenth of the series changes every 50 steps.
        let labels = (0..<seriesCount).map { number in
            let generation = number % 10 == 0 ? step / 50 : 0
            return LabelSet([
                Label(name: "__name__", value: "crash"), Label(name: "number", value: "\(number)"),
                Label(name: "generation", value: "\(generation)"),
            ])
        }
        batch.references = try storage.resolve(labels)
        batch.values = (0..<seriesCount).map { Double(step * 1_000 + $0) }
        // Every fourth series holds histograms and has exemplars.
        for number in stride(from: 3, to: seriesCount, by: 4) {
            var histogram = NativeHistogram()
            histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: 2)]
            histogram.positiveBuckets = [Double(step), Double(number)]
            histogram.count = Double(step + number)
            histogram.sum = batch.values[number]
            batch.histograms.append(SampleColumns.PositionedHistogram(position: number, histogram: histogram))
            let labels = LabelSet([Label(name: "trace_id", value: "\(step)")])
            batch.exemplars.append(
                SampleBatch.SeriesExemplar(
                    reference: batch.references[number],
                    exemplar: Exemplar(labels: labels, value: batch.values[number], timestamp: nil)))
        }
        let outcome = try storage.append(batch)
        guard outcome.appendedCount == seriesCount else {
            say("e step \(step): \(outcome)")
            exit(1)
        }
        say("a \(step)")
        if step % 7 == 0 {
            let selection = try storage.querier(from: time, through: time).select([Matcher("__name__", .equal, "crash")]
            )
            var columns = SampleColumns()
            for index in 0..<selection.count { try selection.read(index, from: time, through: time, into: &columns) }
            if columns.count == seriesCount {
                say("q \(step)")
            } else {
                say("e step \(step): \(columns.count) samples")
            }
        }
        if step % 20 == 0 { try storage.compact() }
        if step % 11 == 0 { storage.synchronize() }
        if step % 3 == 0 { storage.tendHead() }
        maintenance.note(step: step)
        if maintenance.hasFailed { exit(1) }
        step += 1
    }
} catch {
    say("e \(error)")
    exit(1)
}
