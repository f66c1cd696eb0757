/// Why an answer of the DNS cannot be read.
package enum DNSMessageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A field goes beyond the end of the message.
    case truncated(offset: Int)
    /// A name is longer than the standard allows, or its pointers go round in circles.
    case badName(offset: Int)
    /// The message is a question, not an answer.
    case notAnAnswer

    package var description: String {
        switch self {
        case .truncated(let offset): "the answer ends at byte \(offset), in the middle of a field"
        case .badName(let offset): "the answer has an impossible name at byte \(offset)"
        case .notAnAnswer: "the message is not an answer"
        }
    }
}

/// A record of an answer, of the types that discovery uses.
package enum DNSRecord: Hashable, Sendable {
    /// A host and port of a service; the host with its final dot.
    case service(host: String, port: UInt16)
    /// An address, as text.
    case address(String)
    /// A host that takes mail, with its final dot.
    case mailExchange(host: String)
    /// A host that serves names, with its final dot.
    case nameServer(host: String)
}

/// Reads the answer section of DNS messages.
///
/// Source: RFC 1035 section 4, RFC 2782 (SRV), RFC 3596 (AAAA).
package struct DNSMessage: Sendable {
    /// The records of the answer section that discovery uses, in the message's order; others (CNAME) are left out.
    package let records: [DNSRecord]

    /// Reads a message.
    package init(_ bytes: [UInt8]) throws(DNSMessageError) {
        var reader = Reader(bytes: bytes)
        _ = try reader.number()
        guard try reader.number() & 0x8000 != 0 else { throw .notAnAnswer }
        let questionCount = try reader.number()
        let answerCount = try reader.number()
        _ = try reader.number()
        _ = try reader.number()
        for _ in 0..<questionCount {
            _ = try reader.name()
            try reader.skip(4)
        }
        var records: [DNSRecord] = []
        for _ in 0..<answerCount {
            if let record = try reader.record() { records.append(record) }
        }
        self.records = records
    }
}

extension DNSMessage {
    /// Numbers of record types.
    package enum TypeNumber {
        package static let a: UInt16 = 1
        package static let ns: UInt16 = 2
        package static let mx: UInt16 = 15
        package static let aaaa: UInt16 = 28
        package static let srv: UInt16 = 33
    }

    private struct Reader {
        let bytes: [UInt8]
        var offset = 0

        mutating func byte() throws(DNSMessageError) -> UInt8 {
            guard offset < bytes.count else { throw .truncated(offset: offset) }
            defer { offset += 1 }
            return bytes[offset]
        }

        /// A 16-bit number, the high byte first.
        mutating func number() throws(DNSMessageError) -> UInt16 {
            let high = try byte()
            return UInt16(high) << 8 | UInt16(try byte())
        }

        mutating func skip(_ count: Int) throws(DNSMessageError) {
            guard count <= bytes.count - offset else { throw .truncated(offset: bytes.count) }
            offset += count
        }

        /// A name with its final dot; dots and control characters within a label as `\.` and `\DDD`.
        mutating func name() throws(DNSMessageError) -> String {
            let start = offset
            var text: [UInt8] = []
            var wireLength = 0
            var end: Int?
            var jumpCount = 0
            while true {
                let length = try byte()
                if length & 0xC0 == 0xC0 {
                    let target = Int(length & 0x3F) << 8 | Int(try byte())
                    if end == nil { end = offset }
                    jumpCount += 1
                    // A pointer to itself or forward never ends; 128 jumps are more than labels fit a name.
                    guard jumpCount < 128, target < bytes.count else { throw .badName(offset: start) }
                    offset = target
                    continue
                }
                guard length < 64 else { throw .badName(offset: start) }
                wireLength += Int(length) + 1
                guard wireLength <= 255 else { throw .badName(offset: start) }
                if length == 0 { break }
                for _ in 0..<length { Self.append(try byte(), to: &text) }
                text.append(UInt8(ascii: "."))
            }
            if let end { offset = end }
            return text.isEmpty ? "." : String(decoding: text, as: UTF8.self)
        }

        private static func append(_ byte: UInt8, to text: inout [UInt8]) {
            switch byte {
            case UInt8(ascii: "."), UInt8(ascii: "\\"):
                text.append(UInt8(ascii: "\\"))
                text.append(byte)
            case 0x21...0x7E: text.append(byte)
            default:
                text.append(UInt8(ascii: "\\"))
                for divisor in [100, 10, 1] as [UInt8] { text.append(UInt8(ascii: "0") + byte / divisor % 10) }
            }
        }

        mutating func record() throws(DNSMessageError) -> DNSRecord? {
            _ = try name()
            let type = try number()
            try skip(6)
            let length = Int(try number())
            let end = offset + length
            guard end <= bytes.count else { throw .truncated(offset: bytes.count) }
            defer { offset = end }
            switch type {
            case TypeNumber.a:
                guard length == 4 else { throw .truncated(offset: offset) }
                return .address(bytes[offset..<end].map { "\($0)" }.joined(separator: "."))
            case TypeNumber.aaaa:
                guard length == 16 else { throw .truncated(offset: offset) }
                return .address(IPv6Text.string(Array(bytes[offset..<end])))
            case TypeNumber.srv:
                try skip(4)
                let port = try number()
                return .service(host: try name(), port: port)
            case TypeNumber.mx:
                try skip(2)
                return .mailExchange(host: try name())
            case TypeNumber.ns: return .nameServer(host: try name())
            default: return nil
            }
        }
    }
}

/// IPv6 addresses as text.
package enum IPv6Text {
    /// The text of 16 bytes: lower case, the longest run of zeros shortened, IPv4-mapped addresses as IPv4.
    ///
    /// Source: RFC 5952, and Go's `net.IP` for mapped addresses.
    package static func string(_ bytes: [UInt8]) -> String {
        guard bytes.count == 16 else { return "" }
        if bytes[0..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            return bytes[12...].map { "\($0)" }.joined(separator: ".")
        }
        let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
        var best = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8, groups[end] == 0 { end += 1 }
            if end - index > max(best.count, 1) { best = index..<end }
            index = max(end, index + 1)
        }
        let shown = { (range: Range<Int>) in range.map { String(groups[$0], radix: 16) }.joined(separator: ":") }
        return best.isEmpty ? shown(0..<8) : "\(shown(0..<best.lowerBound))::\(shown(best.upperBound..<8))"
    }
}
