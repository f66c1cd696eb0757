import ApusBytes

/// The reader's operations with their failures as column errors.
extension ByteReader {
    @_lifetime(self: copy self)
    mutating func columnByte() throws(ColumnError) -> UInt8 {
        do throws(ByteError) { return try readByte() } catch { throw .malformed(error) }
    }

    @_lifetime(self: copy self)
    mutating func columnVarint() throws(ColumnError) -> UInt64 {
        do throws(ByteError) { return try readVarint() } catch { throw .malformed(error) }
    }

    @_lifetime(self: copy self)
    mutating func columnSignedVarint() throws(ColumnError) -> Int64 {
        do throws(ByteError) { return try readSignedVarint() } catch { throw .malformed(error) }
    }

    @_lifetime(self: copy self)
    mutating func columnWord() throws(ColumnError) -> UInt64 {
        do throws(ByteError) { return try readLittleEndian(UInt64.self) } catch { throw .malformed(error) }
    }

    @_lifetime(self: copy self)
    mutating func columnCount(limit: Int) throws(ColumnError) -> Int {
        do throws(ByteError) { return try readCount(limit: limit) } catch { throw .malformed(error) }
    }

    /// All bytes that were not read.
    var rest: RawSpan {
        @_lifetime(copy self)
        get {
            var copy = copy self
            do throws(ByteError) { return try copy.readBytes(remaining) } catch { return RawSpan() }
        }
    }

    /// Whether the next byte is `byte`; it is not read.
    func isNext(_ byte: UInt8) -> Bool {
        var copy = self
        do throws(ByteError) { return try copy.readByte() == byte } catch { return false }
    }

    @_lifetime(copy self)
    mutating func columnBytes(_ count: Int) throws(ColumnError) -> RawSpan {
        do throws(ByteError) { return try readBytes(count) } catch { throw .malformed(error) }
    }

    /// Reads the gap before an exception and gives the exception's position.
    @_lifetime(self: copy self)
    mutating func exceptionPosition(after next: Int, count: Int) throws(ColumnError) -> Int {
        let gap = try columnVarint()
        guard gap < UInt64(count - next) else {
            throw .exceptionOutOfRange(position: UInt64(next).addingReportingOverflow(gap).partialValue, count: count)
        }
        return next + Int(gap)
    }
}
