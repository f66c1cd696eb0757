import ApusModel
import Yams

/// Turns the library's tree into ours: expands aliases within a budget, applies merge keys, decodes `!!binary`.
struct YAMLConverter {
    private let file: String
    private let limits: YAMLLimits
    private var valueCount = 0

    init(file: String, limits: YAMLLimits) {
        self.file = file
        self.limits = limits
    }

    mutating func convert(_ node: Node, depth: Int) throws(ConfigurationError) -> YAMLNode {
        let position = position(of: node)
        valueCount += 1
        guard valueCount <= limits.values else {
            throw .malformed(
                position, "more than \(limits.values) values after aliases are expanded; repeat fewer aliases")
        }
        guard depth <= limits.depth else {
            throw .malformed(position, "nested more than \(limits.depth) levels deep")
        }
        switch node {
        case .scalar(let scalar):
            return YAMLNode(content: .scalar(try convert(scalar, at: position)), position: position)
        case .sequence(let sequence):
            var nodes: [YAMLNode] = []
            nodes.reserveCapacity(sequence.count)
            for element in sequence { nodes.append(try convert(element, depth: depth + 1)) }
            return YAMLNode(content: .sequence(nodes), position: position)
        case .mapping(let mapping):
            return YAMLNode(content: .mapping(try fields(of: mapping, depth: depth)), position: position)
        case .alias:
            throw .malformed(position, "found an alias that was not resolved")
        }
    }

    private func position(of node: Node) -> SourcePosition {
        SourcePosition(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    private mutating func fields(of mapping: Node.Mapping, depth: Int) throws(ConfigurationError) -> [YAMLField] {
        var fields: [YAMLField] = []
        var merged: [YAMLField] = []
        var names: Set<[UInt8]> = []
        for (key, value) in mapping {
            let keyPosition = position(of: key)
            guard case .scalar(let scalar) = key else {
                throw .malformed(keyPosition, "a key must be plain text, not a list or mapping")
            }
            let name = try convert(scalar, at: keyPosition)
            let value = try convert(value, depth: depth + 1)
            // The library gives every key a tag, so only the style tells that it is plain.
            if scalar.style == .plain, name.text == "<<" {
                merged += try mergedFields(value)
                continue
            }
            guard names.insert(name.invalidBytes ?? Array(name.text.utf8)).inserted else {
                throw .repeatedField(keyPosition, field: name.text)
            }
            fields.append(YAMLField(key: name, keyPosition: keyPosition, value: value))
        }
        // What the mapping itself says wins over what it merges, and of several merged mappings the first wins.
        for field in merged where names.insert(field.key.invalidBytes ?? Array(field.key.text.utf8)).inserted {
            fields.append(field)
        }
        return fields
    }

    private func mergedFields(_ value: YAMLNode) throws(ConfigurationError) -> [YAMLField] {
        switch value.content {
        case .mapping(let fields): return fields
        case .sequence(let nodes):
            var result: [YAMLField] = []
            for node in nodes {
                guard case .mapping(let fields) = node.content else { break }
                result += fields
            }
            return result
        case .scalar: throw .malformed(value.position, "map merge requires map or sequence of maps as the value")
        }
    }

    private func convert(_ scalar: Node.Scalar, at position: SourcePosition) throws(ConfigurationError) -> YAMLScalar {
        let isPlain = scalar.style == .plain && scalar.tag.rawValue.isEmpty
        guard scalar.tag.rawValue == "tag:yaml.org,2002:binary" else {
            return YAMLScalar(text: scalar.string, isPlain: isPlain, invalidBytes: nil)
        }
        guard let bytes = Base64Text.decode(scalar.string) else {
            throw .malformed(position, "!!binary value contains invalid base64 data")
        }
        let text = String(validating: bytes, as: UTF8.self)
        return YAMLScalar(
            text: text ?? String(decoding: bytes, as: UTF8.self), isPlain: false,
            invalidBytes: text == nil ? bytes : nil)
    }
}

/// Base64 with padding, as in `!!binary`; white space between the digits is skipped.
enum Base64Text {
    /// The decoded bytes, or `nil` when the text is not base64.
    static func decode(_ text: String) -> [UInt8]? {
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var digitCount = 0
        var paddingCount = 0
        for byte in text.utf8 {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): digit = 62
            case UInt8(ascii: "/"): digit = 63
            case UInt8(ascii: "="):
                paddingCount += 1
                continue
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): continue
            default: return nil
            }
            guard paddingCount == 0 else { return nil }
            bits = bits << 6 | UInt32(digit)
            digitCount += 1
            if digitCount % 4 == 0 {
                for shift in [16, 8, 0] as [UInt32] { result.append(UInt8(truncatingIfNeeded: bits >> shift)) }
                bits = 0
            }
        }
        switch (digitCount % 4, paddingCount) {
        case (0, 0): break
        case (2, 2): result.append(UInt8(truncatingIfNeeded: bits >> 4))
        case (3, 1):
            result.append(UInt8(truncatingIfNeeded: bits >> 10))
            result.append(UInt8(truncatingIfNeeded: bits >> 2))
        default: return nil
        }
        return result
    }
}
