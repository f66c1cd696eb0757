import ApusBytes

/// Reads the groups of an exclusive-or column one after the other; `docs/formats/columns.md`.
struct XorGroups: ~Escapable {
    /// The most values of a group: more share a width, fewer share the bytes that say it.
    static let count = 64
    /// In the first byte of a group: only what is not zero is packed, behind a bitmap.
    static let sparseBit: UInt8 = 128

    private let column: RawSpan
    /// The byte of the column where the next group begins.
    private(set) var offset: Int
    /// The bits of the last value.
    private var current: UInt64

    /// The groups that begin at `offset`, within `column`; the value before them has the bits `first`.
    @_lifetime(copy column)
    init(_ column: RawSpan, at offset: Int, after first: UInt64) {
        self.column = column
        self.offset = offset
        current = first
    }

    /// Reads a group of `count` values (1 to 64) and appends those at the positions `kept`.
    @_lifetime(self: copy self)
    mutating func appendNext(
        _ count: Int, keeping kept: Range<Int>, to output: inout OutputSpan<Double>
    ) throws(ColumnError) {
        let head = try byte()
        if head == 0 { return output.append(repeating: Double(bitPattern: current), count: kept.count) }
        let width = Int(head & ~Self.sparseBit)
        let trailing = Int(try byte())
        guard width >= 1, width &+ trailing <= 64 else { throw .invalidWidth(head) }
        if head & Self.sparseBit != 0 {
            let bitmap = try Bitmap(column.extracting(try take((count + 7) / 8)), count: count)
            let offset = try take((bitmap.ones &* width &+ 7) / 8).lowerBound
            let xors = PackedXors(column, at: offset, count: bitmap.ones, width: width, trailing: trailing)
            appendHeld(xors, bitmap, keeping: kept, to: &output)
        } else {
            let offset = try take((count &* width &+ 7) / 8).lowerBound
            let xors = PackedXors(column, at: offset, count: count, width: width, trailing: trailing)
            append(xors, keeping: kept, to: &output)
        }
    }

    @_lifetime(self: copy self)
    @inline(__always)
    private mutating func byte() throws(ColumnError) -> UInt8 {
        let offset = try take(1).lowerBound
        return unsafe column.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// Passes over `count` bytes.
    @_lifetime(self: copy self)
    @inline(__always)
    private mutating func take(_ count: Int) throws(ColumnError) -> Range<Int> {
        let start = offset
        let available = column.byteCount &- start
        guard count <= available else {
            throw .malformed(.truncated(offset: start, needed: count, available: available))
        }
        offset = start &+ count
        return start..<offset
    }

    /// Appends the values at the positions `kept` of a group without a bitmap.
    @_lifetime(self: copy self)
    private mutating func append(
        _ xors: borrowing PackedXors, keeping kept: Range<Int>, to output: inout OutputSpan<Double>
    ) {
        let last = current
        if kept.count == xors.count {
            current = unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                precondition(buffer.count - initialized >= xors.count)
                guard let start = buffer.baseAddress else { return last }
                let current = unsafe xors.values(after: last, to: start + initialized)
                initialized += xors.count
                return current
            }
            return
        }
        current = unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: Self.count) { group in
            guard let start = group.baseAddress else { return last }
            let current = unsafe xors.values(after: last, to: start)
            for index in kept { unsafe output.append(group[index]) }
            return current
        }
    }

    /// Appends the values at the positions `kept` of a group with a bitmap of those that differ.
    @_lifetime(self: copy self)
    private mutating func appendHeld(
        _ xors: borrowing PackedXors, _ bitmap: borrowing Bitmap, keeping kept: Range<Int>,
        to output: inout OutputSpan<Double>
    ) {
        let last = current
        current = unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: Self.count + 1) { levels in
            guard let start = levels.baseAddress else { return last }
            unsafe start.initialize(to: Double(bitPattern: last))
            let current = unsafe xors.values(after: last, to: start + 1)
            let held = unsafe UnsafeBufferPointer(rebasing: levels[...xors.count])
            unsafe bitmap.hold(held.span, over: kept, into: &output)
            return current
        }
    }
}
