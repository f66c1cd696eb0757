/// Numbers of bytes as the configuration writes them: `512MB`, `1GiB`, `1GB512MB`; all units are powers of 1024.
///
/// Source: the units of Prometheus' `body_size_limit` and `--storage.tsdb.retention.size`.
package enum SizeText {
    private static let units: [(prefix: UInt8, bytes: Int64)] = [
        (UInt8(ascii: "E"), 1 << 60), (UInt8(ascii: "P"), 1 << 50), (UInt8(ascii: "T"), 1 << 40),
        (UInt8(ascii: "G"), 1 << 30), (UInt8(ascii: "M"), 1 << 20), (UInt8(ascii: "K"), 1 << 10),
    ]

    /// Reads a size; `nil` when the text is not one or exceeds 64 bits.
    ///
    /// A leading sign is accepted, so that the caller can say that a negative size is wrong.
    package static func parse(_ text: String) -> Int64? {
        if text == "0" { return 0 }
        var rest = text.utf8[...]
        var isNegative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        guard !rest.isEmpty else { return nil }
        var total: Double = 0
        while !rest.isEmpty {
            let digits = rest.prefix { ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: ".") }
            guard let number = Double(String(decoding: digits, as: UTF8.self)) else { return nil }
            rest = rest.dropFirst(digits.count)
            guard let unit = rest.popFirst() else { return nil }
            var size: Int64 = 1
            if unit != UInt8(ascii: "B") {
                guard let known = units.first(where: { $0.prefix == unit }) else { return nil }
                size = known.bytes
                if rest.first == UInt8(ascii: "i") { rest = rest.dropFirst() }
                guard rest.popFirst() == UInt8(ascii: "B") else { return nil }
            }
            total += number * Double(size)
        }
        guard total < 0x1p63 else { return nil }
        return isNegative ? -Int64(total) : Int64(total)
    }

    /// Writes a size with the largest units that divide it: `15MiB`, `1GiB512MiB`, `0B`.
    package static func string(_ bytes: Int64) -> String {
        if bytes == 0 { return "0B" }
        var rest = bytes.magnitude
        var result = bytes < 0 ? "-" : ""
        for unit in units {
            let size = UInt64(unit.bytes)
            if rest >= size {
                result += "\(rest / size)\(Character(Unicode.Scalar(unit.prefix)))iB"
                rest %= size
            }
        }
        return rest > 0 ? result + "\(rest)B" : result
    }
}
