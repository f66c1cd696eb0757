/// Which of some positions are marked: a bit for each, least significant first, none beyond the last.
struct Bitmap: ~Escapable {
    private let bytes: RawSpan
    /// How many positions there are.
    let count: Int
    /// How many of them are marked.
    let ones: Int

    /// The bitmap of `count` positions that takes all of `bytes`.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, count: Int) throws(ColumnError) {
        precondition(bytes.byteCount == (count + 7) / 8)
        if count & 7 != 0 {
            let last = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: bytes.byteCount - 1, as: UInt8.self)
            guard last >> UInt8(count & 7) == 0 else { throw .invalidBitmap }
        }
        self.bytes = bytes
        self.count = count
        ones = Self.countOnes(bytes)
    }

    /// The number of positions before `position`, which is at most `count`, that are marked.
    func ones(before position: Int) -> Int {
        if position == count { return ones }
        var ones = Self.countOnes(bytes.extracting(0..<(position / 8)))
        if position & 7 != 0 {
            let byte = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: position &>> 3, as: UInt8.self)
            ones += (byte & ((1 << UInt8(position & 7)) - 1)).nonzeroBitCount
        }
        return ones
    }

    private static func countOnes(_ bytes: RawSpan) -> Int {
        var ones = 0
        let words = bytes.byteCount / 8
        for word in 0..<words {
            ones &+= unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 8 * word, as: UInt64.self)
                .nonzeroBitCount
        }
        for offset in (8 * words)..<bytes.byteCount {
            ones &+= unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self).nonzeroBitCount
        }
        return ones
    }

    // MARK: Spreading

    // Without branches, which could not be foretold.

    /// Appends for each of `positions` the next of `marked` where it is marked, and zero elsewhere.
    ///
    /// `positions` begins at a multiple of eight.
    ///
    /// - Parameter marked: one integer for each marked position of `positions`, and one more, which is read and multiplied by nothing.
    func spread(_ marked: Span<UInt64>, over positions: Range<Int>, into output: inout OutputSpan<UInt64>) {
        precondition(positions.lowerBound & 7 == 0 && positions.upperBound <= count)
        precondition(marked.count > ones(before: positions.upperBound) - ones(before: positions.lowerBound))
        precondition(output.freeCapacity >= positions.count)
        let part = bytes.extracting((positions.lowerBound / 8)..<bytes.byteCount)
        let length = positions.count
        unsafe marked.withUnsafeBufferPointer { marked in
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                guard let source = marked.baseAddress, let start = buffer.baseAddress else { return }
                var target = unsafe start + initialized
                var next = unsafe source
                for byte in 0..<(length / 8) {
                    let bits = UInt64(unsafe part.unsafeLoad(fromUncheckedByteOffset: byte, as: UInt8.self))
                    for bit in 0..<8 {
                        let isSet = bits &>> UInt64(truncatingIfNeeded: bit) & 1
                        unsafe target[bit] = next.pointee & (0 &- isSet)
                        unsafe next += Int(truncatingIfNeeded: isSet)
                    }
                    unsafe target += 8
                }
                if length % 8 > 0 {
                    var bits = UInt64(unsafe part.unsafeLoad(fromUncheckedByteOffset: length / 8, as: UInt8.self))
                    for bit in 0..<(length % 8) {
                        let isSet = bits & 1
                        unsafe target[bit] = next.pointee & (0 &- isSet)
                        unsafe next += Int(truncatingIfNeeded: isSet)
                        bits &>>= 1
                    }
                }
                initialized += length
            }
        }
    }

    /// Appends for each of `positions` the value that came with the last marked one up to it.
    ///
    /// - Parameter levels: the value before any marked position, then one for each, at least up to the last of `positions`.
    func hold(_ levels: Span<Double>, over positions: Range<Int>, into output: inout OutputSpan<Double>) {
        guard let last = positions.last else { return }
        precondition(positions.lowerBound >= 0 && last < count && output.freeCapacity >= positions.count)
        precondition(levels.count > ones(before: last + 1))
        let before = ones(before: positions.lowerBound)
        unsafe levels.withUnsafeBufferPointer { levels in
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                guard let source = levels.baseAddress, let start = buffer.baseAddress else { return }
                var level = unsafe source + before
                var target = unsafe start + initialized
                var position = positions.lowerBound
                while position < positions.upperBound {
                    let byte = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: position &>> 3, as: UInt8.self)
                    var bits = Int(truncatingIfNeeded: byte &>> UInt8(truncatingIfNeeded: position & 7))
                    if position & 7 == 0, position &+ 8 <= positions.upperBound {
                        for index in 0..<8 {
                            unsafe level += bits & 1
                            unsafe target[index] = level.pointee
                            bits &>>= 1
                        }
                        unsafe target += 8
                        position &+= 8
                    } else {
                        unsafe level += bits & 1
                        unsafe target.pointee = level.pointee
                        unsafe target += 1
                        position &+= 1
                    }
                }
                initialized += positions.count
            }
        }
    }
}
