import ApusBytes

/// One JSON object on one line, written member by member.
struct JSONLine {
    private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]
    private var isFirst = true

    /// Appends a member whose value is a text.
    mutating func append(_ name: StaticString, _ value: String) {
        appendName(name)
        JSONString.append(value, to: &bytes)
    }

    /// Appends a member whose value is a number; one that JSON does not know becomes `null`.
    mutating func append(_ name: StaticString, _ value: Double) {
        appendName(name)
        bytes += Array((value.isFinite ? NumberText.string(value, .general) : "null").utf8)
    }

    /// Appends a member whose value is a whole number.
    mutating func append(_ name: StaticString, _ value: Int64) {
        appendName(name)
        bytes += Array(String(value).utf8)
    }

    /// Appends a member whose value is an object, which `body` fills.
    mutating func append(_ name: StaticString, _ body: (inout JSONLine) -> Void) {
        appendName(name)
        var inner = JSONLine()
        body(&inner)
        bytes += inner.bytes
        bytes.append(UInt8(ascii: "}"))
    }

    /// The line, with its end.
    consuming func finished() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private mutating func appendName(_ name: StaticString) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }
}
