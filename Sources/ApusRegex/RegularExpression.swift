import CApusRegex

/// Why a pattern is not a regular expression.
package struct RegexError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The pattern.
    package let pattern: String
    /// The reason, in RE2's words.
    package let reason: String

    /// An error for `pattern`.
    package init(pattern: String, reason: String) {
        self.pattern = pattern
        self.reason = reason
    }

    package var description: String { "error parsing regexp: \(reason): `\(pattern)`" }
}

/// A regular expression in RE2 syntax that matches whole texts, in time linear in the text.
///
/// PromQL and relabelling anchor patterns at both ends and let `.` match newlines; so does this.
package struct RegularExpression: Sendable {
    /// The longest pattern that is accepted, in bytes.
    package static let maxPatternBytes = 64 * 1024
    /// What one compiled pattern may occupy, in bytes (RE2's program and automaton cache).
    package static let maxMemoryBytes = 8 << 20

    private let program: Program
    /// The pattern as it was given.
    package let pattern: String

    /// Compiles a pattern.
    ///
    /// - Throws: `RegexError` when it is not RE2 syntax, too long, or compiles to something too large.
    package init(_ pattern: String) throws(RegexError) {
        guard pattern.utf8.count <= Self.maxPatternBytes else {
            throw RegexError(
                pattern: String(pattern.prefix(40)) + "…", reason: "pattern exceeds \(Self.maxPatternBytes) bytes")
        }
        self.pattern = pattern
        program = try Program(pattern)
    }

    /// The number of capture groups.
    package var groupCount: Int { program.groupCount }

    /// Whether the whole text matches.
    package func matches(_ text: Span<UInt8>) -> Bool {
        program.matches(text)
    }

    /// Whether the whole text matches.
    package func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { program.matches(unsafe $0.span) }
    }

    /// The template with `$1`, `${1}`, `$name`, `${name}` replaced by what the groups matched, `$$` by a dollar sign.
    ///
    /// A group that does not exist or took no part gives the empty text. In `$name` the name is as long as it can be, so
    /// `$1x` is the group `1x`. Source: Go's `Regexp.Expand`.
    ///
    /// - Returns: `nil` when the whole text does not match.
    package func expand(_ template: String, in text: String) -> String? {
        var text = text
        return text.withUTF8 { bytes in
            let text = unsafe bytes.span
            guard let groups = program.captures(text) else { return nil }
            return expansion(of: template) { name in
                guard let group = Int(name) ?? program.group(named: name), group >= 0, group < groups.count,
                    let range = groups[group]
                else { return [] }
                return range.map { text[$0] }
            }
        }
    }

    private func expansion(of template: String, value: (String) -> [UInt8]) -> String {
        var result: [UInt8] = []
        var rest = Array(template.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "$") else {
                result.append(byte)
                continue
            }
            if rest.first == UInt8(ascii: "$") {
                result.append(byte)
                rest.removeFirst()
            } else if rest.first == UInt8(ascii: "{") {
                let name = rest.dropFirst().prefix { Self.isNameByte($0) }
                let end = rest.index(rest.startIndex, offsetBy: 1 + name.count)
                if !name.isEmpty, end < rest.endIndex, rest[end] == UInt8(ascii: "}") {
                    result += value(String(decoding: name, as: UTF8.self))
                    rest = rest[(end + 1)...]
                } else {
                    result.append(byte)
                }
            } else {
                let name = rest.prefix { Self.isNameByte($0) }
                if name.isEmpty {
                    result.append(byte)
                } else {
                    result += value(String(decoding: name, as: UTF8.self))
                    rest = rest.dropFirst(name.count)
                }
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        let letter = byte | 0x20
        return (letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z")) || byte == UInt8(ascii: "_")
            || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
    }
}

/// Owns RE2's compiled form.
///
/// Unchecked: RE2 allows any number of threads to match with one object; it guards its automaton cache itself, and
/// nothing else is changed after `init`.
@safe private final class Program: @unchecked Sendable {
    private let handle: OpaquePointer
    let groupCount: Int

    init(_ pattern: String) throws(RegexError) {
        var reason = [CChar](repeating: 0, count: 256)
        var text = pattern
        let handle: OpaquePointer? = text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                unsafe reason.withUnsafeMutableBufferPointer { reason in
                    unsafe apus_regex_compile(
                        characters.baseAddress, characters.count, RegularExpression.maxMemoryBytes,
                        reason.baseAddress, reason.count)
                }
            }
        }
        guard let handle = unsafe handle else {
            let bytes = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw RegexError(pattern: pattern, reason: String(decoding: bytes, as: UTF8.self))
        }
        unsafe self.handle = handle
        groupCount = unsafe Int(apus_regex_group_count(handle))
    }

    deinit {
        unsafe apus_regex_free(handle)
    }

    func matches(_ text: Span<UInt8>) -> Bool {
        unsafe text.withUnsafeBytes { bytes in
            unsafe apus_regex_matches(handle, bytes.bindMemory(to: CChar.self).baseAddress, bytes.count)
        }
    }

    /// The ranges of the groups, the whole match first; `nil` when the text does not match.
    func captures(_ text: Span<UInt8>) -> [Range<Int>?]? {
        var groups = [apus_regex_group](repeating: apus_regex_group(start: -1, end: -1), count: groupCount + 1)
        let isMatch = unsafe text.withUnsafeBytes { bytes in
            unsafe groups.withUnsafeMutableBufferPointer { groups in
                unsafe apus_regex_captures(
                    handle, bytes.bindMemory(to: CChar.self).baseAddress, bytes.count, groups.baseAddress,
                    Int32(truncatingIfNeeded: groups.count))
            }
        }
        guard isMatch else { return nil }
        return groups.map { $0.start < 0 ? nil : $0.start..<$0.end }
    }

    func group(named name: String) -> Int? {
        var name = name
        let number = name.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                unsafe apus_regex_group_named(handle, characters.baseAddress, characters.count)
            }
        }
        return number < 0 ? nil : Int(number)
    }
}
