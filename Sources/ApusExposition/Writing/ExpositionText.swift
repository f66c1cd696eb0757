import ApusBytes
package import ApusModel

/// The spelling of names, label values and help texts in an exposition.
package enum ExpositionText {
    /// Appends a label value with `\`, `"` and newline escaped.
    package static func appendEscaped(_ text: String, escapesQuotes: Bool = true, to bytes: inout [UInt8]) {
        let content = text.utf8
        let span = content.span
        var index = 0
        while index < span.count, !needsEscape(span[index]) { index &+= 1 }
        if index == span.count {
            unsafe span.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
            return
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "\n"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(UInt8(ascii: "n"))
            case UInt8(ascii: "\"") where escapesQuotes:
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            default:
                bytes.append(byte)
            }
        }
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") || byte == 0x0A
    }

    /// Appends a text in quotes, escaped.
    package static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(text, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends one label as `name="value"`, after a comma when it is not the first.
    package static func appendLabel(
        _ name: String,
        value: String,
        escaping: NameEscaping,
        isFirst: Bool,
        to bytes: inout [UInt8]
    ) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        if LabelName.isLegacyLabelName(name), escaping != .dots {
            bytes.append(contentsOf: name.utf8)
        } else if escaping == .allowUTF8 {
            appendQuoted(name, to: &bytes)
        } else {
            bytes.append(contentsOf: escaped(name, escaping, allowsColon: false).utf8)
        }
        bytes.append(UInt8(ascii: "="))
        appendQuoted(value, to: &bytes)
    }

    /// A name as a scheme writes it; as it is with `.allowUTF8`.
    ///
    /// Source: Prometheus, "UTF-8 in Prometheus", and the escaping of its client libraries.
    package static func escaped(_ name: String, _ escaping: NameEscaping, allowsColon: Bool) -> String {
        let isLegacy = allowsColon ? LabelName.isLegacyMetricName(name) : LabelName.isLegacyLabelName(name)
        if escaping == .allowUTF8 || (isLegacy && escaping != .dots) { return name }
        var result = escaping == .values ? "U__" : ""
        var isFirst = true
        for scalar in name.unicodeScalars {
            defer { isFirst = false }
            if isAllowed(scalar, isFirst: isFirst, allowsColon: allowsColon) {
                result += scalar == "_" && escaping != .underscores ? "__" : String(scalar)
                continue
            }
            switch escaping {
            case .underscores, .allowUTF8: result += "_"
            case .dots: result += scalar == "." ? "_dot_" : "__"
            case .values: result += "_\(String(scalar.value, radix: 16))_"
            }
        }
        return result
    }

    private static func isAllowed(_ scalar: Unicode.Scalar, isFirst: Bool, allowsColon: Bool) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "_": true
        case "0"..."9": !isFirst
        case ":": allowsColon
        default: false
        }
    }

    /// The labels of a text that `appendLabel` made with `.allowUTF8`; empty for one that it did not make.
    package static func labels(in text: Span<UInt8>) -> [Label] {
        guard !text.isEmpty else { return [] }
        var braced = ByteWriter(capacity: text.count + 2)
        braced.append(UInt8(ascii: "{"))
        braced.append(text)
        braced.append(UInt8(ascii: "}"))
        var series = SeriesText()
        guard (try? series.readExemplarLabels(braced.bytes.span)) != nil else { return [] }
        return LabelSet(uncheckedRun: series.run.bytes).labels
    }
}
