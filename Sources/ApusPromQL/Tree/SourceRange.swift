/// A run of an expression's text, as byte offsets into its UTF-8 form.
package struct SourceRange: Hashable, Sendable {
    /// The offset of the first byte.
    package var start: Int
    /// The offset after the last byte.
    package var end: Int

    /// The run from `start` up to, not including, `end`.
    package init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }
}

/// A property that says something about a value without being part of its meaning.
///
/// It takes no part in equality and hashing: two expressions that differ only in where they stand in a text are equal,
/// which is what comparing trees and finding common subexpressions need.
@propertyWrapper
package struct Incidental<Value: Sendable>: Sendable, Hashable {
    /// The value.
    package var wrappedValue: Value

    /// A property with the given value.
    package init(wrappedValue: Value) {
        self.wrappedValue = wrappedValue
    }

    package static func == (a: Self, b: Self) -> Bool { true }

    package func hash(into hasher: inout Hasher) {}
}
