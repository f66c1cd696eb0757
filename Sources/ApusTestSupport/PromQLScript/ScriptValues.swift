import ApusBytes
import ApusModel

/// Sequences of values: `1 _x3 stale 2+3x2 {{schema:0 count:1}}x2`.
enum ScriptValues {
    /// Why a text is not a sequence of values.
    struct Failure: Error {
        let message: String

        init(_ message: String) {
            self.message = message
        }
    }

    /// No script needs more values in one item; more is a mistake.
    private static let maximumRepetitions = 1_000_000

    /// Reads values; `nil` stands for a position without one.
    static func values(_ text: Substring) throws(Failure) -> [ScriptValue?] {
        var cursor = Cursor(text)
        var result: [ScriptValue?] = []
        while cursor.skipBlanks() {
            if cursor.take("_") {
                result += Array(repeating: nil, count: try repetitions(&cursor) ?? 1)
            } else if cursor.isAt("{{") {
                try appendHistograms(&cursor, to: &result)
            } else {
                try appendFloats(&cursor, to: &result)
            }
            guard cursor.isAtBlank else { throw Failure("bad value at \(QuotedText.quoted(String(cursor.rest)))") }
        }
        return result
    }

    /// Reads start times in milliseconds, relative to the times of the samples.
    static func startOffsets(_ text: Substring) throws(Failure) -> [Int64?] {
        var cursor = Cursor(text)
        var result: [Int64?] = []
        while cursor.skipBlanks() {
            if cursor.take("_") {
                result += Array(repeating: nil, count: try repetitions(&cursor) ?? 1)
                continue
            }
            var value = try signedDuration(&cursor)
            let increment = cursor.isAt("+") || cursor.isAt("-") ? try signedDuration(&cursor) : 0
            for _ in 0...(try repetitions(&cursor) ?? 0) {
                result.append(value)
                value = value &+ increment
            }
            guard cursor.isAtBlank else { throw Failure("bad start time at \(QuotedText.quoted(String(cursor.rest)))") }
        }
        return result
    }

    /// The value of a text that is one number.
    static func number(_ text: Substring) -> Double? {
        var cursor = Cursor(text)
        guard let number = float(&cursor), cursor.rest.isEmpty else { return nil }
        return number
    }

    private static func appendFloats(_ cursor: inout Cursor, to result: inout [ScriptValue?]) throws(Failure) {
        if cursor.take("stale") {
            for _ in 0...(try repetitions(&cursor) ?? 0) { result.append(.float(SpecialValue.staleMarker)) }
            return
        }
        guard var value = float(&cursor) else {
            throw Failure("bad value at \(QuotedText.quoted(String(cursor.rest)))")
        }
        var increment: Double?
        if cursor.isAt("+") || cursor.isAt("-") { increment = float(&cursor) }
        let count = try repetitions(&cursor)
        if increment != nil, count == nil { throw Failure("a sequence needs a number of repetitions") }
        for _ in 0...(count ?? 0) {
            result.append(.float(value))
            if let increment { value += increment }
        }
    }

    private static func appendHistograms(_ cursor: inout Cursor, to result: inout [ScriptValue?]) throws(Failure) {
        var (histogram, hasHint) = try ScriptHistogram.parse(&cursor)
        var increment: NativeHistogram?
        var sign = 1.0
        if cursor.isAt("+") || cursor.isAt("-") {
            if cursor.take("-") { sign = -1 } else { _ = cursor.take("+") }
            (increment, hasHint) = try ScriptHistogram.parse(&cursor)
        }
        for position in 0...(try repetitions(&cursor) ?? 0) {
            if position > 0, let increment {
                histogram = try ScriptHistogram.sum(histogram, increment, sign: sign)
            }
            result.append(.histogram(histogram, hasHint: hasHint))
        }
    }

    /// Reads `xN`; `nil` when there is none.
    private static func repetitions(_ cursor: inout Cursor) throws(Failure) -> Int? {
        guard cursor.take("x") else { return nil }
        guard let count = Int(cursor.takeWhile { $0.isNumber }), count <= maximumRepetitions else {
            throw Failure("bad number of repetitions")
        }
        return count
    }

    /// Reads a decimal number, an infinity or NaN, with or without a sign.
    static func float(_ cursor: inout Cursor) -> Double? {
        let start = cursor
        let isNegative = cursor.isAt("-")
        if cursor.isAt("-") || cursor.isAt("+") { cursor.skip(1) }
        let word = cursor.rest.prefix(3).lowercased()
        if word == "inf" || word == "nan" {
            cursor.skip(3)
            let value = word == "inf" ? Double.infinity : SpecialValue.normalNaN
            return isNegative ? -value : value
        }
        var digits = cursor.takeWhile { $0.isNumber || $0 == "." }
        if cursor.isAt("e") || cursor.isAt("E") {
            digits += String(cursor.rest.prefix(1))
            cursor.skip(1)
            if cursor.isAt("-") || cursor.isAt("+") {
                digits += String(cursor.rest.prefix(1))
                cursor.skip(1)
            }
            digits += cursor.takeWhile { $0.isNumber }
        }
        guard let value = NumberText.parseFloat(Array(digits.utf8).span) else {
            cursor = start
            return nil
        }
        return isNegative ? -value : value
    }

    private static func signedDuration(_ cursor: inout Cursor) throws(Failure) -> Int64 {
        let isNegative = cursor.isAt("-")
        if cursor.isAt("-") || cursor.isAt("+") { cursor.skip(1) }
        let text = cursor.takeWhile { $0.isNumber || "ywdhms".contains($0) }
        do {
            let value = try DurationText.parse(text)
            return isNegative ? -value : value
        } catch {
            throw Failure("\(error)")
        }
    }

    /// A place in a line.
    struct Cursor {
        private(set) var rest: Substring

        init(_ text: Substring) {
            rest = text
        }

        var isAtBlank: Bool { rest.first.map(ScriptText.isBlank) ?? true }

        /// Goes to the next item; false at the end.
        mutating func skipBlanks() -> Bool {
            rest = rest.drop(while: ScriptText.isBlank)
            return !rest.isEmpty
        }

        func isAt(_ text: String) -> Bool { rest.hasPrefix(text) }

        mutating func skip(_ count: Int) { rest = rest.dropFirst(count) }

        mutating func take(_ text: String) -> Bool {
            guard rest.hasPrefix(text) else { return false }
            rest = rest.dropFirst(text.count)
            return true
        }

        mutating func takeWhile(_ isTaken: (Character) -> Bool) -> String {
            let taken = rest.prefix(while: isTaken)
            rest = rest[taken.endIndex...]
            return String(taken)
        }
    }
}
