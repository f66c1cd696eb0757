/// Remembers the children that were asked for last, by the bits of the strings they were asked for with.
///
/// Services ask for the same few children with the same strings again and again: literals, short texts, names that live as
/// long as the program. Two strings with the same bits are equal as long as one of them is held, whatever the bits mean,
/// because nobody can change the text of a string that another holds. So neither lengths nor bytes need be looked at.
/// Equal strings with other bits are not found here; `ChildIndex` finds those by their text.
struct RecentChildren {
    /// The number of values of a child; 0 remembers nothing.
    private let valueCount: Int
    /// The bits of the strings of each slot.
    private var words: [UInt64] = []
    /// The strings themselves, so that their bits stay theirs.
    private var held: [String] = []
    /// The number of each slot's child plus one; 0 when free.
    private var numbers: [Int] = []
    /// Which slot of a full neighbourhood is given up next.
    private var turn = 0

    /// The slots in which a child may be, from the one that its bits say.
    private static let reach = 4
    /// The most slots, which bounds the memory that strings held here take.
    private static let maximumSlots = 1_024

    init(valueCount: Int) {
        // The bits of a string are looked at as two words.
        self.valueCount = MemoryLayout<String>.size == 16 ? valueCount : 0
    }

    /// The number of the child that these very strings belonged to, or `nil`.
    @inline(__always)
    func find(_ values: Span<String>) -> Int? {
        guard valueCount > 0, values.count == valueCount, !numbers.isEmpty else { return nil }
        let mask = numbers.count &- 1
        let wordCount = 2 &* valueCount
        return unsafe values.withUnsafeBufferPointer { strings in
            let wanted = UnsafeRawBufferPointer(strings)
            var slot = unsafe Self.slot(of: wanted, wordCount: wordCount) & mask
            for _ in 0..<Self.reach {
                let number = numbers[slot]
                if number == 0 { return nil }
                var difference: UInt64 = 0
                let start = slot &* wordCount
                for index in 0..<wordCount {
                    difference |= unsafe words[start &+ index] ^ Self.word(index, of: wanted)
                }
                if difference == 0 { return number &- 1 }
                slot = (slot &+ 1) & mask
            }
            return nil
        }
    }

    /// Remembers that these strings belong to a child of `count`.
    mutating func remember(_ number: Int, _ values: Span<String>, of count: Int) {
        guard valueCount > 0, values.count == valueCount else { return }
        if count * 2 > numbers.count, numbers.count < Self.maximumSlots { grow(to: count) }
        let mask = numbers.count - 1
        let wordCount = 2 * valueCount
        unsafe values.withUnsafeBufferPointer { strings in
            let bits = UnsafeRawBufferPointer(strings)
            let home = unsafe Self.slot(of: bits, wordCount: wordCount) & mask
            let free = (0..<Self.reach).lazy.map { (home + $0) & mask }.first { numbers[$0] == 0 }
            turn &+= 1
            let slot = free ?? (home + turn % Self.reach) & mask
            numbers[slot] = number + 1
            for index in 0..<wordCount { unsafe words[slot * wordCount + index] = Self.word(index, of: bits) }
            for index in 0..<valueCount { held[slot * valueCount + index] = values[index] }
        }
    }

    /// Forgets all, because numbers have changed.
    mutating func removeAll() { self = RecentChildren(valueCount: valueCount) }

    private mutating func grow(to count: Int) {
        var slots = 8
        while slots < count * 4, slots < Self.maximumSlots { slots *= 2 }
        numbers = Array(repeating: 0, count: slots)
        words = Array(repeating: 0, count: slots * 2 * valueCount)
        held = Array(repeating: "", count: slots * valueCount)
    }

    @inline(__always)
    private static func word(_ index: Int, of bits: UnsafeRawBufferPointer) -> UInt64 {
        unsafe bits.load(fromByteOffset: index &* 8, as: UInt64.self)
    }

    /// Mixes the bits; two that fall on each other cost time only, so nothing is kept secret.
    @inline(__always)
    private static func slot(of bits: UnsafeRawBufferPointer, wordCount: Int) -> Int {
        var state: UInt64 = 0
        for index in stride(from: 0, to: wordCount, by: 2) {
            let low = unsafe state ^ word(index, of: bits) ^ 0x9E37_79B9_7F4A_7C15
            let product = unsafe low.multipliedFullWidth(by: word(index &+ 1, of: bits) ^ 0xD1B5_4A32_D192_ED03)
            state = product.high ^ product.low
        }
        return Int(truncatingIfNeeded: state &>> 32)
    }
}
