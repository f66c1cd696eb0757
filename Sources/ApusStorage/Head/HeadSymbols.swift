import ApusBytes
import ApusModel

/// Finds the number of a text among those of `HeadLabels`: open addressing over seeded hashes.
struct HeadSymbols {
    /// Symbol plus one, or 0 for a free place; the count is a power of two.
    private var table: [UInt32] = Array(repeating: 0, count: 64)
    private let hash: SeededHash

    /// A table without symbols.
    init(hash: SeededHash) {
        self.hash = hash
    }

    /// The bytes of memory of the table.
    var memoryBytes: Int { table.capacity * 4 }

    /// The symbol of a text, or `nil` when it has none.
    func find(_ text: Span<UInt8>, in labels: borrowing HeadLabels) -> UInt32? {
        let found = table[place(of: text, in: labels)]
        return found == 0 ? nil : found - 1
    }

    /// The symbol of a text, made if the text is new; `nil` when there are too many.
    mutating func intern(_ text: Span<UInt8>, in labels: inout HeadLabels) -> UInt32? {
        let place = place(of: text, in: labels)
        if table[place] != 0 { return table[place] - 1 }
        guard labels.symbolCount < Int(UInt32.max) - 1 else { return nil }
        let symbol = labels.append(text: text)
        table[place] = symbol + 1
        if labels.symbolCount * 3 > table.count * 2 { grow(labels) }
        return symbol
    }

    private func place(of text: Span<UInt8>, in labels: borrowing HeadLabels) -> Int {
        let mask = table.count - 1
        var place = Int(truncatingIfNeeded: hash.hash(text)) & mask
        while table[place] != 0 {
            if labels.withText(of: table[place] - 1, { equalBytes($0, text) }) { return place }
            place = (place + 1) & mask
        }
        return place
    }

    private mutating func grow(_ labels: borrowing HeadLabels) {
        var larger = [UInt32](repeating: 0, count: table.count * 2)
        let mask = larger.count - 1
        for symbol in 0..<UInt32(labels.symbolCount) {
            var place = Int(truncatingIfNeeded: labels.withText(of: symbol) { hash.hash($0) }) & mask
            while larger[place] != 0 { place = (place + 1) & mask }
            larger[place] = symbol + 1
        }
        table = larger
    }
}
