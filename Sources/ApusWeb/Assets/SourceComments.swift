/// Leaves comments out of what browsers get: a fifth of the interface's bytes explains it to its developers.
package enum SourceComments {
    /// JavaScript or CSS without the comments that stand on lines of their own; every line keeps its number.
    ///
    /// A line counts as a comment when it starts with `//` or `/*`. Code is never looked into, so a text over several lines
    /// must not have such lines.
    package static func removed(from source: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(source.count)
        var isInBlock = false
        for (number, line) in source.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        {
            if number > 0 { result.append(UInt8(ascii: "\n")) }
            let text = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            if !isInBlock {
                if text.starts(with: "//".utf8) { continue }
                guard text.starts(with: "/*".utf8) else {
                    result += line
                    continue
                }
                isInBlock = true
            }
            // What follows the end of the comment is code, such as the expression of a type cast.
            if let end = endOfBlock(in: text) {
                isInBlock = false
                let rest = text[end...]
                if rest.contains(where: { $0 != UInt8(ascii: " ") }) { result += rest }
            }
        }
        return result
    }

    private static func endOfBlock(in line: ArraySlice<UInt8>) -> Int? {
        line.indices.dropFirst().first { line[$0] == UInt8(ascii: "/") && line[$0 - 1] == UInt8(ascii: "*") }
            .map { $0 + 1 }
    }
}
