import ApusBytes
import ApusModel

/// Takes the fields of one mapping by name and type, and refuses those that nobody took.
///
/// A field that is absent or null gives `nil`; the caller supplies the default.
struct FieldReader {
    /// The section's name in messages, as Prometheus calls it.
    let section: String
    /// Where the mapping begins.
    let position: SourcePosition
    private let fields: [YAMLField]
    private var isTaken: [Bool]
    private var knownNames: [String] = []

    /// A reader of `node`, which must be a mapping; a null reads as an empty one.
    init(_ node: YAMLNode, section: String) throws(ConfigurationError) {
        self.section = section
        position = node.position
        switch node.content {
        case .mapping(let fields): self.fields = fields
        case .scalar(let scalar) where scalar.isNull: fields = []
        case .scalar, .sequence:
            throw .wrongType(node.position, found: node.typeName, expected: section)
        }
        isTaken = Array(repeating: false, count: fields.count)
    }

    /// The node of a field, also when it is null.
    mutating func node(_ name: String) -> YAMLNode? {
        knownNames.append(name)
        for index in fields.indices where fields[index].key.text == name {
            isTaken[index] = true
            return fields[index].value
        }
        return nil
    }

    /// The node of a field that is there and not null.
    mutating func value(_ name: String) -> YAMLNode? {
        guard let node = node(name), !node.isNull else { return nil }
        return node
    }

    /// The fields whose names end in `suffix` and that nobody took so far, marked as taken.
    mutating func takeFields(endingWith suffix: String) -> [YAMLField] {
        var result: [YAMLField] = []
        for index in fields.indices where !isTaken[index] && fields[index].key.text.hasSuffix(suffix) {
            isTaken[index] = true
            result.append(fields[index])
        }
        return result
    }

    mutating func text(_ name: String) throws(ConfigurationError) -> String? {
        guard let node = value(name) else { return nil }
        return try node.text()
    }

    mutating func secret(_ name: String) throws(ConfigurationError) -> Secret? {
        guard let text = try text(name), !text.isEmpty else { return nil }
        return Secret(text)
    }

    mutating func flag(_ name: String) throws(ConfigurationError) -> Bool? {
        guard let node = value(name) else { return nil }
        return try node.flag()
    }

    /// A whole number from 0 on.
    mutating func count(_ name: String) throws(ConfigurationError) -> UInt64? {
        guard let node = value(name) else { return nil }
        guard let number = UInt64(try node.plainText(expected: "uint")) else {
            throw .wrongType(node.position, found: node.typeName, expected: "uint")
        }
        return number
    }

    mutating func integer(_ name: String) throws(ConfigurationError) -> Int? {
        guard let node = value(name) else { return nil }
        guard let number = Int(try node.plainText(expected: "int")) else {
            throw .wrongType(node.position, found: node.typeName, expected: "int")
        }
        return number
    }

    mutating func number(_ name: String) throws(ConfigurationError) -> Double? {
        guard let node = value(name) else { return nil }
        return try node.number()
    }

    /// A duration in milliseconds.
    mutating func duration(_ name: String) throws(ConfigurationError) -> Int64? {
        guard let node = value(name) else { return nil }
        return try node.duration()
    }

    /// A number of bytes.
    mutating func size(_ name: String) throws(ConfigurationError) -> Int64? {
        guard let node = value(name) else { return nil }
        return try node.size()
    }

    mutating func texts(_ name: String) throws(ConfigurationError) -> [String]? {
        guard let node = value(name) else { return nil }
        return try node.texts()
    }

    /// The elements of a list.
    mutating func elements(_ name: String) throws(ConfigurationError) -> [YAMLNode]? {
        guard let node = value(name) else { return nil }
        return try node.elements(expected: "[]\(section)")
    }

    /// Ends the reading: a field that was not taken is unknown.
    func finish() throws(ConfigurationError) {
        for index in fields.indices where !isTaken[index] {
            let field = fields[index]
            throw .unknownField(
                field.keyPosition, field: field.key.text, section: section,
                suggestion: Spelling.nearest(to: field.key.text, in: knownNames))
        }
    }
}

extension YAMLNode {
    /// The text of a scalar.
    func text() throws(ConfigurationError) -> String {
        guard case .scalar(let scalar) = content else {
            throw .wrongType(position, found: typeName, expected: "string")
        }
        guard scalar.invalidBytes == nil else {
            throw .invalid(position, "\(scalar.quoted) is not valid UTF-8")
        }
        return scalar.isNull ? "" : scalar.text
    }

    /// The text of a scalar that is written without quotes, as numbers and flags are.
    func plainText(expected: String) throws(ConfigurationError) -> String {
        guard case .scalar(let scalar) = content, scalar.isPlain else {
            throw .wrongType(position, found: typeName, expected: expected)
        }
        return scalar.text
    }

    func flag() throws(ConfigurationError) -> Bool {
        switch try plainText(expected: "bool") {
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y": return true
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N": return false
        default: throw .wrongType(position, found: typeName, expected: "bool")
        }
    }

    func number() throws(ConfigurationError) -> Double {
        let text = Array(try plainText(expected: "float64").utf8)
        guard let number = NumberText.parseFloat(text.span) else {
            throw .wrongType(position, found: typeName, expected: "float64")
        }
        return number
    }

    func duration() throws(ConfigurationError) -> Int64 {
        do {
            return try DurationText.parse(try text())
        } catch let error as DurationError {
            throw .invalid(position, "\(error)")
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw .invalid(position, "\(error)")
        }
    }

    func size() throws(ConfigurationError) -> Int64 {
        let text = try text()
        guard let bytes = SizeText.parse(text) else {
            throw .invalid(position, "units: invalid \(text); write a number with a unit, as 15MB")
        }
        return bytes
    }

    func texts() throws(ConfigurationError) -> [String] {
        var result: [String] = []
        for element in try elements(expected: "[]string") { result.append(try element.text()) }
        return result
    }

    func elements(expected: String) throws(ConfigurationError) -> [YAMLNode] {
        switch content {
        case .sequence(let nodes): return nodes
        case .scalar(let scalar) where scalar.isNull: return []
        case .scalar, .mapping: throw .wrongType(position, found: typeName, expected: expected)
        }
    }

    /// The entries of a mapping of text to text.
    func textMap() throws(ConfigurationError) -> [(key: YAMLField, value: String)] {
        var result: [(key: YAMLField, value: String)] = []
        for field in try entries(expected: "map[string]string") {
            result.append((field, try field.value.text()))
        }
        return result
    }

    /// The entries of a mapping with free keys.
    func entries(expected: String) throws(ConfigurationError) -> [YAMLField] {
        switch content {
        case .mapping(let fields): return fields
        case .scalar(let scalar) where scalar.isNull: return []
        case .scalar, .sequence: throw .wrongType(position, found: typeName, expected: expected)
        }
    }
}
