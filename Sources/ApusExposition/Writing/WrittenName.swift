import ApusBytes

/// The name of a family or of its samples as the text formats write it.
struct WrittenName: Sendable {
    private var bytes: [UInt8] = []
    /// Whether the name stands in quotes, between the braces, because it is not a classic one.
    private var isQuoted = false

    /// Takes a name, into the memory of the last one; it is `isQuoted` unless it is a classic one, which has nothing to escape.
    mutating func set(_ name: String, isQuoted: Bool) {
        bytes.removeAll(keepingCapacity: true)
        if isQuoted { ExpositionText.appendEscaped(name, to: &bytes) } else { bytes.append(contentsOf: name.utf8) }
        self.isQuoted = isQuoted
    }

    /// Takes a suffix off; `false` when the name does not end with it.
    mutating func removeSuffix(_ suffix: StaticString) -> Bool {
        let length = suffix.utf8CodeUnitCount
        let start = bytes.count - length
        guard start >= 0 else { return false }
        let isThere = suffix.withUTF8Buffer { unsafe bytes[start...].elementsEqual($0) }
        if isThere { bytes.removeLast(length) }
        return isThere
    }

    /// Adds a suffix to the name.
    mutating func append(_ suffix: StaticString) {
        suffix.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends the name as a line of metadata has it.
    func append(to text: inout [UInt8]) {
        if isQuoted { text.append(UInt8(ascii: "\"")) }
        text.append(contentsOf: bytes)
        if isQuoted { text.append(UInt8(ascii: "\"")) }
    }

    /// The most bytes that `appendSeries` appends.
    @inline(__always)
    func room(suffix: StaticString, labels: Span<UInt8>, extraLabel: Span<UInt8>) -> Int {
        bytes.count + suffix.utf8CodeUnitCount + labels.count + extraLabel.count + 7
    }

    /// Appends the name with a suffix, the labels in braces and a space.
    @inline(__always)
    func appendSeries(
        suffix: StaticString, labels: Span<UInt8>, extraLabel: Span<UInt8>, to output: inout OutputSpan<UInt8>
    ) {
        let hasBraces = !labels.isEmpty || !extraLabel.isEmpty
        if isQuoted {
            output.append(UInt8(ascii: "{"))
            output.append(UInt8(ascii: "\""))
        }
        output.append(contentsOf: bytes.span)
        if suffix.utf8CodeUnitCount > 0 {
            suffix.withUTF8Buffer { output.append(contentsOf: unsafe $0.span) }
        }
        if isQuoted { output.append(UInt8(ascii: "\"")) }
        if hasBraces {
            output.append(isQuoted ? UInt8(ascii: ",") : UInt8(ascii: "{"))
            output.append(contentsOf: labels)
            if !extraLabel.isEmpty {
                if !labels.isEmpty { output.append(UInt8(ascii: ",")) }
                output.append(contentsOf: extraLabel)
            }
        }
        if hasBraces || isQuoted { output.append(UInt8(ascii: "}")) }
        output.append(UInt8(ascii: " "))
    }
}
