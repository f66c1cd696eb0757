/// The newest samples of a series, written one after the other; the form is `docs/formats/head.md`.
///
/// What is here is what the next sample is relative to; the bytes are in a cell.
struct SampleTail {
    /// The most samples of a tail: more make sealing cheaper, fewer make reading cheaper.
    static let maximumCount = 32
    /// A tail longer than this has no room for one more sample of any kind.
    static let fullLength = TailCells.maximumSize - 24
    /// The exponent of values that are no decimals.
    static let noExponent: UInt8 = 15
    static let maximumExponent: UInt8 = 4

    /// The kinds of values, bits 1 to 3 of a sample's first byte.
    enum Kind {
        static let same: UInt64 = 0
        static let step: UInt64 = 1
        static let decimal: UInt64 = 2
        static let bits: UInt64 = 3
        static let histogram: UInt64 = 4
    }

    var lastTime: Int64 = 0
    var lastValue: UInt64 = 0
    /// The value as an integer at the exponent, when `isInteger`.
    var lastInteger: Int64 = 0
    var lastDelta: Int32 = 0
    var exponent: UInt8 = 0
    var count: UInt8 = 0
    var isInteger = true

    /// A sample on its way into a cell.
    private struct Output {
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var count = 0

        /// Appends the low `length` bytes of a word, 0 to 8; those above are zero.
        @inline(__always)
        mutating func append(_ word: UInt64, length: Int) {
            let shift = UInt64(count & 7) &* 8
            let rest = shift == 0 ? 0 : word &>> (64 &- shift)
            switch count >> 3 {
            case 0:
                words.0 |= word &<< shift
                words.1 |= rest
            case 1:
                words.1 |= word &<< shift
                words.2 |= rest
            default:
                words.2 |= word &<< shift
            }
            count &+= length
        }

        @inline(__always)
        mutating func appendSignedVarint(_ value: Int64) {
            var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
            while rest >= 0x80 {
                append(rest & 0x7F | 0x80, length: 1)
                rest >>= 7
            }
            append(rest, length: 1)
        }
    }

    /// Appends a float.
    ///
    /// - Returns: the cell and the length afterwards.
    @inline(__always)
    mutating func append(
        _ value: Double, at time: Int64, to cells: inout TailCells, cell: UInt32, length: Int
    ) -> (cell: UInt32, length: Int) {
        let step = noteTime(time)
        let bits = value.bitPattern
        // Nearly all samples come at regular times and take one to four bytes.
        var word: UInt64 = 0
        var count = 1
        if bits != lastValue {
            guard exponent != Self.noExponent, isInteger, let integer = Self.integer(value, exponent) else {
                return appendLong(value, step, &cells, cell, length)
            }
            let difference = integer &- lastInteger
            let zigzag = UInt64(bitPattern: (difference << 1) ^ (difference >> 63))
            guard step == 0, zigzag < 1 << 21 else { return appendLong(value, step, &cells, cell, length) }
            lastInteger = integer
            lastValue = bits
            let decimal = Kind.decimal << 1 | UInt64(exponent) << 4
            if difference > 0, difference <= 16 {
                word = Kind.step << 1 | UInt64(difference &- 1) << 4
            } else if zigzag < 1 << 7 {
                word = decimal | zigzag << 8
                count = 2
            } else if zigzag < 1 << 14 {
                word = decimal | (zigzag & 0x7F | 0x80) << 8 | (zigzag >> 7) << 16
                count = 3
            } else {
                word = decimal | (zigzag & 0x7F | 0x80) << 8 | (zigzag >> 7 & 0x7F | 0x80) << 16 | (zigzag >> 14) << 24
                count = 4
            }
        } else if step != 0 {
            return appendLong(value, step, &cells, cell, length)
        }
        var cell = cell
        if length &+ 8 > cells.size(of: cell) { cell = cells.grow(cell, count: length, to: length + 8) }
        cells.write(word, to: cell, at: length)
        return (cell, length &+ count)
    }

    /// Appends a float in whatever way it takes.
    @inline(never)
    private mutating func appendLong(
        _ value: Double, _ step: Int64, _ cells: inout TailCells, _ cell: UInt32, _ length: Int
    ) -> (cell: UInt32, length: Int) {
        let bits = value.bitPattern
        var output = Output()
        if bits == lastValue {
            begin(&output, step, Kind.same, 0)
        } else if exponent != Self.noExponent, let integer = Self.integer(value, exponent),
            isInteger || adoptInteger(exponent)
        {
            let difference = integer &- lastInteger
            lastInteger = integer
            if difference > 0, difference <= 16 {
                begin(&output, step, Kind.step, UInt64(difference &- 1))
            } else {
                begin(&output, step, Kind.decimal, UInt64(exponent))
                output.appendSignedVarint(difference)
            }
        } else {
            appendOther(value, step, &output)
        }
        lastValue = bits
        return finish(output, &cells, cell, length)
    }

    /// Appends a histogram by its number.
    mutating func append(
        histogram number: UInt32, at time: Int64, to cells: inout TailCells, cell: UInt32, length: Int
    ) -> (cell: UInt32, length: Int) {
        var output = Output()
        begin(&output, noteTime(time), Kind.histogram, 0)
        output.append(UInt64(number), length: 4)
        return finish(output, &cells, cell, length)
    }

    /// A value that the exponent so far does not fit: with another one, or as bits.
    private mutating func appendOther(_ value: Double, _ step: Int64, _ output: inout Output) {
        if exponent != Self.noExponent {
            var candidate = exponent + 1
            while candidate <= Self.maximumExponent {
                if let integer = Self.integer(value, candidate), adoptInteger(candidate) {
                    exponent = candidate
                    begin(&output, step, Kind.decimal, UInt64(candidate))
                    output.appendSignedVarint(integer &- lastInteger)
                    lastInteger = integer
                    return
                }
                candidate += 1
            }
            // Special values come and go; more digits mean that decimals are not worth another look.
            if value.isFinite, Self.integer(value, Self.maximumExponent) == nil { exponent = Self.noExponent }
        }
        isInteger = false
        let difference = value.bitPattern ^ lastValue
        let length = 8 - difference.leadingZeroBitCount / 8
        begin(&output, step, Kind.bits, UInt64(length))
        output.append(difference, length: length)
    }

    /// Takes the last value as an integer at an exponent; `false` when it is none.
    private mutating func adoptInteger(_ exponent: UInt8) -> Bool {
        guard let integer = Self.integer(Double(bitPattern: lastValue), exponent) else { return false }
        lastInteger = integer
        isInteger = true
        return true
    }

    @inline(__always)
    private func begin(_ output: inout Output, _ timeStep: Int64, _ kind: UInt64, _ extra: UInt64) {
        output.append((timeStep == 0 ? 0 : 1) | kind << 1 | extra << 4, length: 1)
        if timeStep != 0 { output.appendSignedVarint(timeStep) }
    }

    /// Takes over a time and gives the difference of differences.
    @inline(__always)
    private mutating func noteTime(_ time: Int64) -> Int64 {
        let delta = time &- lastTime
        let step = delta &- Int64(lastDelta)
        advance(to: time, delta: delta)
        return step
    }

    @inline(__always)
    mutating func advance(to time: Int64, delta: Int64) {
        // The first time is no difference; one that is too large is forgotten by reader and writer alike.
        lastDelta = count == 0 ? 0 : Int32(exactly: delta) ?? 0
        lastTime = time
        count &+= 1
    }

    /// Far more than any sum of digits needs, and what rounding by addition can do.
    private static let integerLimit = 1_125_899_906_842_624.0

    /// A value as an integer divided by 10^`exponent`; `nil` when it is not exactly that.
    @inline(__always)
    static func integer(_ value: Double, _ exponent: UInt8) -> Int64? {
        if exponent == 0 {
            guard value.magnitude < integerLimit else { return nil }
            let integer = Int64(value)
            return Double(integer).bitPattern == value.bitPattern ? integer : nil
        }
        let scale = scale(exponent)
        guard (value * scale).magnitude < integerLimit else { return nil }
        let integer = rounded(value, scale)
        return (Double(integer) / scale).bitPattern == value.bitPattern ? integer : nil
    }

    /// The integer nearest to a value times a scale, whose product is below `integerLimit`.
    @inline(__always)
    private static func rounded(_ value: Double, _ scale: Double) -> Int64 {
        // Adding what leaves no room for a fraction rounds.
        let shift = 6_755_399_441_055_744.0
        return Int64((value * scale + shift) - shift)
    }

    /// The integer that `integer` gave for these bits when they were written; 0 for bits that never were.
    @inline(__always)
    static func writtenInteger(_ bits: UInt64, _ exponent: UInt8) -> Int64 {
        let value = Double(bitPattern: bits)
        let scale = scale(exponent)
        return (value * scale).magnitude < integerLimit ? rounded(value, scale) : 0
    }

    @inline(__always)
    static func scale(_ exponent: UInt8) -> Double {
        switch exponent {
        case 0: 1
        case 1: 10
        case 2: 100
        case 3: 1_000
        default: 10_000
        }
    }

    @inline(__always)
    private func finish(
        _ output: Output, _ cells: inout TailCells, _ cell: UInt32, _ length: Int
    ) -> (cell: UInt32, length: Int) {
        var cell = cell
        let room = length &+ (output.count &+ 7) & ~7
        if room > cells.size(of: cell) { cell = cells.grow(cell, count: length, to: room) }
        cells.write(output.words.0, to: cell, at: length)
        if output.count > 8 {
            cells.write(output.words.1, to: cell, at: length &+ 8)
            if output.count > 16 { cells.write(output.words.2, to: cell, at: length &+ 16) }
        }
        return (cell, length &+ output.count)
    }
}
