import ApusBytes
package import ApusModel
package import ApusStorage

/// Takes over samples from comma-separated values (RFC 4180) with names in the first line.
///
/// One column holds times, one or several hold values, all others are labels. A column called `metric` or `__name__` gives the
/// metric's name; without one each column of values is a metric of its own name.
package enum CSVImport {
    /// How columns are understood.
    package struct Layout: Sendable {
        /// The unit of times that are plain numbers.
        package enum TimeUnit: String, Sendable, CaseIterable {
            /// Seconds since the epoch.
            case seconds = "s"
            /// Milliseconds since the epoch.
            case milliseconds = "ms"
        }

        /// The column of times: RFC 3339, or numbers in `timeUnit`.
        package var timeColumn = "timestamp"
        /// The unit of times that are plain numbers.
        package var timeUnit = TimeUnit.seconds
        /// The columns of values; an empty field is no sample.
        package var valueColumns = ["value"]
        /// Labels that every series gets.
        package var labels: [Label] = []
        /// What stands between fields.
        package var separator = UInt8(ascii: ",")

        /// The usual layout.
        package init() {}

        /// The label that a text `name=value` stands for; `nil` when it is none.
        package static func label(_ text: String) -> Label? {
            guard let sign = text.firstIndex(of: "="), sign > text.startIndex else { return nil }
            return Label(name: String(text[..<sign]), value: String(text[text.index(after: sign)...]))
        }

        /// The separator that a text stands for, one character or `tab`; `nil` when it cannot separate fields.
        package static func separator(_ text: String) -> UInt8? {
            let bytes = Array((text == "tab" ? "\t" : text).utf8)
            guard bytes.count == 1, let byte = bytes.first, byte != UInt8(ascii: "\""), byte != 0x0A, byte != 0x0D
            else { return nil }
            return byte
        }
    }

    /// Reads `source` and writes its samples in a range of time to blocks, which it publishes.
    package static func run(
        _ source: TextSource, layout: Layout = Layout(), range: ClosedRange<Int64> = .min ... .max,
        into target: consuming BlockImport, options: ImportOptions = ImportOptions()
    ) throws(InterchangeError) -> ImportSummary {
        var summary = ImportSummary()
        do throws(InterchangeError) {
            var stage = try ImportStage(target: target.folder, options: options)
            var pieces = TextPieces(source)
            var rows = CSVRows(separator: layout.separator, name: source.name)
            var columns: CSVColumns?
            while let piece = try pieces.next() {
                try options.report("reading \(source.name)", pieces.fraction)
                try rows.read(piece.lines, isLast: piece.isLast) { row, line throws(InterchangeError) in
                    if columns == nil {
                        columns = try CSVColumns(row, layout: layout, name: source.name)
                    } else {
                        try columns?.add(row, line: line, range: range, to: &stage, counting: &summary)
                    }
                }
            }
            guard columns != nil else {
                throw .unusable("\(source.name) is empty: its first line should name the columns")
            }
            summary.series = stage.seriesCount
            summary.duplicates = try stage.write(to: &target, options: options)
            try target.publishAll(into: &summary)
            return summary
        } catch {
            target.discard()
            throw error
        }
    }
}

/// What the columns of a table mean.
private struct CSVColumns {
    private let name: String
    private let layout: CSVImport.Layout
    private let names: [String]
    private let timeColumn: Int
    private let metricColumn: Int?
    private let valueColumns: [Int]
    private let labelColumns: [Int]

    init(_ header: [String], layout: CSVImport.Layout, name: String) throws(InterchangeError) {
        func column(_ wanted: String) throws(InterchangeError) -> Int {
            if let position = header.firstIndex(of: wanted) { return position }
            throw .malformedText(
                path: name, line: 1, column: 1,
                reason: "no column is called \(QuotedText.quoted(wanted)); there are \(header.joined(separator: ", "))")
        }
        self.name = name
        self.layout = layout
        names = header
        timeColumn = try column(layout.timeColumn)
        metricColumn = header.firstIndex { $0 == "metric" || $0 == LabelSet.metricName }
        var values: [Int] = []
        for wanted in layout.valueColumns { values.append(try column(wanted)) }
        let used = Set(values + [timeColumn] + (metricColumn.map { [$0] } ?? []))
        valueColumns = values
        labelColumns = header.indices.filter { !used.contains($0) }
    }

    func add(
        _ row: [String], line: Int, range: ClosedRange<Int64>, to stage: inout ImportStage,
        counting summary: inout ImportSummary
    ) throws(InterchangeError) {
        guard row.count == names.count else {
            throw .malformedText(
                path: name, line: line, column: 1, reason: "\(row.count) fields, and \(names.count) columns have names")
        }
        guard let time = time(row[timeColumn]) else {
            throw .malformedText(
                path: name, line: line, column: timeColumn + 1,
                reason: "\(QuotedText.quoted(row[timeColumn])) is no time: RFC 3339 or a number")
        }
        guard range.contains(time) else {
            summary.outsideRange += valueColumns.count { !row[$0].isEmpty }
            return
        }
        for column in valueColumns where !row[column].isEmpty {
            var text = row[column]
            guard let value = text.withUTF8({ unsafe NumberText.parseFloat($0.span) }) else {
                throw .malformedText(
                    path: name, line: line, column: column + 1,
                    reason: "\(QuotedText.quoted(row[column])) is no number (columns count fields here)")
            }
            var builder = LabelSetBuilder()
            for label in layout.labels { builder.set(label.name, to: label.value) }
            for column in labelColumns { builder.set(names[column], to: row[column]) }
            builder.set(LabelSet.metricName, to: metricColumn.map { row[$0] } ?? names[column])
            try stage.add(value, at: time, series: try stage.number(of: builder.labelSet()))
        }
    }

    private func time(_ text: String) -> Int64? {
        if layout.timeUnit == .milliseconds, let number = Int64(text) {
            return TimestampText.validRange.contains(number) ? number : nil
        }
        return TimestampText.parse(text)
    }
}

/// Cuts lines of comma-separated values into fields; a field in quotes may hold newlines.
private struct CSVRows {
    private let separator: UInt8
    private let name: String
    private var line = 1
    private var row: [String] = []
    private var field: [UInt8] = []
    private var isInQuotes = false
    /// A quote inside quotes: the end, or the first of two.
    private var hasQuote = false
    private var rowLine = 1

    init(separator: UInt8, name: String) {
        self.separator = separator
        self.name = name
    }

    mutating func read(
        _ text: [UInt8], isLast: Bool, _ body: ([String], _ line: Int) throws(InterchangeError) -> Void
    ) throws(InterchangeError) {
        for byte in text {
            if byte == 0x0A { line += 1 }
            if isInQuotes, !hasQuote {
                if byte == UInt8(ascii: "\"") { hasQuote = true } else { field.append(byte) }
                continue
            }
            if hasQuote {
                hasQuote = false
                if byte == UInt8(ascii: "\"") {
                    field.append(byte)
                    continue
                }
                isInQuotes = false
            }
            switch byte {
            case separator: endField()
            case 0x0A: try endRow(body)
            case 0x0D: break
            case UInt8(ascii: "\"") where field.isEmpty: isInQuotes = true
            default: field.append(byte)
            }
        }
        guard isLast else { return }
        if isInQuotes, !hasQuote {
            throw .malformedText(path: name, line: rowLine, column: 1, reason: "a quoted field does not end")
        }
        if !field.isEmpty || !row.isEmpty { try endRow(body) }
    }

    private mutating func endField() {
        row.append(String(decoding: field, as: UTF8.self))
        field.removeAll(keepingCapacity: true)
    }

    private mutating func endRow(
        _ body: ([String], _ line: Int) throws(InterchangeError) -> Void
    ) throws(InterchangeError) {
        endField()
        // An empty line is none.
        if row != [""] { try body(row, rowLine) }
        row.removeAll(keepingCapacity: true)
        rowLine = line
    }
}
