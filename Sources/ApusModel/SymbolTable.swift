package import ApusBytes

/// The number of an interned text; meaningful only with the table that gave it.
package struct Symbol: Hashable, Sendable {
    /// The position in the table's order of first use.
    package let index: UInt32

    /// The symbol with the given number.
    package init(index: UInt32) {
        self.index = index
    }
}

/// Gives each distinct text a small number, so that label names and values are stored once.
///
/// Texts lie back to back in one arena; an open-addressing table over seeded hashes finds them (about 16 ns a look-up).
/// Nothing is ever removed: who needs that builds a new table.
package struct SymbolTable: Sendable {
    private var arena: [UInt8] = []
    /// `starts[i]..<starts[i + 1]` is the text of symbol `i`.
    private var starts: [Int] = [0]
    /// Symbol number plus one, or 0 for a free slot; the count is a power of two.
    private var slots: [UInt32]
    private let hash: SeededHash

    /// An empty table.
    package init(hash: SeededHash = .perProcess) {
        slots = Array(repeating: 0, count: 64)
        self.hash = hash
    }

    /// The number of distinct texts.
    package var count: Int { starts.count - 1 }

    /// The bytes of memory that texts and table occupy.
    package var memoryBytes: Int { arena.capacity + starts.capacity * 8 + slots.capacity * 4 }

    /// The symbol of `text`, made if the text is new.
    ///
    /// - Returns: `nil` when the table holds 2³²−2 texts already.
    package mutating func intern(_ text: Span<UInt8>) -> Symbol? {
        let slot = findSlot(text)
        if slots[slot] != 0 { return Symbol(index: slots[slot] - 1) }
        guard count < Int(UInt32.max) - 1 else { return nil }
        let symbol = UInt32(count)
        unsafe text.withUnsafeBufferPointer { unsafe arena.append(contentsOf: $0) }
        starts.append(arena.count)
        slots[slot] = symbol + 1
        if count * 3 > slots.count * 2 { grow() }
        return Symbol(index: symbol)
    }

    /// The symbol of `text`, or `nil` when the text was never interned.
    package func find(_ text: Span<UInt8>) -> Symbol? {
        let found = slots[findSlot(text)]
        return found == 0 ? nil : Symbol(index: found - 1)
    }

    /// The text of a symbol of this table.
    @_lifetime(borrow self)
    package func text(of symbol: Symbol) -> Span<UInt8> {
        arena.span.extracting(starts[Int(symbol.index)]..<starts[Int(symbol.index) + 1])
    }

    private func findSlot(_ text: Span<UInt8>) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash.hash(text)) & mask
        while slots[slot] != 0 {
            let index = Int(slots[slot] - 1)
            if equalBytes(arena.span.extracting(starts[index]..<starts[index + 1]), text) { return slot }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private mutating func grow() {
        var larger = [UInt32](repeating: 0, count: slots.count * 2)
        let mask = larger.count - 1
        for index in 0..<count {
            let text = arena.span.extracting(starts[index]..<starts[index + 1])
            var slot = Int(truncatingIfNeeded: hash.hash(text)) & mask
            while larger[slot] != 0 { slot = (slot + 1) & mask }
            larger[slot] = UInt32(index) + 1
        }
        slots = larger
    }
}
