/// A series as one line of blocks.
enum Sparkline {
    private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// One character for each cell, as high as the mean of the values in it; a space where there are none.
    ///
    /// - Parameters:
    ///   - points: positions from 0 to 1, and values; what is not finite is left out.
    ///   - width: the number of cells.
    static func text(_ points: [(position: Double, value: Double)], width: Int) -> String {
        guard width > 0 else { return "" }
        var sums = [Double](repeating: 0, count: width)
        var counts = [Int](repeating: 0, count: width)
        for point in points where point.value.isFinite && point.position >= 0 && point.position <= 1 {
            let cell = min(width - 1, Int(point.position * Double(width)))
            sums[cell] += point.value
            counts[cell] += 1
        }
        let means = zip(sums, counts).map { sum, count in count == 0 ? nil : sum / Double(count) }
        let present = means.compactMap { $0 }
        guard let lowest = present.min(), let highest = present.max() else {
            return String(repeating: " ", count: width)
        }
        let range = highest - lowest
        return String(
            means.map { mean -> Character in
                guard let mean else { return " " }
                guard range > 0, range.isFinite else { return blocks[0] }
                let share = (mean - lowest) / range * Double(blocks.count)
                return blocks[min(blocks.count - 1, max(0, Int(share)))]
            })
    }
}
