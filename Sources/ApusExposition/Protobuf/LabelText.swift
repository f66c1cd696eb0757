import ApusBytes

/// Turns labels that `ExpositionText.appendLabel` wrote into `io.prometheus.client.LabelPair` messages.
enum LabelText {
    /// Writes a pair for each label of `name="value",…`; a name may be quoted.
    static func write(_ text: [UInt8], to writer: inout ProtobufWriter) {
        var index = 0
        var name: [UInt8] = []
        var value: [UInt8] = []
        while index < text.count {
            name.removeAll(keepingCapacity: true)
            value.removeAll(keepingCapacity: true)
            if text[index] == UInt8(ascii: "\"") {
                unquote(text, &index, into: &name)
            } else {
                while index < text.count, text[index] != UInt8(ascii: "=") {
                    name.append(text[index])
                    index += 1
                }
            }
            // Past "=", then the value, then the comma.
            index += 1
            unquote(text, &index, into: &value)
            index += 1
            writer.appendMessage(1) { pair in
                pair.appendBytes(1, name.span)
                pair.appendBytes(2, value.span)
            }
        }
    }

    /// Appends a quoted text without its quotes and escapes, and steps over it.
    private static func unquote(_ text: [UInt8], _ index: inout Int, into output: inout [UInt8]) {
        index += 1
        while index < text.count, text[index] != UInt8(ascii: "\"") {
            var byte = text[index]
            if byte == UInt8(ascii: "\\"), index + 1 < text.count {
                index += 1
                byte = text[index] == UInt8(ascii: "n") ? 0x0A : text[index]
            }
            output.append(byte)
            index += 1
        }
        index += 1
    }
}
