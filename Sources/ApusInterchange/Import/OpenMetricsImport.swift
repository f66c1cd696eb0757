import ApusBytes
import ApusExposition
import ApusModel
package import ApusStorage

/// Takes over samples from OpenMetrics text in which every sample has a timestamp.
///
/// The form is the one that `promtool tsdb create-blocks-from openmetrics` takes: series in any order, times in any order, `# EOF` at
/// the end. Classic histograms are series like others; exemplars are counted and left out.
package enum OpenMetricsImport {
    /// Reads `source` and writes its samples in a range of time to blocks, which it publishes.
    package static func run(
        _ source: TextSource, range: ClosedRange<Int64> = .min ... .max, into target: consuming BlockImport,
        options: ImportOptions = ImportOptions()
    ) throws(InterchangeError) -> ImportSummary {
        var summary = ImportSummary()
        do throws(InterchangeError) {
            var stage = try ImportStage(target: target.folder, options: options)
            (summary.exemplars, summary.outsideRange) = try read(source, range, into: &stage, options: options)
            summary.series = stage.seriesCount
            summary.duplicates = try stage.write(to: &target, options: options)
            try target.publishAll(into: &summary)
            return summary
        } catch {
            target.discard()
            throw error
        }
    }

    /// - Returns: the numbers of exemplars and of samples outside the range.
    private static func read(
        _ source: TextSource, _ range: ClosedRange<Int64>, into stage: inout ImportStage, options: ImportOptions
    ) throws(InterchangeError) -> (exemplars: Int, outsideRange: Int) {
        let name = source.name
        var pieces = TextPieces(source)
        var reader = ExpositionReader()
        var body = ScrapedBody()
        /// The stage's number of each of the reader's series.
        var numbers: [UInt32] = []
        var exemplars = 0
        var outsideRange = 0
        var linesBefore = 0
        // What the lines of a piece mean depends on the type that was stated last, perhaps in a piece before.
        var typeLine: [UInt8] = []
        while let piece = try pieces.next() {
            try options.report("reading \(name)", pieces.fraction)
            let text = typeLine + piece.lines + (piece.isLast ? [] : endLine)
            do throws(ExpositionError) {
                try reader.read(text.span, format: .openMetrics, into: &body)
            } catch {
                let line = max(1, error.line + linesBefore - (typeLine.isEmpty ? 0 : 1))
                throw .malformedText(
                    path: name, line: line, column: error.column,
                    reason: error.problem == .missingEOF
                        ? "the text does not end with # EOF: it is not whole, or no OpenMetrics" : error.description)
            }
            for position in 0..<body.count {
                let time = body.timestamps.isEmpty ? ScrapedBody.noTimestamp : body.timestamps[position]
                let slot = body.slots[position]
                guard time != ScrapedBody.noTimestamp else {
                    throw .unusable("\(name): the series \(reader.labels(of: slot)) has a sample without a timestamp")
                }
                guard range.contains(time) else {
                    outsideRange += 1
                    continue
                }
                while numbers.count <= Int(slot) { numbers.append(.max) }
                if numbers[Int(slot)] == .max { numbers[Int(slot)] = try stage.number(of: reader.labels(of: slot)) }
                try stage.add(body.values[position], at: time, series: numbers[Int(slot)])
            }
            exemplars += body.exemplars.count
            linesBefore += piece.lines.count { $0 == 0x0A }
            if let stated = lastTypeLine(of: piece.lines) { typeLine = stated }
        }
        return (exemplars, outsideRange)
    }

    private static let endLine = Array("# EOF\n".utf8)
    private static let typeKeyword = Array("# TYPE ".utf8)

    /// The last line of a text that states a type, with its newline.
    private static func lastTypeLine(of text: [UInt8]) -> [UInt8]? {
        var end = text.count
        while end > 0 {
            let start = text[..<(end - 1)].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
            if text[start] == typeKeyword[0], text[start..<end].starts(with: typeKeyword), text[end - 1] == 0x0A {
                return Array(text[start..<end])
            }
            end = start
        }
        return nil
    }
}
