/// A number, or a duration that stands for its seconds.
package struct NumberLiteral: Sendable {
    /// The number; for a duration its length in seconds.
    package var value: Double
    /// Whether it was written as a duration (`1h30m`), which is how it is printed back.
    package var isDuration: Bool
    /// Where the node stands.
    @Incidental package var range: SourceRange

    /// A number.
    package init(_ value: Double, isDuration: Bool = false, range: SourceRange) {
        self.value = value
        self.isDuration = isDuration
        self._range = Incidental(wrappedValue: range)
    }
}

extension NumberLiteral: Hashable {
    /// Compares by value, where NaN equals NaN and the two zeros differ.
    package static func == (a: NumberLiteral, b: NumberLiteral) -> Bool {
        a.isDuration == b.isDuration
            && (a.value.bitPattern == b.value.bitPattern || (a.value.isNaN && b.value.isNaN))
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(isDuration)
        hasher.combine(value.isNaN ? Double.nan.bitPattern : value.bitPattern)
    }
}

/// A text.
package struct StringLiteral: Sendable, Hashable {
    /// The text, with escapes resolved; bytes that are not UTF-8 are replaced by U+FFFD.
    package var value: String
    /// The exact bytes when escapes (`"\xff"`) made them something that is not UTF-8, which no label may hold.
    package var invalidBytes: [UInt8]?
    /// Where the node stands, quotes included.
    @Incidental package var range: SourceRange

    /// A text.
    package init(_ value: String, invalidBytes: [UInt8]? = nil, range: SourceRange) {
        self.value = value
        self.invalidBytes = invalidBytes
        self._range = Incidental(wrappedValue: range)
    }
}
