/// The lines in which two texts differ, with the longest run of lines in common left in place.
enum LineDifference {
    /// Texts with more lines are not compared line by line, whose cost grows with the square.
    private static let maximumLines = 2_000

    /// The lines of a text without blanks around them; empty ones are left out.
    static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map(trimmed).filter { !$0.isEmpty }
    }

    /// The lines of both texts, `- ` before those of the first only and `+ ` before those of the second only.
    static func text(from first: [String], to second: [String]) -> String {
        guard first.count <= maximumLines, second.count <= maximumLines else {
            return "\(first.count) lines expected, \(second.count) exposed"
        }
        // common[i][j]: how many lines the rests from i and j have in common.
        var common = Array(repeating: Array(repeating: 0, count: second.count + 1), count: first.count + 1)
        for i in first.indices.reversed() {
            for j in second.indices.reversed() {
                common[i][j] =
                    first[i] == second[j] ? common[i + 1][j + 1] + 1 : max(common[i + 1][j], common[i][j + 1])
            }
        }
        var lines: [String] = []
        var (i, j) = (0, 0)
        while i < first.count || j < second.count {
            if i < first.count, j < second.count, first[i] == second[j] {
                lines.append("  " + first[i])
                i += 1
                j += 1
            } else if j == second.count || (i < first.count && common[i + 1][j] >= common[i][j + 1]) {
                lines.append("- " + first[i])
                i += 1
            } else {
                lines.append("+ " + second[j])
                j += 1
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func trimmed(_ line: Substring) -> String {
        var line = line
        while line.first?.isWhitespace == true { line.removeFirst() }
        while line.last?.isWhitespace == true { line.removeLast() }
        return String(line)
    }
}
