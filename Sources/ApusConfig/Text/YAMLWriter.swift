import ApusModel

/// Writes shown values as YAML in the layout of the peers' status page: two spaces, lists not indented.
struct YAMLWriter {
    private(set) var text = ""

    /// The YAML text of a mapping.
    static func write(_ value: ShownValue) -> String {
        var writer = YAMLWriter()
        writer.appendBlock(value, indent: 0)
        return writer.text
    }

    /// Writes a value that begins at the start of a line, or just after `- `.
    private mutating func appendBlock(_ value: ShownValue, indent: Int, isAfterDash: Bool = false) {
        switch value {
        case .text, .plain, .flow:
            text += inline(value, indent: indent)
            text += "\n"
        case .list(let elements) where elements.isEmpty: text += "[]\n"
        case .mapping(let fields) where fields.isEmpty: text += "{}\n"
        case .list(let elements):
            for (index, element) in elements.enumerated() {
                if index > 0 || !isAfterDash { appendSpaces(indent) }
                text += "- "
                appendBlock(element, indent: indent + 2, isAfterDash: true)
            }
        case .mapping(let fields):
            for (index, field) in fields.enumerated() {
                if index > 0 || !isAfterDash { appendSpaces(indent) }
                text += Self.scalar(field.name, indent: indent)
                text += ":"
                appendField(field.value, indent: indent)
            }
        }
    }

    private mutating func appendField(_ value: ShownValue, indent: Int) {
        switch value {
        case .list(let elements) where !elements.isEmpty:
            text += "\n"
            appendBlock(value, indent: indent)
        case .mapping(let fields) where !fields.isEmpty:
            text += "\n"
            appendBlock(value, indent: indent + 2)
        case .text, .plain, .flow, .list, .mapping:
            text += " "
            appendBlock(value, indent: indent + 2)
        }
    }

    private mutating func appendSpaces(_ count: Int) {
        text += String(repeating: " ", count: count)
    }

    private func inline(_ value: ShownValue, indent: Int) -> String {
        switch value {
        case .text(let text): Self.scalar(text, indent: indent)
        case .plain(let text): text
        case .flow(let texts): "[" + texts.map { Self.flowScalar($0) }.joined(separator: ", ") + "]"
        case .list, .mapping: ""
        }
    }

    private static func flowScalar(_ text: String) -> String {
        let needsQuotes = text.unicodeScalars.contains { ",[]{}".unicodeScalars.contains($0) }
        let plain = scalar(text, indent: 0, allowsBlock: false)
        return needsQuotes && plain == text ? singleQuoted(text) : plain
    }

    /// A text as a YAML scalar that reads back as the same text.
    static func scalar(_ text: String, indent: Int, allowsBlock: Bool = true) -> String {
        if text.isEmpty { return "\"\"" }
        if text.unicodeScalars.contains(where: { !isPrintable($0) }) { return doubleQuoted(text) }
        if text.contains("\n") {
            let isPlainBlock = allowsBlock && !text.hasPrefix(" ") && !text.hasPrefix("\n") && !text.hasSuffix("\n\n")
            return isPlainBlock ? literalBlock(text, indent: indent) : doubleQuoted(text)
        }
        if readsAsOtherType(text) { return doubleQuoted(text) }
        return mayBePlain(text) ? text : singleQuoted(text)
    }

    private static func literalBlock(_ text: String, indent: Int) -> String {
        var body = text
        let header = body.hasSuffix("\n") ? "|" : "|-"
        if body.hasSuffix("\n") { body.removeLast() }
        let prefix = String(repeating: " ", count: max(indent, 2))
        let lines = body.split(separator: "\n", omittingEmptySubsequences: false)
        return header + lines.map { $0.isEmpty ? "\n" : "\n" + prefix + $0 }.joined()
    }

    private static func singleQuoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }

    private static func doubleQuoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isPrintable(scalar): result.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                let (letter, width) =
                    scalar.value <= 0xFF ? ("x", 2) : scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8)
                result += "\\" + letter + String(repeating: "0", count: width - digits.count) + digits
            }
        }
        return result + "\""
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x1_0000...0x10_FFFF:
            scalar.value != 0x2028 && scalar.value != 0x2029
        default: false
        }
    }

    private static let words: Set<String> = [
        "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<", ".nan", ".inf", "+.inf", "-.inf", "=",
    ]

    /// Whether a plain scalar with this text would be read as a number, flag, time or null.
    private static func readsAsOtherType(_ text: String) -> Bool {
        if words.contains(text.lowercased()) { return true }
        guard let first = text.utf8.first, "0123456789+-.".utf8.contains(first) else { return false }
        // A number, a time of day or a date: what has only the characters of one, and a digit.
        return text.utf8.contains { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            && (text.utf8.allSatisfy { "0123456789+-._:eE".utf8.contains($0) } || isRadixNumber(text))
    }

    private static func isRadixNumber(_ text: String) -> Bool {
        let digits = text.drop { $0 == "+" || $0 == "-" }.lowercased()
        return (digits.hasPrefix("0x") && digits.dropFirst(2).allSatisfy { $0.isHexDigit || $0 == "_" })
            || (digits.hasPrefix("0b") && digits.dropFirst(2).allSatisfy { "01_".contains($0) })
            || (digits.hasPrefix("0o") && digits.dropFirst(2).allSatisfy { "01234567_".contains($0) })
    }

    private static func mayBePlain(_ text: String) -> Bool {
        guard let first = text.first, let last = text.last else { return false }
        if first == " " || last == " " || last == ":" { return false }
        if "&*!|>'\"%@`#,[]{}".contains(first) { return false }
        if "-?:".contains(first), text.dropFirst().first.map({ $0 == " " }) ?? true { return false }
        if text.hasPrefix("---") || text.hasPrefix("...") { return false }
        return !text.contains(": ") && !text.contains(" #")
    }
}
