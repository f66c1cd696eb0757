import ApusBytes

/// What a remembered line is.
enum LineKind: UInt8 {
    case series
    case type
    case help
    case unit
}

/// What must agree besides the text for two lines to be one: the format, and of a series the context.
struct LineKey: Equatable {
    private let bits: UInt8

    /// The key of a series in a context.
    init(_ format: ExpositionFormat, _ context: SeriesContext) {
        bits = context.rawValue | Self.bits(of: format)
    }

    /// The key of a metadata line.
    init(metadataIn format: ExpositionFormat) {
        bits = 3 | Self.bits(of: format)
    }

    /// The format in which the line was read.
    var format: ExpositionFormat {
        switch bits & 12 {
        case 4: .openMetrics
        case 8: .protobuf
        default: .text
        }
    }

    private static func bits(of format: ExpositionFormat) -> UInt8 {
        switch format {
        case .text: 0
        case .openMetrics: 4
        case .protobuf: 8
        }
    }

    /// What the key adds to a hash.
    var salt: UInt64 { UInt64(bits) << 40 | UInt64(bits) }
}

/// A line that a target has exposed before: of a sample the series' text, of metadata the whole line.
///
/// Protocol buffers have no lines: there a series' text is the flat run of its labels, and that of metadata is made by
/// `FamilyText`.
struct KnownLine {
    /// Where the text begins in the arena.
    var start: UInt32
    var length: UInt32
    /// Of a series its slot, of metadata the number of its family.
    var target: UInt32
    /// The last body in which the line stood, kept up only when it leaves the order.
    var lastSeen: UInt32
    /// Where the line stands in the current order; may be out of date, so it is checked before use.
    var position: UInt32
    var kind: LineKind
    var key: LineKey
    /// Of a series the context in which it was read, of a TYPE line the context that it sets.
    var context: SeriesContext

    var range: Range<Int> { Int(start)..<(Int(start) + Int(length)) }
}

/// The lines that a target has exposed, found by their text.
///
/// Texts lie back to back in one arena in order of first appearance, which is nearly the order of the next body.
struct KnownLines {
    private(set) var arena: [UInt8] = []
    var lines: [KnownLine] = []
    /// Line number plus one in the lower half and the upper half of the hash; 0 when free.
    ///
    /// The count is a power of two.
    private var table: [UInt64] = Array(repeating: 0, count: 16)
    private let hash = SeededHash.perProcess

    /// Greater lines and arenas would not fit the 32-bit offsets.
    static let maximumBytes = Int(UInt32.max)

    /// The number of the line with this text, or `nil`.
    func find(_ text: Span<UInt8>, key: LineKey) -> Int? {
        let hash = hash.hash(text) ^ key.salt
        let mask = table.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let entry = table[slot]
            if entry == 0 { return nil }
            if entry >> 32 == hash >> 32 {
                let number = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1
                let line = lines[number]
                if line.key == key, equalBytes(arena.span.extracting(line.range), text) { return number }
            }
            slot = (slot + 1) & mask
        }
    }

    /// Adds a line that is not known yet and gives its number; `nil` when the arena is full.
    mutating func add(
        _ text: Span<UInt8>,
        _ kind: LineKind,
        key: LineKey,
        context: SeriesContext,
        target: UInt32
    ) -> Int? {
        guard arena.count + text.count < Self.maximumBytes, lines.count < Int(UInt32.max) - 1 else { return nil }
        let line = KnownLine(
            start: UInt32(arena.count), length: UInt32(text.count), target: target, lastSeen: 0, position: 0,
            kind: kind,
            key: key, context: context)
        unsafe text.withUnsafeBufferPointer { unsafe arena.append(contentsOf: $0) }
        lines.append(line)
        if lines.count * 4 > table.count * 3 {
            rebuildTable()
        } else {
            insert(lines.count - 1)
        }
        return lines.count - 1
    }

    /// Forgets the lines from `lineCount` on, which were added last.
    mutating func truncate(toLineCount lineCount: Int) {
        guard lineCount < lines.count else { return }
        // New arrays, so that the memory of a huge body that was refused is not kept.
        arena = Array(arena[..<Int(lines[lineCount].start)])
        lines = Array(lines[..<lineCount])
        rebuildTable()
    }

    /// Keeps the lines for which `isKept` says so, in their order.
    ///
    /// - Returns: The new number of each line, or `UInt32.max` for one that is gone.
    mutating func filter(_ isKept: (KnownLine) -> Bool) -> [UInt32] {
        var kept = KnownLines()
        var numbers = [UInt32](repeating: .max, count: lines.count)
        for (number, line) in lines.enumerated() where isKept(line) {
            numbers[number] = UInt32(kept.lines.count)
            var moved = line
            moved.start = UInt32(kept.arena.count)
            kept.arena.append(contentsOf: arena[line.range])
            kept.lines.append(moved)
        }
        kept.rebuildTable()
        self = kept
        return numbers
    }

    /// The text of a line.
    func text(of number: Int) -> ArraySlice<UInt8> {
        arena[lines[number].range]
    }

    private mutating func insert(_ number: Int) {
        let line = lines[number]
        let hash = hash.hash(arena.span.extracting(line.range)) ^ line.key.salt
        let mask = table.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while table[slot] != 0 { slot = (slot + 1) & mask }
        table[slot] = (hash & 0xFFFF_FFFF_0000_0000) | UInt64(number + 1)
    }

    private mutating func rebuildTable() {
        var size = 16
        while size < lines.count * 2 { size *= 2 }
        table = Array(repeating: 0, count: size)
        for number in lines.indices { insert(number) }
    }
}
