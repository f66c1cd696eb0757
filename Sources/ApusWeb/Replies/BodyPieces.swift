/// A body that is made piece by piece while it is sent, so that a large answer never exists twice.
protocol BodyPieces: Sendable {
    /// Appends the next part of the body until `bytes` holds about `size` bytes.
    ///
    /// One call appends little more than is asked for, however large the answer is.
    ///
    /// - Returns: whether more follows.
    mutating func append(to bytes: inout [UInt8], upTo size: Int) -> Bool
}

/// A body of JSON elements in brackets, with commas between them.
struct ArrayPieces<Elements: RandomAccessCollection & Sendable>: BodyPieces where Elements.Index == Int {
    private let elements: Elements
    private let opening: UInt8
    private let closing: UInt8
    private let appendElement: @Sendable (Elements.Element, inout [UInt8]) -> Void
    private var next: Int

    /// An array (or with other brackets an object) of what `appendElement` writes for each element.
    init(
        _ elements: Elements,
        opening: UInt8 = UInt8(ascii: "["),
        closing: UInt8 = UInt8(ascii: "]"),
        appendElement: @escaping @Sendable (Elements.Element, inout [UInt8]) -> Void
    ) {
        self.elements = elements
        self.opening = opening
        self.closing = closing
        self.appendElement = appendElement
        next = elements.startIndex
    }

    mutating func append(to bytes: inout [UInt8], upTo size: Int) -> Bool {
        if next == elements.startIndex { bytes.append(opening) }
        while next < elements.endIndex {
            if next > elements.startIndex { bytes.append(UInt8(ascii: ",")) }
            appendElement(elements[next], &bytes)
            next += 1
            if bytes.count >= size, next < elements.endIndex { return true }
        }
        bytes.append(closing)
        return false
    }
}

/// A short body that is made at once.
struct WholePiece: BodyPieces {
    private let appendAll: @Sendable (inout [UInt8]) -> Void

    /// A body of what `appendAll` appends.
    init(_ appendAll: @escaping @Sendable (inout [UInt8]) -> Void) {
        self.appendAll = appendAll
    }

    func append(to bytes: inout [UInt8], upTo size: Int) -> Bool {
        appendAll(&bytes)
        return false
    }
}

/// A piece that is known when the program is built.
struct LiteralPiece: BodyPieces {
    private let text: StaticString

    /// The text as it is.
    init(_ text: StaticString) {
        self.text = text
    }

    func append(to bytes: inout [UInt8], upTo size: Int) -> Bool {
        JSONText.append(literal: text, to: &bytes)
        return false
    }
}

/// Several bodies, one after the other.
struct JoinedPieces: BodyPieces {
    private var parts: [any BodyPieces]
    private var next = 0

    /// The parts in order.
    init(_ parts: [any BodyPieces]) {
        self.parts = parts
    }

    mutating func append(to bytes: inout [UInt8], upTo size: Int) -> Bool {
        while next < parts.count {
            if parts[next].append(to: &bytes, upTo: size) { return true }
            next += 1
            if bytes.count >= size { return next < parts.count }
        }
        return false
    }
}
