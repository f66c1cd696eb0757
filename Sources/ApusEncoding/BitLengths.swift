/// How many integers there are of each length in bits, from 0 to 64; keeps its memory from count to count.
struct BitLengths: Sendable {
    private var counts = [Int32](repeating: 0, count: 65)
    private var count = 0

    init() {}

    /// Counts `values` anew.
    mutating func count(_ values: Span<UInt64>) {
        count = values.count
        // In place: changing an element of the property costs a look at whether the array is shared.
        unsafe counts.withUnsafeMutableBufferPointer { counts in
            unsafe counts.update(repeating: 0)
            for index in 0..<values.count {
                // Lengths are those of 64 bits, and there are 65 places.
                unsafe counts[64 &- values[index].leadingZeroBitCount] &+= 1
            }
        }
    }

    /// The width at which the integers take the fewest bytes.
    func plan(allowsSparse: Bool) -> PackedRun.Plan {
        let zeros = Int(counts[0])
        let dense = plan(shortest: 0, count: count)
        guard allowsSparse, zeros > 0 else { return dense }
        var sparse = plan(shortest: 1, count: count - zeros)
        sparse.isSparse = true
        sparse.estimatedBytes += SparseRun.overhead(count: count)
        return sparse.estimatedBytes < dense.estimatedBytes ? sparse : dense
    }

    /// The best width for the `count` integers of `shortest` bits and more.
    private func plan(shortest: Int, count: Int) -> PackedRun.Plan {
        var longest = 64
        while longest > 0, counts[longest] == 0 { longest -= 1 }
        if longest == 0 { return PackedRun.Plan(width: 0, exceptionCount: 0, estimatedBytes: 2) }
        var best = PackedRun.Plan(width: longest, exceptionCount: 0, estimatedBytes: (count * longest + 7) / 8)
        var exceptionCount = 0
        var width = longest - 1
        while width >= 0 {
            exceptionCount += Int(counts[width + 1])
            // Every exception takes two bytes at least: from here on nothing can be smaller.
            if exceptionCount * 2 > best.estimatedBytes { break }
            if width == 0 || width >= shortest && counts[width] > 0 {
                let exceptionBytes = 1 + (longest - width + 6) / 7
                let bytes = (count * width + 7) / 8 + exceptionCount * exceptionBytes
                if bytes < best.estimatedBytes {
                    best = PackedRun.Plan(width: width, exceptionCount: exceptionCount, estimatedBytes: bytes)
                }
            }
            width -= 1
        }
        best.estimatedBytes += 2
        return best
    }
}
