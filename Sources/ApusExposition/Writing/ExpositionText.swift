import ApusModel

/// The spelling of names, label values and help texts in an exposition.
package enum ExpositionText {
    /// Appends a label value with `\`, `"` and newline escaped.
    package static func appendEscaped(_ text: String, escapesQuotes: Bool = true, to bytes: inout [UInt8]) {
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
        if LabelName.isLegacyLabelName(name) {
            bytes.append(contentsOf: name.utf8)
        } else if escaping == .allowUTF8 {
            appendQuoted(name, to: &bytes)
        } else {
            bytes.append(contentsOf: underscored(name, allowsColon: false).utf8)
        }
        bytes.append(UInt8(ascii: "="))
        appendQuoted(value, to: &bytes)
    }

    /// A name with `_` in place of each character that the classic rule does not allow.
    package static func underscored(_ name: String, allowsColon: Bool) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
            let isAllowed =
                isLetter || (allowsColon && scalar == ":") || (!result.isEmpty && ("0"..."9").contains(scalar))
            result.unicodeScalars.append(isAllowed ? scalar : "_")
        }
        return result
    }
}
