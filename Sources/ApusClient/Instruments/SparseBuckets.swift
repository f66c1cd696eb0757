/// Counts by bucket index, for few of very many possible indexes.
///
/// An open-addressing table: finding a bucket takes a few nanoseconds, however far apart the indexes are.
struct SparseBuckets: Sendable {
    private var indexes: [Int32] = []
    /// Zero where the place is free.
    ///
    /// The number of places is a power of two, or zero.
    private var counts: [UInt64] = []
    /// The number of buckets with observations.
    private(set) var count = 0

    /// Counts observations in a bucket.
    @inline(__always)
    mutating func add(_ amount: UInt64, to index: Int32) {
        if count * 2 >= counts.count { grow() }
        let place = place(of: index)
        if counts[place] == 0 {
            indexes[place] = index
            count += 1
        }
        counts[place] &+= amount
    }

    /// The observations in a bucket.
    subscript(_ index: Int32) -> UInt64 {
        counts.isEmpty ? 0 : counts[place(of: index)]
    }

    /// Makes each two neighbouring buckets one, which is the next coarser schema.
    mutating func halveResolution() {
        var halved = SparseBuckets()
        // Bucket i ends at base^i; with the base squared that lies in the bucket that ends at half of i, rounded up.
        for bucket in sorted { halved.add(bucket.count, to: (bucket.index &+ 1) >> 1) }
        self = halved
    }

    /// Takes a bucket out.
    ///
    /// - Returns: The observations that were in it.
    mutating func remove(_ index: Int32) -> UInt64 {
        let removed = self[index]
        guard removed > 0 else { return 0 }
        var rest = SparseBuckets()
        for bucket in sorted where bucket.index != index { rest.add(bucket.count, to: bucket.index) }
        self = rest
        return removed
    }

    /// The buckets with observations, ascending by index.
    var sorted: [(index: Int32, count: UInt64)] {
        var result: [(index: Int32, count: UInt64)] = []
        result.reserveCapacity(count)
        for place in counts.indices where counts[place] > 0 { result.append((indexes[place], counts[place])) }
        result.sort { $0.index < $1.index }
        return result
    }

    /// Where the bucket is, or the free place where it belongs.
    @inline(__always)
    private func place(of index: Int32) -> Int {
        let mask = counts.count - 1
        var place = Int(truncatingIfNeeded: UInt32(bitPattern: index) &* 0x9E37_79B1 >> 8) & mask
        while counts[place] != 0, indexes[place] != index { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let old = sorted
        let size = max(16, counts.count * 2)
        indexes = Array(repeating: 0, count: size)
        counts = Array(repeating: 0, count: size)
        count = 0
        for bucket in old { add(bucket.count, to: bucket.index) }
    }
}
