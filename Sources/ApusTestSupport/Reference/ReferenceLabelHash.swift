import ApusModel

/// The place of a label set in the range of hashes, by which `limit_ratio` chooses.
///
/// Source: Prometheus hashes, for each label, the name and the value, each after its length in one byte (255 and three
/// bytes, lowest first, for longer ones), with XXH64 and seed 0.
enum ReferenceLabelHash {
    /// A number from 0 to 1.
    static func share(_ labels: LabelSet) -> Double {
        var bytes: [UInt8] = []
        for label in labels.labels {
            for text in [Array(label.name.utf8), Array(label.value.utf8)] {
                if text.count < 255 {
                    bytes.append(UInt8(text.count))
                } else {
                    bytes.append(255)
                    bytes += (0..<3).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
                }
                bytes += text
            }
        }
        return Double(hash(bytes)) / Double(UInt64.max)
    }

    private static let prime: [UInt64] = [
        0, 11_400_714_785_074_694_791, 14_029_467_366_897_019_727, 1_609_587_929_392_839_161,
        9_650_029_242_287_828_579, 2_870_177_450_012_600_261,
    ]

    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        func number(_ start: Int, _ count: Int) -> UInt64 {
            bytes[start..<start + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        func turned(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }
        func mixed(_ lane: UInt64, _ input: UInt64) -> UInt64 {
            turned(lane &+ input &* prime[2], 31) &* prime[1]
        }
        var position = 0
        var result = prime[5]
        if bytes.count >= 32 {
            var lanes = [prime[1] &+ prime[2], prime[2], 0, 0 &- prime[1]]
            while position + 32 <= bytes.count {
                for lane in 0..<4 { lanes[lane] = mixed(lanes[lane], number(position + 8 * lane, 8)) }
                position += 32
            }
            result = zip(lanes, [1, 7, 12, 18] as [UInt64]).reduce(0) { $0 &+ turned($1.0, $1.1) }
            for lane in lanes { result = (result ^ mixed(0, lane)) &* prime[1] &+ prime[4] }
        }
        result &+= UInt64(bytes.count)
        while position + 8 <= bytes.count {
            result = turned(result ^ mixed(0, number(position, 8)), 27) &* prime[1] &+ prime[4]
            position += 8
        }
        if position + 4 <= bytes.count {
            result = turned(result ^ number(position, 4) &* prime[1], 23) &* prime[2] &+ prime[3]
            position += 4
        }
        while position < bytes.count {
            result = turned(result ^ UInt64(bytes[position]) &* prime[5], 11) &* prime[1]
            position += 1
        }
        result = (result ^ result >> 33) &* prime[2]
        result = (result ^ result >> 29) &* prime[3]
        return result ^ result >> 32
    }
}
