/// Refuses texts whose aliases would make the YAML library itself work or nest without bound.
///
/// The library shares aliased values, so expanding them is cheap until something walks the whole value. Two things do:
/// it hashes mapping keys, and it frees nested values recursively. Our own walk has a budget (`YAMLLimits.values`);
/// these two are bounded here, before the library sees the text, by counting what could be anchors and aliases.
/// The counts may be too high (text between quotes is counted too), never too low.
enum AliasGuard {
    /// The most values that a key may stand for.
    private static let maxKeyExpansion = 100_000_000.0
    /// The deepest chain of nested values that `DeepStack` can free.
    private static let maxDepth = 100_000
    /// The nesting that the YAML scanner itself allows.
    private static let scannerDepth = 1_000

    static func check(_ text: [UInt8], file: String) throws(ConfigurationError) {
        var anchorCount = 0
        var aliasCount = 0
        var openingCount = 0
        var hasSuspectKey = false
        var previous = UInt8(ascii: "\n")
        /// Whether the last byte that is not a space closes a flow list, flow mapping or alias.
        var followsCollection = false
        for (index, byte) in text.enumerated() {
            let startsToken = isSpace(previous) || "[{,:-?".utf8.contains(previous)
            switch byte {
            case UInt8(ascii: "&") where startsToken: anchorCount += 1
            case UInt8(ascii: "*") where startsToken: aliasCount += 1
            case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "-"):
                openingCount += 1
            case UInt8(ascii: "?"):
                openingCount += 1
                if startsToken, index + 1 >= text.count || isSpace(text[index + 1]) { hasSuspectKey = true }
            case UInt8(ascii: ":"):
                openingCount += 1
                if followsCollection { hasSuspectKey = true }
            default: break
            }
            if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
                followsCollection = true
            } else if byte == UInt8(ascii: "*"), startsToken {
                // An alias as key: `*name :`. Everything up to the next colon on the line is suspect.
                followsCollection = true
            } else if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: ",") {
                followsCollection = false
            }
            previous = byte
        }
        guard anchorCount > 0, aliasCount > 0 else { return }
        let start = SourcePosition(file: file, line: 1, column: 1)
        if min(openingCount, anchorCount.multipliedReportingOverflow(by: scannerDepth).partialValue) > maxDepth,
            anchorCount > maxDepth / scannerDepth
        {
            throw .malformed(start, "\(anchorCount) anchors in a text of this size could nest too deep; use fewer")
        }
        // With k aliases a value can grow to 3^(k/3) times its text.
        let growth = power(3, aliasCount / 3 + 1, limit: maxKeyExpansion)
        if hasSuspectKey, growth * Double(text.count) > maxKeyExpansion {
            throw .malformed(
                start,
                "\(aliasCount) aliases together with keys that are not plain text could expand without bound; "
                    + "use fewer aliases or plain keys")
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t")
            || byte == UInt8(ascii: "\r")
    }

    private static func power(_ base: Double, _ exponent: Int, limit: Double) -> Double {
        var result = 1.0
        for _ in 0..<exponent where result <= limit { result *= base }
        return result
    }
}
