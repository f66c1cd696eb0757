import Glibc
import Synchronization

/// Remembers the children that were asked for last, by the bits of the strings they were asked for with.
///
/// Services ask for the same few children with the same strings again and again: literals, short texts, names that live as
/// long as the program. Two strings with the same bits are equal as long as one of them is held, whatever the bits mean,
/// because nobody can change the text of a string that another holds. So neither lengths nor bytes need be looked at.
/// Equal strings with other bits are not found here; `ChildIndex` finds those by their text.
final class RecentChildren: Sendable {
    private struct State {
        /// The bits of the strings of each slot.
        var words: [UInt64] = []
        /// The strings themselves, so that their bits stay theirs.
        var held: [String] = []
        /// The child of each slot; `nil` when free.
        var children: [(any Instrument)?] = []
        /// Which slot of a full neighbourhood is given up next.
        var turn = 0
    }

    /// The number of values of a child.
    private let valueCount: Int
    private let state = Mutex(State())

    /// The slots in which a child may be, from the one that its bits say.
    private static let reach = 4
    /// The most slots, which bounds the memory that strings held here take.
    private static let maximumSlots = 256

    private init(valueCount: Int) {
        self.valueCount = valueCount
    }

    /// The child that these very strings belonged to, or `nil`.
    @inline(__always)
    func find(_ values: Span<String>) -> (any Instrument)? {
        guard values.count == valueCount else { return nil }
        let wordCount = 2 &* valueCount
        return state.withLock { state in
            guard !state.children.isEmpty else { return nil }
            let mask = state.children.count &- 1
            return unsafe values.withUnsafeBufferPointer { strings in
                let wanted = UnsafeRawBufferPointer(strings)
                var slot = unsafe Self.slot(of: wanted, wordCount: wordCount) & mask
                for _ in 0..<Self.reach {
                    guard let child = state.children[slot] else { return nil }
                    var difference: UInt64 = 0
                    let start = slot &* wordCount
                    for index in 0..<wordCount {
                        difference |= unsafe state.words[start &+ index] ^ Self.word(index, of: wanted)
                    }
                    if difference == 0 { return child }
                    slot = (slot &+ 1) & mask
                }
                return nil
            }
        }
    }

    /// Remembers that these strings belong to a child of `count`.
    func remember(_ child: any Instrument, _ values: Span<String>, of count: Int) {
        guard values.count == valueCount else { return }
        let wordCount = 2 * valueCount
        state.withLock { state in
            if count * 2 > state.children.count, state.children.count < Self.maximumSlots {
                makeRoom(for: count, in: &state)
            }
            let mask = state.children.count - 1
            unsafe values.withUnsafeBufferPointer { strings in
                let bits = UnsafeRawBufferPointer(strings)
                let home = unsafe Self.slot(of: bits, wordCount: wordCount) & mask
                let free = (0..<Self.reach).lazy.map { (home + $0) & mask }.first { state.children[$0] == nil }
                state.turn &+= 1
                let slot = free ?? (home + state.turn % Self.reach) & mask
                state.children[slot] = child
                for index in 0..<wordCount {
                    unsafe state.words[slot * wordCount + index] = Self.word(index, of: bits)
                }
                for index in 0..<valueCount { state.held[slot * valueCount + index] = values[index] }
            }
        }
    }

    /// Forgets all, because children are gone.
    func removeAll() { state.withLock { $0 = State() } }

    private func makeRoom(for count: Int, in state: inout State) {
        var slots = 8
        while slots < count * 4, slots < Self.maximumSlots { slots *= 2 }
        state.children = Array(repeating: nil, count: slots)
        state.words = Array(repeating: 0, count: slots * 2 * valueCount)
        state.held = Array(repeating: "", count: slots * valueCount)
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

    /// Several memories of one family: threads take different ones, so that they seldom wait for each other.
    struct ByThread: Sendable {
        private let shares: [RecentChildren]
        private static let count = 8

        /// Of children with so many values each; 0 remembers nothing.
        init(valueCount: Int) {
            // The bits of a string are looked at as two words.
            let isPossible = valueCount > 0 && MemoryLayout<String>.size == 16
            shares = isPossible ? (0..<Self.count).map { _ in RecentChildren(valueCount: valueCount) } : []
        }

        /// That of the calling thread; `nil` where nothing is remembered.
        @inline(__always)
        var own: RecentChildren? {
            guard !shares.isEmpty else { return nil }
            // The highest three bits, for `count`; the lower ones are the same for all stacks.
            return shares[Int(truncatingIfNeeded: (UInt64(pthread_self()) &* 0x9E37_79B9_7F4A_7C15) &>> 61)]
        }

        /// Forgets all.
        func removeAll() { for share in shares { share.removeAll() } }
    }
}
