import ApusBytes

/// Walks the labels of a flat run without making strings.
///
/// The run must be well-formed, as that of every `LabelSet` is; a damaged one ends the walk early.
package struct LabelCursor: ~Escapable {
    private let run: Span<UInt8>
    private var next = 0
    private var labelStart = 0
    private var nameStart = 0
    private var nameEnd = 0
    private var valueStart = 0
    private var valueEnd = 0

    /// A cursor before the first label.
    @_lifetime(copy run)
    package init(_ run: Span<UInt8>) {
        self.run = run
    }

    /// Goes to the next label; `false` when there is none.
    @_lifetime(self: copy self)
    package mutating func advance() -> Bool {
        guard next < run.count else { return false }
        labelStart = next
        guard let nameLength = readLength() else { return false }
        nameStart = next
        nameEnd = next + nameLength
        next = nameEnd
        guard next < run.count, let valueLength = readLength() else { return false }
        valueStart = next
        valueEnd = next + valueLength
        next = valueEnd
        return true
    }

    /// The name of the current label.
    package var name: Span<UInt8> {
        @_lifetime(copy self)
        get { run.extracting(nameStart..<nameEnd) }
    }

    /// The value of the current label.
    package var value: Span<UInt8> {
        @_lifetime(copy self)
        get { run.extracting(valueStart..<valueEnd) }
    }

    /// Where the current label's value lies in the run.
    package var valueRange: Range<Int> { valueStart..<valueEnd }

    /// Where the current label, lengths included, lies in the run.
    package var labelRange: Range<Int> { labelStart..<valueEnd }

    @_lifetime(self: copy self)
    private mutating func readLength() -> Int? {
        // Nearly every length is below 128: one byte.
        if run[next] < 0x80 {
            let length = Int(run[next])
            next &+= 1
            return length <= run.count &- next ? length : nil
        }
        return readLongLength()
    }

    @_lifetime(self: copy self)
    private mutating func readLongLength() -> Int? {
        var result = 0
        var shift = 0
        while next < run.count, shift < 56 {
            let byte = run[next]
            next += 1
            result |= Int(byte & 0x7F) << shift
            if byte < 0x80 { return result <= run.count - next ? result : nil }
            shift += 7
        }
        return nil
    }
}

extension String {
    /// The text of a span of UTF-8; invalid sequences become U+FFFD.
    package init(copying bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
