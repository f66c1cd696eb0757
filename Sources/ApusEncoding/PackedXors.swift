/// Exclusive-ors of neighbours, of one width, as they lie in a column.
struct PackedXors: ~Escapable {
    /// How many bytes before the first may be loaded together with it, and how many behind the last.
    private static let margin = 9

    private let column: RawSpan
    private let offset: Int
    private let width: Int
    private let trailing: Int
    /// How many there are.
    let count: Int

    /// The `count` exclusive-ors of `width` bits (1 to 64) that begin at the byte `offset` and are to be shifted left by `trailing`.
    ///
    /// The caller has checked that they lie within `column`, and that width and shift have at most 64 bits together.
    @_lifetime(copy column)
    init(_ column: RawSpan, at offset: Int, count: Int, width: Int, trailing: Int) {
        self.column = column
        self.offset = offset
        self.count = count
        self.width = width
        self.trailing = trailing
    }

    /// Writes the values that they make of the bits of `last`, one after the other, to `target`, which has room for them.
    ///
    /// - Returns: the bits of the last value.
    @inline(__always)
    func values(after last: UInt64, to target: UnsafeMutablePointer<Double>) -> UInt64 {
        let end = offset &+ (count &* width &+ 7) / 8
        guard offset >= Self.margin, column.byteCount &- end >= Self.margin else {
            return unsafe paddedValues(column.extracting(offset..<end), after: last, to: target)
        }
        return unsafe column.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return last }
            return unsafe values(at: start + offset, after: last, to: target)
        }
    }

    /// The twin of `values` for the end of a column, behind which nothing must be touched.
    @inline(never)
    private func paddedValues(_ bytes: RawSpan, after last: UInt64, to target: UnsafeMutablePointer<Double>) -> UInt64 {
        let margin = Self.margin
        return unsafe withUnsafeTemporaryAllocation(byteCount: bytes.byteCount + 2 * margin, alignment: 8) { padded in
            unsafe padded.initializeMemory(as: UInt8.self, repeating: 0)
            return unsafe bytes.withUnsafeBytes { bytes in
                guard let start = padded.baseAddress else { return last }
                unsafe UnsafeMutableRawBufferPointer(rebasing: padded[margin...]).copyMemory(from: bytes)
                return unsafe values(at: UnsafeRawPointer(start) + margin, after: last, to: target)
            }
        }
    }

    @inline(__always)
    private func values(
        at source: UnsafeRawPointer, after last: UInt64, to target: UnsafeMutablePointer<Double>
    ) -> UInt64 {
        let mask = (UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- width)) &<< UInt64(truncatingIfNeeded: trailing)
        var current = last
        // Loaded from so many bits before, a field has its place without being shifted left.
        var bit = 0 &- trailing
        var index = 0
        if width &+ trailing <= 57 {
            while index < count {
                unsafe current ^= Self.field(source, at: bit) & mask
                unsafe target[index] = Double(bitPattern: current)
                bit &+= width
                index &+= 1
            }
            return current
        }
        while index &+ 2 <= count {
            unsafe current ^= Self.wideField(source, at: bit) & mask
            unsafe target[index] = Double(bitPattern: current)
            bit &+= width
            unsafe current ^= Self.wideField(source, at: bit) & mask
            unsafe target[index &+ 1] = Double(bitPattern: current)
            bit &+= width
            index &+= 2
        }
        if index < count {
            unsafe current ^= Self.wideField(source, at: bit) & mask
            unsafe target[index] = Double(bitPattern: current)
        }
        return current
    }

    /// The 57 bits that begin at `bit`, or more.
    @inline(__always)
    private static func field(_ source: UnsafeRawPointer, at bit: Int) -> UInt64 {
        let word = unsafe (source + bit &>> 3).loadUnaligned(as: UInt64.self).littleEndian
        return word &>> UInt64(truncatingIfNeeded: bit & 7)
    }

    /// The 64 bits that begin at `bit`.
    ///
    /// The words lie over each other: the shift over two that do not is one instruction, which takes longer than the others together.
    @inline(__always)
    private static func wideField(_ source: UnsafeRawPointer, at bit: Int) -> UInt64 {
        let bytes = unsafe source + bit &>> 3
        let shift = UInt64(truncatingIfNeeded: bit & 7)
        let low = unsafe bytes.loadUnaligned(as: UInt64.self).littleEndian
        let high = unsafe (bytes + 1).loadUnaligned(as: UInt64.self).littleEndian
        return low &>> shift | (high &<< 1) &<< (shift ^ 7)
    }
}
