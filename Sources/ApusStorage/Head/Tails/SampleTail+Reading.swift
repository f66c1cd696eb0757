import ApusModel

extension SampleTail {
    /// Bytes of a tail that cannot be what was written.
    struct Damage: Error {
        var offset: Int
    }

    /// Reads bytes of a tail; beyond the end it reads zeros and remembers that.
    private struct Cursor: ~Escapable {
        let bytes: RawSpan
        var offset = 0

        @_lifetime(copy bytes)
        init(_ bytes: RawSpan) {
            self.bytes = bytes
        }

        /// The eight bytes from here on, those beyond the end as zeros.
        @inline(__always)
        var word: UInt64 {
            if offset &+ 8 <= bytes.byteCount {
                return unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self).littleEndian
            }
            var word: UInt64 = 0
            var index = 0
            while offset + index < bytes.byteCount {
                let byte = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset + index, as: UInt8.self)
                word |= UInt64(byte) << UInt64(8 * index)
                index += 1
            }
            return word
        }

        @inline(__always)
        @_lifetime(self: copy self)
        mutating func readSignedVarint(_ ahead: UInt64) -> Int64 {
            // Nearly all are of one to three bytes.
            var value = ahead & 0x7F
            if ahead & 0x80 == 0 {
                offset &+= 1
            } else if ahead & 0x8000 == 0 {
                value |= ahead >> 1 & 0x3F80
                offset &+= 2
            } else if ahead & 0x80_0000 == 0 {
                value |= ahead >> 1 & 0x3F80 | ahead >> 2 & 0x1F_C000
                offset &+= 3
            } else {
                return readLongVarint()
            }
            return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
        }

        @_lifetime(self: copy self)
        private mutating func readLongVarint() -> Int64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while shift < 64 {
                let byte = word & 0xFF
                offset += 1
                value |= (byte & 0x7F) << shift
                if byte < 0x80 { break }
                shift += 7
            }
            return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
        }
    }

    /// The time of the first sample in the bytes of a tail; `nil` when there are none.
    static func firstTime(_ bytes: RawSpan) -> Int64? {
        guard bytes.byteCount > 0 else { return nil }
        var cursor = Cursor(bytes)
        let head = cursor.word
        cursor.offset = 1
        return head & 1 != 0 ? cursor.readSignedVarint(cursor.word) : 0
    }

    /// Whether bytes from a file are a tail of so many floats up to a time, to which more can be appended.
    static func isWhole(_ bytes: RawSpan, count: Int, through time: Int64) -> Bool {
        guard count >= 1, count <= maximumCount, bytes.byteCount <= TailCells.maximumSize else { return false }
        var columns = SampleColumns()
        do throws(Damage) {
            let end = try read(bytes, count: count, limit: count, into: &columns) { _ in nil }
            guard end == bytes.byteCount, columns.timestamps.last == time else { return false }
        } catch {
            return false
        }
        return zip(columns.timestamps, columns.timestamps.dropFirst()).allSatisfy { $0 < $1 }
    }

    /// Appends the first `limit` of `count` samples of a tail to columns; `histogram` gives those that are known by a number.
    ///
    /// - Returns: where the bytes of these samples end.
    @discardableResult
    static func read(
        _ bytes: RawSpan, count: Int, limit: Int, into columns: inout SampleColumns,
        histogram: (UInt32) -> NativeHistogram?
    ) throws(Damage) -> Int {
        let wanted = min(count, limit)
        guard wanted > 0 else { return 0 }
        let first = columns.count
        var positions: [(position: Int, number: UInt32)] = []
        // Out of the columns while they are filled, so that both can be.
        var times: [Int64] = []
        swap(&times, &columns.timestamps)
        var end = 0
        columns.values.append(addingCapacity: wanted) { values in
            times.append(addingCapacity: wanted) { times in
                var cursor = Cursor(bytes)
                var tail = SampleTail()
                for position in 0..<wanted {
                    var ahead = cursor.word
                    let head = ahead & 0xFF
                    cursor.offset &+= 1
                    ahead >>= 8
                    var delta = Int64(tail.lastDelta)
                    if head & 1 != 0 {
                        delta &+= cursor.readSignedVarint(ahead)
                        ahead = cursor.word
                    }
                    let time = tail.lastTime &+ delta
                    tail.advance(to: time, delta: delta)
                    times.append(time)
                    let extra = UInt8(truncatingIfNeeded: head >> 4)
                    switch head >> 1 & 7 {
                    case Kind.same:
                        break
                    case Kind.step:
                        if !tail.isInteger { tail.lastInteger = writtenInteger(tail.lastValue, tail.exponent) }
                        tail.set(tail.lastInteger &+ Int64(extra) &+ 1)
                    case Kind.decimal:
                        if !tail.isInteger || extra != tail.exponent {
                            tail.lastInteger = writtenInteger(tail.lastValue, extra)
                            tail.exponent = extra
                        }
                        tail.set(tail.lastInteger &+ cursor.readSignedVarint(ahead))
                    case Kind.bits:
                        let length = UInt64(min(extra, 8))
                        let mask = length == 8 ? UInt64.max : (1 &<< (length &* 8)) &- 1
                        // The word ahead may lack its last byte.
                        tail.lastValue ^= cursor.word & mask
                        cursor.offset &+= Int(length)
                        tail.isInteger = false
                    default:
                        positions.append((position, UInt32(truncatingIfNeeded: ahead)))
                        cursor.offset &+= 4
                        values.append(.nan)
                        continue
                    }
                    values.append(Double(bitPattern: tail.lastValue))
                }
                end = cursor.offset
            }
        }
        swap(&times, &columns.timestamps)
        guard end <= bytes.byteCount else { throw Damage(offset: end) }
        for (position, number) in positions {
            guard let value = histogram(number) else { throw Damage(offset: end) }
            columns.histograms.append(
                SampleColumns.PositionedHistogram(position: first + position, histogram: value))
        }
        return end
    }

    /// Takes over an integer at the exponent.
    @inline(__always)
    private mutating func set(_ integer: Int64) {
        lastInteger = integer
        lastValue =
            (exponent == 0 ? Double(integer) : Double(integer) / Self.scale(exponent)).bitPattern
        isInteger = true
    }

    /// The numbers of the histograms of a tail.
    static func histogramNumbers(_ bytes: RawSpan, count: Int) -> [UInt32] {
        var numbers: [UInt32] = []
        var columns = SampleColumns()
        // What was written here reads back.
        _ = try? read(bytes, count: count, limit: count, into: &columns) { number in
            numbers.append(number)
            return NativeHistogram()
        }
        return numbers
    }
}
