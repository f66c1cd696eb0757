/// The labels that name a group of pushed metrics, as they stand in a URL.
///
/// Source: the Pushgateway's README, "URL".
struct PushGroup {
    private let labels: [(name: String, value: String)]

    /// A group of the given job.
    ///
    /// - Throws: `PushError.invalidLabel` when the job has no name, or a label's name is not allowed or given twice.
    init(job: String, grouping: [(name: String, value: String)]) throws(PushError) {
        guard !job.isEmpty else { throw .invalidLabel("job") }
        var seen: Set<String> = ["job"]
        for label in grouping {
            let isAllowed = label.name.utf8.enumerated().allSatisfy { index, byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                    true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
                default: false
                }
            }
            guard isAllowed, !label.name.isEmpty, !label.name.hasPrefix("__"), seen.insert(label.name).inserted else {
                throw .invalidLabel(label.name)
            }
        }
        labels = [("job", job)] + grouping
    }

    /// The address of the group in the gateway at `base`.
    func url(at base: String) throws(PushError) -> String {
        var base = base
        while base.hasSuffix("/") { base.removeLast() }
        let isAllowed = ["http://", "https://"].contains { base.hasPrefix($0) && base.utf8.count > $0.utf8.count }
        guard isAllowed,
            !base.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") })
        else { throw .invalidURL(base) }
        return base + "/metrics" + labels.map(Self.segment).joined()
    }

    /// `/name/value`; in base64 where the value is empty or has a slash, which a path could not hold.
    private static func segment(_ label: (name: String, value: String)) -> String {
        if label.value.isEmpty { return "/\(label.name)@base64/=" }
        if label.value.utf8.contains(UInt8(ascii: "/")) {
            return "/\(label.name)@base64/\(Base64.url(Array(label.value.utf8)))"
        }
        return "/\(label.name)/\(percentEncoded(label.value))"
    }

    private static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var result = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": result.unicodeScalars.append(scalar)
            default:
                result += "%"
                result.append(digits[Int(byte >> 4)])
                result.append(digits[Int(byte & 15)])
            }
        }
        return result
    }
}
