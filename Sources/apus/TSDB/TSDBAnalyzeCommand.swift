import ApusBytes
import ApusInterchange
import ApusModel
import ArgumentParser

/// `apus tsdb analyze`: what takes series, values and bytes.
struct TSDBAnalyzeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyze", abstract: "Tell what takes series, label values and bytes, and what comes and goes.")

    @OptionGroup var folder: DataFolderArgument
    @Option(help: "How many entries each list has.")
    var limit = 20
    @Option(help: "table, or json for programs.")
    var format = TSDBOutputFormat.table

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be at least 1, got \(limit)") }
    }

    func run() async throws {
        let limit = limit
        let analysis = try await folder.read { view throws(InterchangeError) in
            try FolderAnalysis(view.storage, limit: limit)
        }
        switch format {
        case .json: print(Self.json(analysis))
        case .table: for line in Self.lines(analysis, .standardOutput) { print(line) }
        }
    }

    private static func lists(_ analysis: FolderAnalysis) -> [(key: String, title: String, [FolderAnalysis.Entry])] {
        [
            ("seriesByMetric", "metrics with the most series", analysis.seriesByMetric),
            ("valuesByLabel", "labels with the most values", analysis.valuesByLabel),
            ("valueBytesByLabel", "labels with the most bytes of values", analysis.valueBytesByLabel),
            ("seriesByPair", "label pairs with the most series", analysis.seriesByPair),
            (
                "churnByPair", "label pairs whose series come and go (percent of the time they are absent, summed)",
                analysis.churnByPair
            ),
        ]
    }

    private static func lines(_ analysis: FolderAnalysis, _ terminal: Terminal) -> [String] {
        var lines: [String] = []
        if let times = analysis.times {
            let start = TimestampText.rfc3339(times.lowerBound)
            lines.append("\(analysis.series) series from \(start) to \(TimestampText.rfc3339(times.upperBound))")
        } else {
            lines.append("no series")
        }
        var columns = TextTable([
            TextTable.Column(name: "columns in blocks"), TextTable.Column(name: "columns", isNumeric: true),
            TextTable.Column(name: "samples", isNumeric: true), TextTable.Column(name: "size", isNumeric: true),
            TextTable.Column(name: "B/sample", isNumeric: true),
        ])
        for kind in analysis.columns {
            let perSample = kind.samples > 0 ? Double(kind.bytes) / Double(kind.samples) : 0
            columns.append([
                kind.name, String(kind.columns), String(kind.samples), ShortNumber.bytes(kind.bytes),
                NumberText.string((perSample * 1_000).rounded() / 1_000, .json),
            ])
        }
        if !analysis.columns.isEmpty { lines += [""] + columns.lines(on: terminal) }
        for (_, title, entries) in lists(analysis) where !entries.isEmpty {
            var table = TextTable([TextTable.Column(name: title), TextTable.Column(name: "count", isNumeric: true)])
            for entry in entries { table.append([entry.name, String(entry.count)]) }
            lines += [""] + table.lines(on: terminal)
        }
        return lines
    }

    private static func json(_ analysis: FolderAnalysis) -> String {
        var fields = ["\"series\":\(analysis.series)", "\"blockSamples\":\(analysis.blockSamples)"]
        if let times = analysis.times {
            fields += ["\"minTime\":\(times.lowerBound)", "\"maxTime\":\(times.upperBound)"]
        }
        let columns = analysis.columns.map { kind in
            "{\"kind\":\(JSONString.quoted(kind.name)),\"columns\":\(kind.columns),\"samples\":\(kind.samples),\"bytes\":\(kind.bytes)}"
        }
        fields.append("\"columns\":[\(columns.joined(separator: ","))]")
        for (key, _, entries) in lists(analysis) {
            let texts = entries.map { "{\"name\":\(JSONString.quoted($0.name)),\"count\":\($0.count)}" }
            fields.append("\"\(key)\":[\(texts.joined(separator: ","))]")
        }
        return "{" + fields.joined(separator: ",") + "}"
    }
}
