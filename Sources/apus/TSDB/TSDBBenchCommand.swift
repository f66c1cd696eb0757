import ApusBytes
import ApusInterchange
import ApusModel
import ApusStorage
import ArgumentParser
import Glibc

/// `apus tsdb bench`: what writing takes on this machine.
struct TSDBBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Write made-up series and tell how fast, and in how much memory and space.",
        discussion: """
            Without a path the samples go to a folder under TMPDIR that is removed afterwards; a folder that is named must be \
            empty or missing, and stays. With --churn the report has each hour of data, to show whether what series that come and go \
            leave behind adds up: a day is --churn 5m --samples 5760.
            """)

    @Option(help: "How many series.")
    var series = 10_000
    @Option(help: "How many samples each series gets.")
    var samples = 960
    @Option(help: "The time between two samples of a series.")
    var interval = DurationOption(milliseconds: 15_000)
    @Option(help: "So often all series go and others come. (default: they stay)")
    var churn: DurationOption?
    @Option(name: .customLong("storage.tsdb.path"), help: "The folder to write to. (default: a temporary one)")
    var path: String?
    @Flag(help: "No progress on the standard error.")
    var quiet = false
    @Option(help: "table, or json for programs.")
    var format = TSDBOutputFormat.table

    func validate() throws {
        guard (1...10_000_000).contains(series) else {
            throw ValidationError("--series must be from 1 to 10000000, got \(series)")
        }
        guard (1...10_000_000).contains(samples) else {
            throw ValidationError("--samples must be from 1 to 10000000, got \(samples)")
        }
        guard interval.milliseconds > 0, interval.milliseconds <= 86_400_000 else {
            throw ValidationError("--interval must be from 1ms to 1d")
        }
        if let churn, churn.milliseconds < interval.milliseconds {
            throw ValidationError("--churn must not be shorter than --interval")
        }
    }

    func run() async throws {
        let folder = try BenchFolder(path)
        let interruption = Interruption { folder.remove() }
        let line = ProgressLine(isShown: !quiet, interruption: interruption)
        let shape = StorageBench.Shape(
            series: series, samples: samples, interval: interval.milliseconds, churn: churn?.milliseconds)
        let report = try await TSDBWork.run(interruption: interruption) { () throws(InterchangeError) in
            defer { folder.remove() }
            let bench = StorageBench(shape: shape, folder: folder.path) { fraction in
                line.show(Progress("writing", fraction: fraction))
            }
            do throws(BenchFailure) { return try bench.run() } catch {
                switch error {
                case .cancelled: throw .cancelled
                case .failed(let text): throw .unusable(text)
                }
            }
        }
        line.clear()
        switch format {
        case .json: print(json(report))
        case .table: for line in lines(report) { print(line) }
        }
    }

    private func lines(_ report: StorageBench.Report) -> [String] {
        let count = Double(max(1, report.samples))
        var lines = [
            "\(report.samples) samples of \(series) series in \(Self.number(report.writeSeconds)) s: "
                + "\(Int(count / max(1e-9, report.writeSeconds))) samples a second",
            "processor: \(Self.number(report.processorSeconds / count * 1e6)) s for a million samples",
            "memory: \(ShortNumber.bytes(report.memoryBytes)), \(report.memoryBytes / series) bytes a series",
            "disk: \(ShortNumber.bytes(report.diskBytes)), "
                + "\(Self.number(Double(report.diskBytes) / count)) bytes a sample",
        ]
        if report.blockSamples > 0 {
            let perSample = Self.number(Double(report.blockBytes) / Double(report.blockSamples))
            let size = ShortNumber.bytes(report.blockBytes)
            lines.append("blocks: \(report.blocks), \(size), \(perSample) bytes a sample")
        }
        if churn != nil {
            lines.append("\(report.seriesCreated) different series")
            lines.append(contentsOf: hourLines(report))
        }
        lines.append("opened again in \(Self.number(report.reopenSeconds)) s")
        if report.refusedSamples > 0 { lines.append("\(report.refusedSamples) samples were refused") }
        return lines
    }

    private func hourLines(_ report: StorageBench.Report) -> [String] {
        var table = TextTable(Self.hourColumns.map { TextTable.Column(name: $0, isNumeric: true) })
        for (number, hour) in report.hours.enumerated() {
            table.append([
                "\(number + 1)", "\(Int(Double(hour.samples) / max(1e-9, hour.writeSeconds)))",
                Self.number(hour.tendSeconds), ShortNumber.bytes(hour.memoryBytes), "\(hour.headSeries)",
                ShortNumber.bytes(hour.diskBytes), "\(hour.blocks)",
            ])
        }
        return table.lines(on: .standardOutput)
    }

    private static let hourColumns = [
        "hour", "samples a second", "seconds of compaction", "memory", "series in the head", "disk", "blocks",
    ]

    private func json(_ report: StorageBench.Report) -> String {
        let count = Double(max(1, report.samples))
        func field(_ name: String, _ value: Double) -> String { "\"\(name)\":\(NumberText.string(value, .json))" }
        return "{\"series\":\(series),\"samples\":\(report.samples),\"refused\":\(report.refusedSamples),"
            + [
                field("writeSeconds", report.writeSeconds),
                field("samplesPerSecond", count / max(1e-9, report.writeSeconds)),
                field("processorSecondsPerMillion", report.processorSeconds / count * 1e6),
                field("diskBytesPerSample", Double(report.diskBytes) / count),
                field("reopenSeconds", report.reopenSeconds),
            ].joined(separator: ",")
            + ",\"memoryBytes\":\(report.memoryBytes),\"memoryBytesPerSeries\":\(report.memoryBytes / series),"
            + "\"diskBytes\":\(report.diskBytes),\"blocks\":\(report.blocks),\"blockBytes\":\(report.blockBytes),"
            + "\"blockSamples\":\(report.blockSamples),\"seriesCreated\":\(report.seriesCreated),"
            + "\"hours\":[\(report.hours.map(Self.json).joined(separator: ","))]}"
    }

    private static func json(_ hour: StorageBench.Hour) -> String {
        "{\"samples\":\(hour.samples),\"writeSeconds\":\(NumberText.string(hour.writeSeconds, .json)),"
            + "\"tendSeconds\":\(NumberText.string(hour.tendSeconds, .json)),\"memoryBytes\":\(hour.memoryBytes),"
            + "\"diskBytes\":\(hour.diskBytes),\"headSeries\":\(hour.headSeries),\"blocks\":\(hour.blocks)}"
    }

    private static func number(_ value: Double) -> String {
        NumberText.string((value * 1_000).rounded() / 1_000, .json)
    }
}

/// The folder that is written to.
private struct BenchFolder: Sendable {
    let path: String
    private let isTemporary: Bool

    /// The folder at `path`, which must be empty or missing, or a new one under `TMPDIR`.
    init(_ path: String?) throws {
        if let path {
            let names = Folder.isFolder(path) ? (try? Folder.names(in: path)) ?? [] : []
            guard names.isEmpty else {
                throw CommandFailure("\(path) is not empty; name a folder that is, or is missing")
            }
            self.path = path
            isTemporary = false
        } else {
            let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
            self.path = "\(parent)/apus-bench-\(UInt64.random(in: .min ... .max))"
            isTemporary = true
        }
    }

    func remove() {
        guard isTemporary else { return }
        do throws(FileError) { try Folder.removeTree(path) } catch {
            Terminal.report(Terminal.harmless("\(error); remove it"))
        }
    }
}
