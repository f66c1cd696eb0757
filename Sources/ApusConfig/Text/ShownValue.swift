import ApusModel

/// A value of the configuration as it is shown: defaults filled in, secrets already replaced.
package indirect enum ShownValue: Hashable, Sendable {
    /// A text, quoted where YAML would read it as something else.
    case text(String)
    /// A number, flag or duration, written as it is.
    case plain(String)
    /// A list, one element per line.
    case list([ShownValue])
    /// A list on one line.
    case flow([String])
    /// A mapping in order.
    case mapping([Field])

    /// An entry of a mapping.
    package struct Field: Hashable, Sendable {
        let name: String
        let value: ShownValue

        init(_ name: String, _ value: ShownValue) {
            self.name = name
            self.value = value
        }
    }

    static func texts(_ texts: [String]) -> ShownValue { .list(texts.map { .text($0) }) }
    static func flag(_ flag: Bool) -> ShownValue { .plain(flag ? "true" : "false") }
    static let secret = ShownValue.plain(Secret.placeholder)
}

/// Collects the entries of a shown mapping; the helpers leave out what has its zero value, as the peers' writer does.
struct ShownFields {
    private(set) var fields: [ShownValue.Field] = []

    /// The mapping of what was added.
    var value: ShownValue { .mapping(fields) }

    mutating func add(_ name: String, _ value: ShownValue) {
        fields.append(ShownValue.Field(name, value))
    }

    mutating func add(_ more: [ShownValue.Field]) {
        fields += more
    }

    mutating func addUnlessEmpty(_ name: String, _ text: String) {
        if !text.isEmpty { add(name, .text(text)) }
    }

    mutating func addUnlessEmpty(_ name: String, _ texts: [String]) {
        if !texts.isEmpty { add(name, .texts(texts)) }
    }

    mutating func addUnlessEmpty(_ name: String, values: [ShownValue]) {
        if !values.isEmpty { add(name, .list(values)) }
    }

    mutating func addUnlessEmpty(_ name: String, _ section: ShownFields) {
        if !section.fields.isEmpty { add(name, section.value) }
    }

    mutating func addUnlessZero(_ name: String, _ count: UInt64) {
        if count > 0 { add(name, .plain("\(count)")) }
    }

    mutating func addUnlessZero(_ name: String, size: Int64) {
        if size > 0 { add(name, .plain(SizeText.string(size))) }
    }

    mutating func addUnlessZero(_ name: String, duration: Int64) {
        if duration > 0 { add(name, .plain(DurationText.string(duration))) }
    }

    mutating func addUnlessFalse(_ name: String, _ flag: Bool) {
        if flag { add(name, .flag(true)) }
    }

    mutating func addUnlessNil(_ name: String, _ secret: Secret?) {
        if secret != nil { add(name, .secret) }
    }
}
