/// A JSON value as a server or a file has it.
///
/// Numbers keep their text: sample values and ids must not change on the way.
package indirect enum JSONValue: Sendable, Equatable {
    /// Nothing.
    case null
    /// `true` or `false`.
    case flag(Bool)
    /// A number in the text's own spelling.
    case number(String)
    /// A string, unescaped.
    case text(String)
    /// An array.
    case array([JSONValue])
    /// An object; members in their order, names may repeat.
    case object([(name: String, value: JSONValue)])

    /// The member of an object, or `nil`.
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text of a string.
    package var text: String? {
        if case .text(let text) = self { return text }
        return nil
    }

    /// The elements of an array; none of anything else.
    package var elements: [JSONValue] {
        if case .array(let elements) = self { return elements }
        return []
    }

    /// The members of an object; none of anything else.
    package var members: [(name: String, value: JSONValue)] {
        if case .object(let members) = self { return members }
        return []
    }

    /// A number, also one in quotes, as samples are.
    package var double: Double? {
        switch self {
        case .number(let text), .text(let text): text == "+Inf" ? .infinity : text == "-Inf" ? -.infinity : Double(text)
        default: nil
        }
    }

    /// A whole number.
    package var integer: Int? { double.flatMap { Int(exactly: $0.rounded()) } }

    package static func == (a: JSONValue, b: JSONValue) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.flag(let a), .flag(let b)): a == b
        case (.number(let a), .number(let b)), (.text(let a), .text(let b)): a == b
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a.elementsEqual(b) { $0.name == $1.name && $0.value == $1.value }
        default: false
        }
    }

    /// The value as compact JSON.
    package var compactText: String {
        switch self {
        case .null: "null"
        case .flag(let flag): flag ? "true" : "false"
        case .number(let text): text
        case .text(let text): JSONString.quoted(text)
        case .array(let elements): "[" + elements.map(\.compactText).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(JSONString.quoted($0.name)):\($0.value.compactText)" }.joined(separator: ",")
                + "}"
        }
    }
}
