import ApusBytes

/// Reads bits, least significant first; every read is checked against the end.
struct BitReader: ~Escapable {
    private let input: RawSpan
    private var position = 0

    @_lifetime(copy input)
    init(_ input: RawSpan) {
        self.input = input
    }

    /// The number of whole bytes not touched yet.
    var untouchedBytes: Int { input.byteCount - (position + 7) / 8 }

    /// The next `count` bits (1 to 64), or `nil` at the end.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func read(_ count: Int) -> UInt64? {
        guard position &+ count <= input.byteCount &* 8 else { return nil }
        let value = loadBits(input, at: position, count: count)
        position &+= count
        return value
    }
}

/// The `count` bits (1 to 64) that begin at bit `position`.
///
/// The caller has checked that they lie within `input`; bytes beyond it are never touched.
@inline(__always)
func loadBits(_ input: RawSpan, at position: Int, count: Int) -> UInt64 {
    let byte = position >> 3
    let shift = UInt64(truncatingIfNeeded: position & 7)
    let mask = count == 64 ? UInt64.max : (1 &<< UInt64(truncatingIfNeeded: count)) &- 1
    if byte &+ 9 <= input.byteCount {
        let low = unsafe input.unsafeLoadUnaligned(fromUncheckedByteOffset: byte, as: UInt64.self).littleEndian
        var value = low &>> shift
        if Int(shift) &+ count > 64 {
            let next = unsafe input.unsafeLoad(fromUncheckedByteOffset: byte &+ 8, as: UInt8.self)
            value |= UInt64(next) &<< (64 &- shift)
        }
        return value & mask
    }
    return loadBitsNearEnd(input, byte: byte, shift: shift) & mask
}

/// The twin of `loadBits` for the last nine bytes of the input.
private func loadBitsNearEnd(_ input: RawSpan, byte: Int, shift: UInt64) -> UInt64 {
    let available = input.byteCount - byte
    var low: UInt64 = 0
    if available >= 8 {
        low = unsafe input.unsafeLoadUnaligned(fromUncheckedByteOffset: byte, as: UInt64.self).littleEndian
    } else if input.byteCount >= 8, available > 0 {
        let last = unsafe input.unsafeLoadUnaligned(fromUncheckedByteOffset: input.byteCount - 8, as: UInt64.self)
        low = last.littleEndian >> UInt64(64 - 8 * available)
    } else {
        for index in 0..<max(0, available) {
            let next = unsafe input.unsafeLoad(fromUncheckedByteOffset: byte + index, as: UInt8.self)
            low |= UInt64(next) << UInt64(8 * index)
        }
    }
    var value = low >> shift
    if shift > 0, available > 8 {
        value |= UInt64(unsafe input.unsafeLoad(fromUncheckedByteOffset: byte + 8, as: UInt8.self)) << (64 - shift)
    }
    return value
}
