import ApusBytes

/// Turns labels that `ExpositionText.appendLabel` wrote into `io.prometheus.client.LabelPair` messages.
enum LabelText {
    /// A name or value in the text, without its quotes.
    private struct Part {
        var range: Range<Int>
        var hasEscapes = false
    }

    /// Writes a pair for each label of `name="value",…`; a name may be quoted.
    static func write(_ bytes: Span<UInt8>, to writer: inout ProtobufWriter) {
        var index = 0
        while index < bytes.count {
            let name: Part
            if bytes[index] == UInt8(ascii: "\"") {
                name = quoted(bytes, &index)
            } else {
                let start = index
                while index < bytes.count, bytes[index] != UInt8(ascii: "=") { index &+= 1 }
                name = Part(range: start..<index)
            }
            // Past "=", then the value, then the comma.
            index &+= 1
            let value = quoted(bytes, &index)
            index &+= 1
            if name.hasEscapes || value.hasEscapes {
                let (name, value) = (unescaped(bytes, name), unescaped(bytes, value))
                writer.appendEntry(1, key: name.span, value: value.span)
            } else {
                writer.appendEntry(1, key: bytes.extracting(name.range), value: bytes.extracting(value.range))
            }
        }
    }

    /// The quoted text at `index`, which is stepped over it.
    private static func quoted(_ bytes: Span<UInt8>, _ index: inout Int) -> Part {
        let start = min(index &+ 1, bytes.count)
        var end = start
        var hasEscapes = false
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
            if bytes[end] == UInt8(ascii: "\\") {
                hasEscapes = true
                end &+= 1
            }
            end &+= 1
        }
        index = end &+ 1
        return Part(range: start..<min(end, bytes.count), hasEscapes: hasEscapes)
    }

    private static func unescaped(_ bytes: Span<UInt8>, _ part: Part) -> [UInt8] {
        var result: [UInt8] = []
        var index = part.range.lowerBound
        while index < part.range.upperBound {
            var byte = bytes[index]
            if byte == UInt8(ascii: "\\"), index &+ 1 < part.range.upperBound {
                index &+= 1
                byte = bytes[index] == UInt8(ascii: "n") ? 0x0A : bytes[index]
            }
            result.append(byte)
            index &+= 1
        }
        return result
    }
}
