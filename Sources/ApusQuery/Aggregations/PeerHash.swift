import ApusBytes
import ApusModel

/// The hash of label sets by which Prometheus decides what `limit_ratio` chooses.
///
/// Source: xxHash, algorithm XXH64 with seed 0, over each name and value after its length; the length is one byte, or
/// 255 and three bytes, lowest first.
enum PeerHash {
    /// The hash of a label set.
    static func hash(_ labels: LabelSet) -> UInt64 {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(labels.run.count + 8)
        var cursor = LabelCursor(labels.run.span)
        while cursor.advance() {
            append(cursor.name, to: &bytes)
            append(cursor.value, to: &bytes)
        }
        return hash(bytes.span)
    }

    private static func append(_ text: Span<UInt8>, to bytes: inout [UInt8]) {
        let count = text.count
        if count < 255 {
            bytes.append(UInt8(truncatingIfNeeded: count))
        } else {
            bytes.append(255)
            for shift in [0, 8, 16] { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
        }
        for index in 0..<count { bytes.append(text[index]) }
    }

    private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63,
        0x27D4_EB2F_1656_67C5
    )

    /// XXH64 of some bytes.
    static func hash(_ bytes: Span<UInt8>) -> UInt64 {
        var position = 0
        var result: UInt64
        if bytes.count >= 32 {
            var lanes = (primes.0 &+ primes.1, primes.1, UInt64(0), 0 &- primes.0)
            while bytes.count - position >= 32 {
                lanes.0 = round(lanes.0, word(bytes, position))
                lanes.1 = round(lanes.1, word(bytes, position + 8))
                lanes.2 = round(lanes.2, word(bytes, position + 16))
                lanes.3 = round(lanes.3, word(bytes, position + 24))
                position += 32
            }
            result = rotated(lanes.0, 1) &+ rotated(lanes.1, 7) &+ rotated(lanes.2, 12) &+ rotated(lanes.3, 18)
            for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
                result = (result ^ round(0, lane)) &* primes.0 &+ primes.3
            }
        } else {
            result = primes.4
        }
        result &+= UInt64(bytes.count)
        while bytes.count - position >= 8 {
            result = rotated(result ^ round(0, word(bytes, position)), 27) &* primes.0 &+ primes.3
            position += 8
        }
        if bytes.count - position >= 4 {
            let half = (0..<4).reduce(UInt64(0)) { $0 | UInt64(bytes[position + $1]) << UInt64(8 * $1) }
            result = rotated(result ^ (half &* primes.0), 23) &* primes.1 &+ primes.2
            position += 4
        }
        while position < bytes.count {
            result = rotated(result ^ (UInt64(bytes[position]) &* primes.4), 11) &* primes.0
            position += 1
        }
        result = (result ^ (result >> 33)) &* primes.1
        result = (result ^ (result >> 29)) &* primes.2
        return result ^ (result >> 32)
    }

    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotated(lane &+ input &* primes.1, 31) &* primes.0
    }

    private static func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        value << bits | value >> (64 - bits)
    }

    /// Eight bytes, lowest first.
    private static func word(_ bytes: Span<UInt8>, _ position: Int) -> UInt64 {
        (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[position + $1]) << UInt64(8 * $1) }
    }
}
