import ApusBytes

/// Integers packed to the number of bits that most of them need, with exceptions for those that need more.
enum PackedRun {
    /// How a run is best packed, and what that costs.
    struct Plan {
        var width: Int
        var exceptionCount: Int
        /// Whether zeros are in a bitmap and only the others packed (`SparseRun`); then width and exceptions are estimates.
        var isSparse = false
        /// The size in bytes; exceptions are counted at the length of the longest.
        var estimatedBytes: Int
    }

    /// What is seen of integers in passing.
    struct Facts {
        /// All bits that any of them has.
        private(set) var bits: UInt64 = 0
        private(set) var zeros = 0

        init() {}

        @inline(__always)
        mutating func note(_ value: UInt64) {
            bits |= value
            zeros &+= value == 0 ? 1 : 0
        }
    }

    /// The width at which `values` take the fewest bytes.
    static func plan(
        _ values: Span<UInt64>, _ facts: Facts, allowsSparse: Bool = false, _ lengths: inout BitLengths
    ) -> Plan {
        let count = values.count
        let longest = 64 - facts.bits.leadingZeroBitCount
        if longest == 0 { return Plan(width: 0, exceptionCount: 0, estimatedBytes: 2) }
        if hasOutliers(values, longest: longest) {
            lengths.count(values)
            return lengths.plan(allowsSparse: allowsSparse)
        }
        let dense = Plan(width: longest, exceptionCount: 0, estimatedBytes: bytes(of: count, width: longest))
        let others = count - facts.zeros
        let sparse = bytes(of: others, width: longest) + SparseRun.overhead(count: count)
        guard allowsSparse, facts.zeros > 0, sparse < dense.estimatedBytes else { return dense }
        return Plan(width: longest, exceptionCount: 0, isSparse: true, estimatedBytes: sparse)
    }

    /// The bytes of a run without exceptions.
    static func bytes(of count: Int, width: Int) -> Int { 2 + (count * width + 7) / 8 }

    /// Whether so many integers are shorter than the longest that a smaller width may be better, by a sample of them.
    ///
    /// Of evenly distributed ones a quarter is shorter by two bits.
    private static func hasOutliers(_ values: Span<UInt64>, longest: Int) -> Bool {
        guard longest > 2, values.count >= 64 else { return true }
        let bound = UInt64(1) << UInt64(longest - 2)
        var small = 0
        for part in 0..<32 where values[values.count &* part / 32] < bound { small += 1 }
        return small >= 20
    }

    /// Appends `values` packed as `plan` says, which is not sparse.
    static func append(_ values: Span<UInt64>, plan: Plan, to writer: inout ByteWriter) {
        let width = UInt64(plan.width)
        writer.append(UInt8(plan.width))
        writer.appendVarint(UInt64(plan.exceptionCount))
        if width > 0 { pack(values, width: width, to: &writer) }
        guard plan.exceptionCount > 0 else { return }
        var next = 0
        for index in 0..<values.count where values[index] >> width != 0 {
            writer.appendVarint(UInt64(index - next))
            writer.appendVarint(values[index] >> width)
            next = index + 1
        }
    }

    /// Reads a run of `count` integers, of which those at the positions `wanted` are needed, into `values`, whose content is replaced.
    ///
    /// `count` has been checked by the caller and is at most `ColumnLimits.maximumCount`; `wanted` lies within `0..<count`.
    ///
    /// - Returns: the position of the first integer in `values`, up to seven before the first that is needed; the last is the last that is
    ///   needed.
    @discardableResult
    static func decode(
        count: Int, wanted: Range<Int>, from reader: inout ByteReader, into values: inout [UInt64]
    ) throws(ColumnError) -> Int {
        values.removeAll(keepingCapacity: true)
        let width = Int(try reader.columnByte())
        guard width <= 64 else { throw .invalidWidth(UInt8(width)) }
        let exceptionCount = try reader.columnCount(limit: width == 64 ? 0 : count)
        // What comes behind may be loaded together with the last integers.
        let input = reader.rest
        _ = try reader.columnBytes((count * width + 7) / 8)
        // Eight fields begin at a whole byte.
        let start = wanted.lowerBound & ~7
        values.append(addingCapacity: wanted.upperBound - start) { output in
            let fields = input.extracting((start / 8 * width)..<input.byteCount)
            unpack(fields, width: width, count: wanted.upperBound - start, into: &output)
        }
        var next = 0
        for _ in 0..<exceptionCount {
            let position = try reader.exceptionPosition(after: next, count: count)
            let high = try reader.columnVarint() << UInt64(width)
            if position >= start, position < wanted.upperBound { values[position - start] |= high }
            next = position + 1
        }
        return start
    }

    // MARK: Packing

    /// Appends the low `width` bits (1 to 64) of each integer.
    static func pack(_ values: Span<UInt64>, width: UInt64, to writer: inout ByteWriter) {
        let length = (values.count * Int(width) + 7) / 8
        let mask = UInt64.max >> (64 - width)
        // Whole words are stored: there is room for one more.
        writer.bytes.append(addingCapacity: length + 8) { output in
            unsafe values.withUnsafeBufferPointer { values in
                unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                    guard let start = buffer.baseAddress else { return }
                    let target = UnsafeMutableRawPointer(start)
                    var offset = 0
                    var accumulator: UInt64 = 0
                    var used: UInt64 = 0
                    for index in 0..<values.count {
                        let value = unsafe values[index] & mask
                        accumulator |= value &<< used
                        used &+= width
                        if used >= 64 {
                            unsafe target.storeBytes(
                                of: accumulator.littleEndian, toByteOffset: offset, as: UInt64.self)
                            offset &+= 8
                            used &-= 64
                            // A shift by 64 gives 0, which is what a field that ended with the word needs.
                            accumulator = value >> (width &- used)
                        }
                    }
                    unsafe target.storeBytes(of: accumulator.littleEndian, toByteOffset: offset, as: UInt64.self)
                    initialized = length
                }
            }
        }
    }

    // MARK: Unpacking

    /// Appends `count` integers of `width` bits (0 to 64), which lie at the beginning of `packed`.
    ///
    /// The caller has checked that they do; bytes behind them may be loaded as well, and make the end quicker.
    static func unpack(_ packed: RawSpan, width: Int, count: Int, into output: inout OutputSpan<UInt64>) {
        guard width > 0 else {
            output.append(repeating: 0, count: count)
            return
        }
        // Eight fields begin at a whole byte and take as many bytes as a field has bits; the last load reads eight bytes.
        let groups = packed.byteCount < 8 ? 0 : min(count / 8, max(0, packed.byteCount - 7) / width)
        switch width {
        case ...8: unpack(packed, width, groups: groups, fieldsPerLoad: 8, into: &output)
        // A load that begins in the middle of a byte has four bits less.
        case ...15: unpack(packed, width, groups: groups, fieldsPerLoad: 4, into: &output)
        case ...29: unpack(packed, width, groups: groups, fieldsPerLoad: 2, into: &output)
        case ...57: unpack(packed, width, groups: groups, fieldsPerLoad: 1, into: &output)
        default: unpackWide(packed, width, groups: groups, into: &output)
        }
        for index in (8 * groups)..<count { output.append(loadBits(packed, at: index &* width, count: width)) }
    }

    /// Unpacks groups of eight fields, several of them from each load of 64 bits.
    @inline(__always)
    private static func unpack(
        _ packed: RawSpan, _ width: Int, groups: Int, fieldsPerLoad: Int, into output: inout OutputSpan<UInt64>
    ) {
        let mask = (UInt64(1) &<< UInt64(truncatingIfNeeded: width)) &- 1
        let step = UInt64(truncatingIfNeeded: width)
        // The caller has seen to it that all loads lie within `packed`, and the output has room.
        unsafe packed.withUnsafeBytes { input in
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                guard let source = input.baseAddress, let target = buffer.baseAddress else { return }
                var next = unsafe target + initialized
                for group in 0..<groups {
                    let bytes = unsafe source + group &* width
                    var bit = 0
                    for _ in 0..<(8 / fieldsPerLoad) {
                        var word = unsafe (bytes + bit &>> 3).loadUnaligned(as: UInt64.self).littleEndian
                        word &>>= UInt64(truncatingIfNeeded: bit & 7)
                        for field in 0..<fieldsPerLoad {
                            unsafe next[field] = word & mask
                            word &>>= step
                        }
                        unsafe next += fieldsPerLoad
                        bit &+= width &* fieldsPerLoad
                    }
                }
                initialized += 8 * groups
            }
        }
    }

    /// Unpacks groups of eight fields of 58 to 64 bits, which may reach into a ninth byte.
    private static func unpackWide(_ packed: RawSpan, _ width: Int, groups: Int, into output: inout OutputSpan<UInt64>)
    {
        let mask = UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- width)
        // The last field of a group ends with it, and there are seven bytes more.
        unsafe packed.withUnsafeBytes { input in
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                guard let source = input.baseAddress, let target = buffer.baseAddress else { return }
                let next = unsafe target + initialized
                var bit = 0
                for index in 0..<(8 &* groups) {
                    let bytes = unsafe source + bit &>> 3
                    let shift = UInt64(truncatingIfNeeded: bit & 7)
                    let low = unsafe bytes.loadUnaligned(as: UInt64.self).littleEndian &>> shift
                    let high = unsafe UInt64(bytes.load(fromByteOffset: 8, as: UInt8.self))
                    unsafe next[index] = (low | (high &<< 1) &<< (63 &- shift)) & mask
                    bit &+= width
                }
                initialized += 8 * groups
            }
        }
    }
}
