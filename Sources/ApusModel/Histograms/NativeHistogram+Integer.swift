extension NativeHistogram {
    /// Takes the populations of an integer histogram as the wire formats carry them.
    ///
    /// A histogram counts whole observations in nearly every exposition; the formats write the first bucket's population
    /// and then differences. `sum` must be set before, for a sum that is not a number loosens what is checked.
    ///
    /// - Throws: when a population is below zero or their total contradicts `count`. Only integers are exact enough to
    ///   check the latter, so `validate` does not.
    package mutating func setPopulations(
        count: UInt64, zeroCount: UInt64, positiveDeltas: [Int64], negativeDeltas: [Int64]
    ) throws(HistogramError) {
        var found = zeroCount
        positiveBuckets = try Self.populations(positiveDeltas, of: .positive, found: &found)
        negativeBuckets = try Self.populations(negativeDeltas, of: .negative, found: &found)
        if sum.isNaN ? found > count : found != count {
            throw .countMismatch(found: found, count: count, isSumNaN: sum.isNaN)
        }
        self.count = Double(count)
        self.zeroCount = Double(zeroCount)
    }

    private static func populations(
        _ deltas: [Int64], of side: HistogramError.Side, found: inout UInt64
    ) throws(HistogramError) -> [Double] {
        var result: [Double] = []
        result.reserveCapacity(deltas.count)
        var population: Int64 = 0
        for delta in deltas {
            // A population that wraps becomes negative or contradicts the count; both are refused.
            population &+= delta
            guard population >= 0 else {
                throw .negativePopulation(side: side, bucket: result.count + 1, population: Double(population))
            }
            found &+= UInt64(population)
            result.append(Double(population))
        }
        return result
    }
}
