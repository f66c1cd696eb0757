import ApusModel
import ApusStorage
import Dispatch
import Glibc

// Appends without end to the store in a folder and says on standard output what was acknowledged and what a query saw, until it is
// killed. Usage: CrashWriter <folder> <first step> <series> [maintain] [persist]; `maintain` adds what `Maintenance` does and samples that
// come late, `persist` goes on when the store refuses something. A value follows from its step and series, so that the reader can check
// every sample. Lines:
//
//   r                 the store is open
//   o <error>         the store could not be opened
//   a <step>          a batch was acknowledged
//   q <step>          a query saw the whole batch
//   l <milliseconds>  a batch of late samples was acknowledged
//   n <step> <error>  a batch was refused, and nothing of it stored
//   f <event>         something in the background failed and was reported
//   c <number>        so many failures the store has counted
//   e <text>          what must not be

let arguments = CommandLine.arguments
let words = Set(arguments.dropFirst(4))
guard arguments.count >= 4, let firstStep = Int(arguments[2]), let seriesCount = Int(arguments[3]),
    words.isSubset(of: ["maintain", "persist"])
else {
    print("usage: CrashWriter <folder> <first step> <series> [maintain] [persist]")
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

let persists = words.contains("persist")
let opened: Storage
do throws(StorageError) {
    var options = StorageOptions()
    options.blockRange = 200_000
    options.segmentSize = 400_000
    options.maximumExemplars = 500
    options.checkpointLogSize = 100_000
    options.maximumSealedBytes = 10_000
    options.maximumBlockRange = 1_800_000
    if words.contains("maintain") {
        options.maximumBlockRange = 600_000
        options.retention = 1_500_000
        options.outOfOrderWindow = 200_000
    }
    opened = try Storage(folder: arguments[1], options: options, clock: StepClock()) { event in
        if event.severity != .info { say(persists ? "f \(event)" : "e \(event)") }
    }
} catch {
    say("o \(error)")
    exit(3)
}
say("r")
let maintenance = words.contains("maintain") ? Maintenance(opened, firstStep: firstStep, persists: persists) : nil
if let maintenance { DispatchQueue(label: "maintenance").async { maintenance.run() } }
var work = Workload(opened, seriesCount: seriesCount, isMaintained: maintenance != nil, persists: persists)
do {
    var step = firstStep
    while maintenance?.hasFailed != true {
        try work.run(step)
        maintenance?.note(step: step)
        step += 1
    }
} catch {
    say("e \(error)")
}
exit(1)
