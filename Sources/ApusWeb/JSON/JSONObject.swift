import ApusModel

/// Writes the fields of one JSON object, with the commas between them.
struct JSONObject: ~Copyable {
    private var isEmpty = true

    /// Opens an object.
    init(_ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
    }

    /// Adds a text.
    mutating func add(_ name: String, _ text: String, to bytes: inout [UInt8]) {
        addName(name, to: &bytes)
        JSONText.append(text, to: &bytes)
    }

    /// Adds a label set.
    mutating func add(_ name: String, _ labels: LabelSet, to bytes: inout [UInt8]) {
        addName(name, to: &bytes)
        JSONText.append(labels, to: &bytes)
    }

    /// Adds a number.
    mutating func add(_ name: String, number: Double, to bytes: inout [UInt8]) {
        addName(name, to: &bytes)
        JSONText.append(number: number, to: &bytes)
    }

    /// Adds an integer.
    mutating func add(_ name: String, integer: Int, to bytes: inout [UInt8]) {
        addName(name, to: &bytes)
        JSONText.append(integer: integer, to: &bytes)
    }

    /// Adds a truth value.
    mutating func add(_ name: String, flag: Bool, to bytes: inout [UInt8]) {
        addName(name, to: &bytes)
        JSONText.append(literal: flag ? "true" : "false", to: &bytes)
    }

    /// Adds an array of what `appendElement` makes of each element.
    mutating func add<Element>(
        _ name: String, array elements: some Sequence<Element>, to bytes: inout [UInt8],
        _ appendElement: (Element, inout [UInt8]) -> Void
    ) {
        addName(name, to: &bytes)
        JSONText.append(array: elements, to: &bytes, appendElement)
    }

    /// Adds the name of a field whose value the caller appends.
    mutating func addName(_ name: String, to bytes: inout [UInt8]) {
        if !isEmpty { bytes.append(UInt8(ascii: ",")) }
        isEmpty = false
        JSONText.append(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Closes the object.
    consuming func close(_ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "}"))
    }
}
