/// What a column of integers lies between.
struct IntegerBounds {
    var least: Int64
    var greatest: Int64
    /// Of the differences of neighbours; both 0 when there is one integer only.
    var leastDifference: Int64 = 0
    var greatestDifference: Int64 = 0

    /// The bounds of at least one integer.
    init(_ integers: Span<Int64>) {
        var previous = integers[0]
        (least, greatest) = (previous, previous)
        guard integers.count > 1 else { return }
        (leastDifference, greatestDifference) = (.max, .min)
        for index in 1..<integers.count {
            let next = integers[index]
            let difference = next &- previous
            previous = next
            least = min(least, next)
            greatest = max(greatest, next)
            leastDifference = min(leastDifference, difference)
            greatestDifference = max(greatestDifference, difference)
        }
    }

    /// The bits that the greatest of the integers of a mode has; only for the modes with least ones.
    func width(_ mode: IntegerMode) -> Int {
        let range = mode == .plain ? greatest &- least : greatestDifference &- leastDifference
        return 64 - range.leadingZeroBitCount
    }
}
