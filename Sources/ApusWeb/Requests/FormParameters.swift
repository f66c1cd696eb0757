/// Why an encoded form cannot be read.
enum FormError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A `%` without two hexadecimal digits.
    case invalidEscape(String)
    /// The decoded bytes are not UTF-8.
    case notUTF8(parameter: String)
    /// There are more parameters than are accepted.
    case tooManyParameters(limit: Int)

    var description: String {
        switch self {
        case .invalidEscape(let text): "invalid URL escape \"\(text)\""
        case .notUTF8(let parameter): "parameter \"\(parameter)\" is not UTF-8 text"
        case .tooManyParameters(let limit): "more than \(limit) parameters"
        }
    }
}

/// The parameters of a request, from the query of its URL and from its form body; the body's come first.
struct FormParameters: Sendable {
    /// The most parameters that one request may have.
    static let maxCount = 10_000

    private var entries: [(name: String, value: String)] = []

    /// No parameters.
    init() {}

    /// Appends the parameters of `a=1&b=2`, in order, with `+` and `%XX` decoded.
    mutating func append(_ encoded: some Collection<UInt8>) throws(FormError) {
        for pair in encoded.split(separator: UInt8(ascii: "&")) {
            guard entries.count < Self.maxCount else { throw .tooManyParameters(limit: Self.maxCount) }
            let separator = pair.firstIndex(of: UInt8(ascii: "="))
            let name = try Self.decoded(pair[..<(separator ?? pair.endIndex)])
            guard let name = PercentEncoding.text(name) else {
                throw .notUTF8(parameter: String(decoding: name, as: UTF8.self))
            }
            let value = try separator.map { index throws(FormError) in
                try Self.decoded(pair[pair.index(after: index)...])
            }
            guard let value = PercentEncoding.text(value ?? []) else { throw .notUTF8(parameter: name) }
            entries.append((name, value))
        }
    }

    /// The first value of a parameter; `nil` when it is missing or empty, which the API treats alike.
    subscript(_ name: String) -> String? {
        entries.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// All values of a parameter, in order.
    func all(_ name: String) -> [String] {
        entries.filter { $0.name == name }.map(\.value)
    }

    private static func decoded(_ encoded: some Collection<UInt8>) throws(FormError) -> [UInt8] {
        do {
            return try PercentEncoding.decoded(encoded, plusIsSpace: true)
        } catch {
            throw .invalidEscape(error.text)
        }
    }
}

/// Percent-encoding of URLs.
enum PercentEncoding {
    /// A `%` without two hexadecimal digits.
    struct InvalidEscape: Error, Equatable {
        /// The escape, at most three characters.
        let text: String
    }

    /// Decodes `%XX`, and `+` to a space where that is meant.
    static func decoded(_ encoded: some Collection<UInt8>, plusIsSpace: Bool) throws(InvalidEscape) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(encoded.count)
        var rest = encoded[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                let digits = rest.prefix(2)
                guard let high = digits.first.flatMap(value), digits.count == 2,
                    let low = digits.dropFirst().first.flatMap(value)
                else { throw InvalidEscape(text: "%" + String(decoding: digits, as: UTF8.self)) }
                result.append(high << 4 | low)
                rest = rest.dropFirst(2)
            case UInt8(ascii: "+") where plusIsSpace:
                result.append(UInt8(ascii: " "))
            default:
                result.append(byte)
            }
        }
        return result
    }

    /// The text that bytes stand for; `nil` when they are not UTF-8.
    static func text(_ bytes: [UInt8]) -> String? {
        guard let text = try? UTF8Span(validating: bytes.span) else { return nil }
        return String(copying: text)
    }

    private static func value(ofDigit byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static var value: (UInt8) -> UInt8? { value(ofDigit:) }
}
