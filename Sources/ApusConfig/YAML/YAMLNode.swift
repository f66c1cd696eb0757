import ApusModel

/// A value of a YAML document with its place; aliases are resolved and merge keys applied.
struct YAMLNode: Sendable {
    /// What a value is.
    enum Content: Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        case mapping([YAMLField])
    }

    /// What the value is.
    let content: Content
    /// Where the value begins.
    let position: SourcePosition

    /// Whether this is a plain `null`, `~` or nothing at all.
    var isNull: Bool {
        guard case .scalar(let scalar) = content else { return false }
        return scalar.isNull
    }

    /// The YAML tag as Go's decoder names it in messages, with a short text for scalars.
    var typeName: String {
        switch content {
        case .sequence: "!!seq"
        case .mapping: "!!map"
        case .scalar(let scalar):
            scalar.isNull
                ? "!!null" : "!!str `\(scalar.text.count > 40 ? scalar.text.prefix(40) + "…" : scalar.text[...])`"
        }
    }
}

/// A scalar as it was written.
struct YAMLScalar: Sendable {
    /// The text; bytes that are not UTF-8 are shown as U+FFFD.
    let text: String
    /// Whether it was written without quotes and without a tag, so that it may also be a number, flag or null.
    let isPlain: Bool
    /// The bytes of a `!!binary` scalar that are not UTF-8, else `nil`.
    let invalidBytes: [UInt8]?

    /// The bytes of the text, by which scalars are told apart.
    var bytes: [UInt8] { invalidBytes ?? Array(text.utf8) }

    /// Whether this is a null.
    var isNull: Bool {
        isPlain && (text.isEmpty || text == "~" || text == "null" || text == "Null" || text == "NULL")
    }

    /// The text in double quotes for a message, with invalid bytes as `\xff`.
    var quoted: String {
        guard let invalidBytes else { return QuotedText.quoted(text) }
        var result = "\""
        for byte in invalidBytes {
            if byte >= 0x20, byte < 0x7F {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "\\x" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return result + "\""
    }
}

/// One entry of a mapping.
struct YAMLField: Sendable {
    /// The key.
    let key: YAMLScalar
    /// Where the key begins.
    let keyPosition: SourcePosition
    /// The value.
    let value: YAMLNode
}
