/// What of a column of integers is packed; the numbers are part of the format.
enum IntegerMode: UInt8, CaseIterable {
    /// The integers less the least of them.
    case plain = 0
    /// The differences less the least of them.
    case differences = 1
    /// The differences, zigzagged.
    case signedDifferences = 2
    /// The differences of differences, zigzagged.
    case secondDifferences = 3

    /// How many integers are not in the run, of a column of `count`.
    func leading(of count: Int) -> Int {
        switch self {
        case .plain: 0
        case .differences, .signedDifferences: 1
        case .secondDifferences: min(2, count)
        }
    }

    /// Which integers of the run are needed for those at the positions `kept` of a column of `count`.
    func wanted(for kept: Range<Int>, of count: Int) -> Range<Int> {
        if self == .plain { return kept.isEmpty ? 0..<0 : kept }
        return 0..<max(0, kept.upperBound - leading(of: count))
    }

    /// Whether zero in the run stands for the integer before once more.
    func isUnchangedByZero(second: Int64) -> Bool {
        switch self {
        case .plain, .secondDifferences: false
        case .differences: second == 0
        case .signedDifferences: true
        }
    }

    /// Whether a second base is written.
    func hasSecondBase(count: Int) -> Bool {
        switch self {
        case .plain, .signedDifferences: false
        case .differences: true
        case .secondDifferences: count >= 2
        }
    }
}

/// Maps signed to unsigned so that small magnitudes stay small.
@inline(__always)
func zigzag(_ value: Int64) -> UInt64 {
    UInt64(bitPattern: (value &<< 1) ^ (value &>> 63))
}

/// The inverse of `zigzag`.
@inline(__always)
func unzigzag(_ value: UInt64) -> Int64 {
    Int64(bitPattern: value &>> 1) ^ (0 &- Int64(bitPattern: value & 1))
}
