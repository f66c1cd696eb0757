import ApusBytes
import ApusModel

/// The label sets of the head: texts by symbol and runs of symbols by slot, both in pages.
///
/// A copy shares all memory, and what is added to the original afterwards copies one page at most: selections keep such a copy and make
/// label sets when asked.
struct HeadLabels: Sendable {
    private static let symbolsPerPage = 512
    private static let slotsPerPage = 256
    /// Words before the runs of a page: start, number of symbols and bytes of the label set for each slot.
    private static let headerLength = 3 * slotsPerPage

    /// Texts back to back, each after its length as a varint: as they stand in the run of a label set.
    private struct TextPage {
        var bytes: [UInt8] = []
        /// Where each field begins, and the end of the last.
        var starts: [UInt32] = [0]
    }

    private var texts: [TextPage] = []
    private var runs: [[UInt32]] = []
    /// The number of symbols.
    private(set) var symbolCount = 0
    /// The bytes of the texts.
    private(set) var textBytes = 0

    /// Adds a text and gives its number.
    mutating func append(text: Span<UInt8>) -> UInt32 {
        if symbolCount % Self.symbolsPerPage == 0 { texts.append(TextPage()) }
        let page = texts.count - 1
        var writer = ByteWriter()
        writer.appendLengthPrefixed(text)
        texts[page].bytes.append(contentsOf: writer.bytes)
        texts[page].starts.append(UInt32(texts[page].bytes.count))
        textBytes += writer.count
        symbolCount += 1
        return UInt32(symbolCount - 1)
    }

    /// Gives a slot a run of symbols: name, value, name, value.
    mutating func setRun(of slot: UInt32, to symbols: [UInt32]) {
        let page = Int(slot) / Self.slotsPerPage
        while runs.count <= page { runs.append(Array(repeating: 0, count: Self.headerLength)) }
        let header = 3 * (Int(slot) % Self.slotsPerPage)
        var byteCount = 0
        for symbol in symbols { byteCount += fieldRange(symbol).count }
        runs[page][header] = UInt32(runs[page].count)
        runs[page][header + 1] = UInt32(symbols.count)
        runs[page][header + 2] = UInt32(byteCount)
        runs[page].append(contentsOf: symbols)
    }

    /// Calls `body` with the symbols of a slot's names and values.
    @inline(__always)
    func forEachPair(of slot: UInt32, _ body: (_ name: UInt32, _ value: UInt32) -> Void) {
        let page = runs[Int(slot) / Self.slotsPerPage]
        let header = 3 * (Int(slot) % Self.slotsPerPage)
        let start = Int(page[header])
        for position in stride(from: start, to: start + Int(page[header + 1]), by: 2) {
            body(page[position], page[position + 1])
        }
    }

    /// The symbol of the value that a slot has for a name, `nil` when it has none.
    func value(of name: UInt32, in slot: UInt32) -> UInt32? {
        var result: UInt32?
        forEachPair(of: slot) { if $0 == name { result = $1 } }
        return result
    }

    /// Whether a slot has exactly these symbols.
    func isRun(of slot: UInt32, equalTo symbols: [UInt32]) -> Bool {
        let page = runs[Int(slot) / Self.slotsPerPage]
        let header = 3 * (Int(slot) % Self.slotsPerPage)
        let start = Int(page[header])
        return Int(page[header + 1]) == symbols.count && page[start..<(start + symbols.count)].elementsEqual(symbols)
    }

    /// Calls `body` with the text of a symbol.
    @inline(__always)
    func withText<Result>(of symbol: UInt32, _ body: (Span<UInt8>) -> Result) -> Result {
        let page = texts[Int(symbol) / Self.symbolsPerPage]
        var reader = ByteReader(page.bytes.span.extracting(fieldRange(symbol)))
        // What was written here reads back.
        guard let text = try? reader.readLengthPrefixed() else { return body([UInt8]().span) }
        return body(Span<UInt8>(_bytes: text))
    }

    /// The text of a symbol.
    func text(of symbol: UInt32) -> String {
        withText(of: symbol) { String(copying: $0) }
    }

    /// Appends the flat run of a slot's label set.
    func appendRun(of slot: UInt32, to writer: inout ByteWriter) {
        forEachPair(of: slot) { name, value in
            appendField(name, to: &writer.bytes)
            appendField(value, to: &writer.bytes)
        }
    }

    /// Appends the number of symbols of a slot and the symbols.
    func appendSymbols(of slot: UInt32, to writer: inout ByteWriter) {
        let page = runs[Int(slot) / Self.slotsPerPage]
        let header = 3 * (Int(slot) % Self.slotsPerPage)
        let start = Int(page[header])
        let count = Int(page[header + 1])
        writer.appendVarint(UInt64(count))
        for position in start..<(start + count) { writer.appendVarint(UInt64(page[position])) }
    }

    /// The label set of a slot.
    func labelSet(of slot: UInt32) -> LabelSet {
        let page = runs[Int(slot) / Self.slotsPerPage]
        let header = 3 * (Int(slot) % Self.slotsPerPage)
        let symbols = Int(page[header])..<Int(page[header] + page[header + 1])
        let run = unsafe [UInt8](unsafeUninitializedCapacity: Int(page[header + 2])) { output, count in
            for position in symbols {
                let text = Int(page[position]) / Self.symbolsPerPage
                let field = fieldRange(page[position])
                unsafe texts[text].bytes.withUnsafeBufferPointer { bytes in
                    // The run of a slot was measured when it was set: its fields fill the capacity.
                    guard let source = bytes.baseAddress, let target = output.baseAddress else { return }
                    unsafe (target + count).update(from: source + field.lowerBound, count: field.count)
                }
                count += field.count
            }
        }
        return LabelSet(uncheckedRun: run)
    }

    /// Where the field of a symbol lies in its page.
    @inline(__always)
    private func fieldRange(_ symbol: UInt32) -> Range<Int> {
        let page = Int(symbol) / Self.symbolsPerPage
        let index = Int(symbol) % Self.symbolsPerPage
        return Int(texts[page].starts[index])..<Int(texts[page].starts[index + 1])
    }

    @inline(__always)
    private func appendField(_ symbol: UInt32, to bytes: inout [UInt8]) {
        let range = fieldRange(symbol)
        unsafe texts[Int(symbol) / Self.symbolsPerPage].bytes.withUnsafeBufferPointer { all in
            unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: all[range]))
        }
    }
}
