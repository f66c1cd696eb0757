import ApusModel
import ApusPromQL

extension Evaluation {
    /// How many series are read to see how large all of them are.
    private static let probeCount = 8

    /// Fails before a result is read that would be far larger than the query may hold.
    ///
    /// Series times steps is what it can be at most; where that is too much, a few series tell how many steps have values.
    func refuseHugeResult(_ source: any SeriesSource, steps: Int) throws(QueryError) {
        let count = source.series.count
        let (points, overflows) = count.multipliedReportingOverflow(by: steps)
        if !overflows, points <= limits.maxMemory / MemoryLayout<Double>.stride { return }
        var scratch = Scratch()
        var row = scratch.takeRow(steps)
        var weight = 0
        var read = 0
        for index in stride(from: 0, to: count, by: max(1, count / Self.probeCount)) {
            try source.read(index, into: &row, scratch: &scratch)
            for value in row.values where Point.isPresent(value) { weight += 1 }
            read += 1
        }
        // Half of the estimate leaves room for series that are unlike those that were read.
        let expected = Double(weight) / Double(max(1, read)) * Double(count) / 2
        guard expected > Double(limits.maxMemory / MemoryLayout<Double>.stride) else { return }
        try expectRows(series: count, steps: max(1, Int(min(Double(steps), 2 * expected / Double(max(1, count))))))
    }

    /// Counts the memory of the identities of a node's series.
    ///
    /// A selector makes the label sets; what stands around it has tables that mostly refer to the same ones.
    func hold(identitiesOf source: any SeriesSource, _ expression: Expression) throws(QueryError) {
        let series = source.series
        var bytes = series.count &* MemoryLayout<SeriesIdentity>.stride
        if case .vectorSelector = expression { bytes &+= Self.labelBytes(series) }
        try hold(bytes: bytes)
    }

    /// Counts the memory of the groups of an aggregation: their labels, and which series they have.
    func hold(_ groups: SeriesGroups, seriesCount: Int) throws(QueryError) {
        let perGroup = MemoryLayout<SeriesIdentity>.stride + MemoryLayout<[Int]>.stride + Self.arrayHeader
        try hold(
            bytes: Self.labelBytes(groups.identities) &+ groups.identities.count &* perGroup
                &+ seriesCount &* MemoryLayout<Int>.stride)
    }

    /// What an array in memory takes beside its elements.
    private static let arrayHeader = 32

    private static func labelBytes(_ series: [SeriesIdentity]) -> Int {
        series.reduce(0) { $0 &+ $1.labels.run.count &+ arrayHeader }
    }

    /// Counts the values of a row as samples that the steps look at.
    func countQueryable(presentIn row: Row) {
        let values = row.values.span
        var total = 0
        for step in 0..<values.count where Point.isPresent(values[step]) { total &+= 1 }
        countQueryable(total) { Point.isPresent(row.values[$0]) ? 1 : 0 }
    }
}

extension RangeSamples {
    /// Counts the samples of all windows as samples that the steps look at.
    func countQueryable(_ evaluation: Evaluation) {
        let firsts = firsts.span
        let ends = ends.span
        var total = 0
        for index in 0..<ends.count { total &+= Int(ends[index] &- firsts[index]) }
        evaluation.countQueryable(total) { Int(self.ends[$0] &- self.firsts[$0]) }
    }
}
