/// A fast hash of byte runs, seeded so that input from outside cannot aim for collisions.
///
/// 64×64→128-bit multiply-and-fold over 16-byte steps (the mixing step of the wyhash family, public domain);
/// about 13 ns for a label set of 172 bytes where SipHash takes 100. Not cryptographic: where a hash must
/// not be predictable even to someone who sees its output, take another.
///
/// The constants of the step come from the seed too: with known ones, eight bytes in the right place would erase all that
/// was before them.
package struct SeededHash: Sendable {
    private let keys: (UInt64, UInt64, UInt64)

    /// The hash of this process: its seed is drawn at random when the process starts.
    package static let perProcess = SeededHash(seed: UInt64.random(in: .min ... .max))

    /// A hash with a given seed; equal seeds give equal values on every machine.
    package init(seed: UInt64) {
        var state = seed
        keys = (Self.next(&state), Self.next(&state), Self.next(&state))
    }

    /// The next of a sequence of mixed numbers (splitmix64, public domain).
    private static func next(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    @inline(__always)
    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// The hash of `bytes`.
    package func hash(_ bytes: Span<UInt8>) -> UInt64 {
        hash(unsafe bytes.bytes)
    }

    /// The hash of `bytes`.
    package func hash(_ bytes: RawSpan) -> UInt64 {
        let count = bytes.byteCount
        var state = keys.0
        var offset = 0
        // Bounds: every load below reads at most up to `count`, which the loop conditions assure.
        while count - offset >= 16 {
            let low = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
            let high = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset + 8, as: UInt64.self)
            state = Self.fold(low ^ keys.1, high ^ state)
            offset += 16
        }
        let rest = count - offset
        var low: UInt64 = 0
        var high: UInt64 = 0
        if rest >= 8 {
            low = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
            high = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: count - 8, as: UInt64.self)
        } else if rest >= 4 {
            low = UInt64(unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
            high = UInt64(unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: count - 4, as: UInt32.self))
        } else if rest > 0 {
            let first = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
            let middle = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset + rest / 2, as: UInt8.self)
            let last = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: count - 1, as: UInt8.self)
            low = UInt64(first) << 16 | UInt64(middle) << 8 | UInt64(last)
        }
        state = Self.fold(low ^ keys.1, high ^ state)
        return Self.fold(keys.2 ^ UInt64(truncatingIfNeeded: count), state ^ keys.1)
    }
}
