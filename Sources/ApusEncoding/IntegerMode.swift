/// What of a column of integers is packed; the numbers are part of the format.
enum IntegerMode: UInt8 {
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

    /// Whether a second base is written.
    func hasSecondBase(count: Int) -> Bool {
        switch self {
        case .plain, .signedDifferences: false
        case .differences: true
        case .secondDifferences: count >= 2
        }
    }

    /// Turns a run, with zeros before it in place of the leading integers, into the first `end` integers.
    ///
    /// Straight loops over a part of the array; what comes after `end` is undefined.
    func restore(_ run: inout [UInt64], base: Int64, second: Int64, end: Int) {
        let mode = self
        unsafe run.withUnsafeMutableBufferPointer { buffer in
            let end = min(end, buffer.count)
            guard end > 0, let integers = buffer.baseAddress else { return }
            var current = UInt64(bitPattern: base)
            var step = UInt64(bitPattern: second)
            switch mode {
            case .plain:
                for index in 0..<end { unsafe integers[index] &+= current }
            case .differences:
                unsafe integers[0] = current
                for index in 1..<max(1, end) {
                    current &+= unsafe integers[index] &+ step
                    unsafe integers[index] = current
                }
            case .signedDifferences:
                unsafe integers[0] = current
                for index in 1..<max(1, end) {
                    current &+= UInt64(bitPattern: unzigzag(unsafe integers[index]))
                    unsafe integers[index] = current
                }
            case .secondDifferences:
                unsafe integers[0] = current
                guard end > 1 else { return }
                current &+= step
                unsafe integers[1] = current
                for index in 2..<max(2, end) {
                    step &+= UInt64(bitPattern: unzigzag(unsafe integers[index]))
                    current &+= step
                    unsafe integers[index] = current
                }
            }
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
