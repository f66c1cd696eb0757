/// The line of a text in which a run of bytes begins, with a mark below the run.
enum Excerpt {
    /// A longer line is cut around the run.
    private static let maxLength = 160

    /// Two lines: the text and the mark.
    ///
    /// - Parameters:
    ///   - start: the offset of the first byte; beyond the end counts as the end.
    ///   - end: the offset after the last byte.
    static func lines(of text: String, start: Int, end: Int) -> [String] {
        let bytes = Array(text.utf8)
        let start = min(max(0, start), bytes.count)
        let end = min(max(start, end), bytes.count)
        let newline = UInt8(ascii: "\n")
        let lineStart = bytes[..<start].lastIndex(of: newline).map { $0 + 1 } ?? 0
        let lineEnd = bytes[start...].firstIndex(of: newline) ?? bytes.count
        let before = characters(bytes[lineStart..<start])
        let marked = characters(bytes[start..<min(end, lineEnd)])
        let after = characters(bytes[min(max(start, end), lineEnd)..<lineEnd])
        let shownBefore = before.count > maxLength / 2 ? "…" + before.suffix(maxLength / 2) : before
        let shownMarked = marked.count > maxLength / 2 ? marked.prefix(maxLength / 2) + "…" : marked
        let mark = "^" + String(repeating: "~", count: max(0, shownMarked.count - 1))
        return [
            shownBefore + shownMarked + String(after.prefix(maxLength / 2)),
            String(repeating: " ", count: shownBefore.count) + mark,
        ]
    }

    /// The text with one character for each tab and control character, so that the mark stands below its place.
    private static func characters(_ bytes: ArraySlice<UInt8>) -> String {
        Terminal.harmless(String(decoding: bytes, as: UTF8.self).replacing("\t", with: " "))
    }
}
