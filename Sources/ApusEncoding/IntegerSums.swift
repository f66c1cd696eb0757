/// Finds the integers of a column again, one after the other, from what is packed of it.
protocol IntegerSums {
    /// How many integers come before the first of the run.
    static var leading: Int { get }

    /// One of these.
    func leading(_ position: Int) -> UInt64

    /// The next integer.
    mutating func next(_ packed: UInt64) -> UInt64
}

/// Differences less the least of them.
struct DifferenceSums: IntegerSums {
    static let leading = 1
    var current: UInt64
    let least: UInt64

    @inline(__always)
    func leading(_ position: Int) -> UInt64 { current }

    @inline(__always)
    mutating func next(_ packed: UInt64) -> UInt64 {
        current &+= packed &+ least
        return current
    }
}

/// Zigzagged differences.
struct SignedDifferenceSums: IntegerSums {
    static let leading = 1
    var current: UInt64

    @inline(__always)
    func leading(_ position: Int) -> UInt64 { current }

    @inline(__always)
    mutating func next(_ packed: UInt64) -> UInt64 {
        current &+= UInt64(bitPattern: unzigzag(packed))
        return current
    }
}

/// Zigzagged differences of differences.
struct SecondDifferenceSums: IntegerSums {
    static let leading = 2
    private var current: UInt64
    private var step: UInt64

    init(first: UInt64, step: UInt64) {
        current = first &+ step
        self.step = step
    }

    @inline(__always)
    func leading(_ position: Int) -> UInt64 { position == 0 ? current &- step : current }

    @inline(__always)
    mutating func next(_ packed: UInt64) -> UInt64 {
        step &+= UInt64(bitPattern: unzigzag(packed))
        current &+= step
        return current
    }
}
