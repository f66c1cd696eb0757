/// A text that must not be shown: its descriptions say only that it is there.
package struct Secret: Hashable, Sendable {
    private let text: String

    /// Keeps `text` as a secret.
    package init(_ text: String) {
        self.text = text
    }

    /// The text itself; for use in a request only.
    package func reveal() -> String { text }

    /// What is shown in its place.
    package static let placeholder = "<secret>"
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { Self.placeholder }
    package var debugDescription: String { Self.placeholder }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
