/// Percent encoding of paths and query parameters as Go's `net/url` does it.
enum PercentEncoding {
    /// Bytes besides letters, digits and `-_.~` that a path keeps.
    static let path = Array("$&+,/:;=@".utf8)

    /// `text` with every byte that is neither unreserved nor in `kept` as `%XX`.
    static func encode(_ text: String, keeping kept: [UInt8]) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) || kept.contains(byte) {
                result.append(byte)
            } else {
                result.append(UInt8(ascii: "%"))
                result.append(hexDigit(byte >> 4))
                result.append(hexDigit(byte & 15))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// A name or value of a query: spaces become `+`.
    static func encodeQuery(_ text: String) -> String {
        text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { encode(String(decoding: $0, as: UTF8.self), keeping: []) }
            .joined(separator: "+")
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
