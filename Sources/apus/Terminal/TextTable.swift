/// A table of text with aligned columns.
struct TextTable: Sendable {
    /// A column's name and side.
    struct Column: Sendable {
        var name: String
        /// Whether cells stand at the right, as numbers do.
        var isNumeric = false
    }

    private static let gap = "  "
    /// A column is never cut below this.
    private static let narrowest = 8

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row with one cell for each column.
    mutating func append(_ row: [String]) {
        rows.append(row.map(Terminal.harmless))
    }

    /// The lines, the first with the names; columns that are too wide for the terminal are cut, the widest first.
    func lines(on terminal: Terminal) -> [String] {
        var widths = columns.map(\.name.count)
        for row in rows { for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.count) } }
        if let limit = terminal.width {
            var excess = widths.reduce(0, +) + Self.gap.count * max(0, columns.count - 1) - limit
            while excess > 0,
                let widest = widths.indices.filter({ !columns[$0].isNumeric }).max(by: { widths[$0] < widths[$1] }),
                widths[widest] > Self.narrowest
            {
                widths[widest] -= 1
                excess -= 1
            }
        }
        return [terminal.bold(line(columns.map(\.name), widths))] + rows.map { line($0, widths) }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = zip(cells.indices, cells).map { index, cell in
            let text = cell.count > widths[index] ? cell.prefix(max(0, widths[index] - 1)) + "…" : cell
            let space = String(repeating: " ", count: widths[index] - text.count)
            return columns[index].isNumeric ? space + text : text + space
        }
        var line = padded.joined(separator: Self.gap)
        while line.last == " " { line.removeLast() }
        return line
    }
}
