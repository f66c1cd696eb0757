import Synchronization

/// What was made of texts that a file has at each scrape again, mostly in the same order: names of fields, headings.
///
/// A text that comes where it is expected costs a comparison of its bytes.
final class TextMemory<Value: Sendable>: Sendable {
    private struct State {
        var known: [(text: [UInt8], value: Value)] = []
        /// The one that is expected next.
        var expected = 0
    }

    /// More than any file of the kernel has; beyond, all are forgotten.
    private static var limit: Int { 4_096 }

    private let state = Mutex(State())

    /// What `make` made of a part of a text when it came up first.
    func value(of range: Range<Int>, in cursor: borrowing FieldCursor, make: (String) -> Value) -> Value {
        state.withLock { state in
            if state.expected >= state.known.count { state.expected = 0 }
            if state.expected < state.known.count, cursor.isEqual(range, state.known[state.expected].text) {
                state.expected += 1
                return state.known[state.expected - 1].value
            }
            if let place = state.known.firstIndex(where: { cursor.isEqual(range, $0.text) }) {
                state.expected = place + 1
                return state.known[place].value
            }
            if state.known.count >= Self.limit { state.known.removeAll() }
            let value = make(cursor.string(range))
            state.known.append((cursor.bytes(range), value))
            state.expected = state.known.count
            return value
        }
    }
}

/// What was made of a file's text, made anew only where the text is another.
final class LastReading<Value: Sendable>: Sendable {
    private let last = Mutex<(text: [UInt8], value: Value)?>(nil)

    /// What `make` makes of the text, or made of the same text before.
    func value(of text: Span<UInt8>, make: (Span<UInt8>) -> Value) -> Value {
        if let value = last.withLock({ last in last.flatMap { text.isEqual($0.text) ? $0.value : nil } }) {
            return value
        }
        let value = make(text)
        let bytes = text.indices.map { text[$0] }
        last.withLock { $0 = (bytes, value) }
        return value
    }
}

extension Span<UInt8> {
    /// Whether the bytes are the given ones.
    fileprivate func isEqual(_ bytes: [UInt8]) -> Bool {
        guard count == bytes.count else { return false }
        for index in indices where self[index] != bytes[index] { return false }
        return true
    }
}
