import ApusBytes
import ApusModel
import ApusPromQL

/// An element that `topk` or `bottomk` may keep.
private struct Candidate {
    var value: Double
    /// The position of the series in the input; of equal values the earlier one is kept.
    var series: Int
}

extension Evaluator {
    /// The aggregations that give back some of their elements: `topk`, `bottomk`, `limitk`, `limit_ratio`.
    func pick(_ node: Aggregation, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        guard let parameter = node.parameter else { return RowSource.empty }
        let values = try scalar(parameter, on: grid)
        if node.operation == .limitRatio {
            return try pickRatio(node, values, position: parameter.withoutParentheses.range.start, on: grid)
        }
        if values.contains(where: \.isNaN) { throw .execution("Parameter value is NaN") }
        if let large = values.first(where: { $0 >= 0x1p63 }) {
            throw .execution("Scalar value \(NumberText.string(large, .plain)) overflows int64")
        }
        if let small = values.first(where: { $0 <= -0x1p63 }) {
            throw .execution("Scalar value \(NumberText.string(small, .plain)) underflows int64")
        }
        let source = try vector(node.operand, on: grid)
        // No group has more elements than there are series.
        let limits = values.map { max(0, Int(min($0, Double(source.series.count)))) }
        guard limits.contains(where: { $0 > 0 }) else {
            try readForRemarks(source, of: node.operand, Array(source.series.indices), on: grid)
            return RowSource.empty
        }
        let groups = SeriesGroups(source.series, by: node.grouping, metadataNames: evaluation.metadataNames)
        let parts = evaluation.parts(of: groups.members.count, atLeast: 1)
        let results = try evaluation.parallel(parts: parts.count) { part, scratch throws(QueryError) in
            var picked: [(series: Int, row: Row)] = []
            for group in parts[part] {
                let members = groups.members[group]
                let rows =
                    node.operation == .limitk
                    ? try self.firstElements(
                        of: members, source, limits, readsAll: node.operand.canRemarkWhenRead, &scratch)
                    : try self.extremes(of: members, source, limits, node, &scratch)
                picked += rows
            }
            return picked
        }
        let picked = Array(results.joined())
        return RowSource(series: picked.map { source.series[$0.series] }, rows: picked.map(\.row))
    }

    /// The k largest or smallest elements of one group at each step; at a single step in their order.
    private func extremes(
        of members: [Int], _ source: any SeriesSource, _ limits: [Int], _ node: Aggregation, _ scratch: inout Scratch
    ) throws(QueryError) -> [(series: Int, row: Row)] {
        let isLargest = node.operation == .topk
        func isBetter(_ a: Candidate, _ b: Candidate) -> Bool {
            if a.value.isNaN || b.value.isNaN { return !a.value.isNaN && b.value.isNaN }
            return isLargest ? a.value > b.value : a.value < b.value
        }
        // For each step the best elements so far, as a heap whose root is the worst of them.
        var heaps = [[Candidate]](repeating: [], count: limits.count)
        var row = scratch.takeRow(limits.count)
        for member in members {
            try source.read(member, into: &row, scratch: &scratch)
            if row.hasHistograms {
                if row.values.indices.contains(where: { limits[$0] > 0 && row.isHistogram(at: $0) }) {
                    evaluation.annotate(.ignoredInAggregation(node.operation), at: node.range.start)
                }
                row.dropHistograms()
            }
            for step in row.values.indices where row.isPresent(at: step) {
                let candidate = Candidate(value: row.values[step], series: member)
                if heaps[step].count < limits[step] {
                    try evaluation.hold(1)
                    try evaluation.hold(bytes: MemoryLayout<Candidate>.stride)
                    heaps[step].insertIntoHeap(candidate) { isBetter($1, $0) }
                } else if let worst = heaps[step].first, isBetter(candidate, worst) {
                    heaps[step].replaceHeapRoot(with: candidate) { isBetter($1, $0) }
                }
            }
        }
        scratch.giveBack(row)
        var positions: [Int: Int] = [:]
        var result: [(series: Int, row: Row)] = []
        for (step, heap) in heaps.enumerated() {
            let ordered = heap.sorted { a, b in
                isBetter(a, b) || (!isBetter(b, a) && a.series < b.series)
            }
            for candidate in ordered {
                let position = positions[candidate.series] ?? result.count
                if position == result.count {
                    positions[candidate.series] = position
                    result.append((candidate.series, Row(count: limits.count)))
                }
                result[position].row.values[step] = candidate.value
            }
        }
        return result
    }

    /// The first k elements of one group at each step, in the order of the series.
    ///
    /// - Parameter readsAll: whether the series after them are read, too, for what is to be remarked of them.
    private func firstElements(
        of members: [Int], _ source: any SeriesSource, _ limits: [Int], readsAll: Bool, _ scratch: inout Scratch
    ) throws(QueryError) -> [(series: Int, row: Row)] {
        var taken = [Int](repeating: 0, count: limits.count)
        var result: [(series: Int, row: Row)] = []
        for member in members {
            var row = Row(count: limits.count)
            try source.read(member, into: &row, scratch: &scratch)
            var isUsed = false
            for step in row.values.indices where row.isPresent(at: step) {
                if taken[step] < limits[step] {
                    taken[step] += 1
                    isUsed = true
                } else {
                    row.remove(at: step)
                }
            }
            if isUsed {
                try evaluation.hold(row.weight)
                result.append((member, row))
            }
            if !readsAll, taken == limits { break }
        }
        return result
    }

    /// `limit_ratio`: elements whose hash lies in the first (ratio above zero) or last part of its range.
    private func pickRatio(
        _ node: Aggregation, _ ratios: [Double], position: Int, on grid: StepGrid
    ) throws(QueryError) -> any SeriesSource {
        if ratios.contains(where: \.isNaN) { throw .execution("Ratio value is NaN") }
        for ratio in ratios where ratio.magnitude > 1 {
            evaluation.annotate(.invalidRatio(ratio, cappedTo: ratio > 0 ? 1 : -1), at: position)
        }
        let source = try vector(node.operand, on: grid)
        // The peers' hash, so that they choose the same series.
        let shares = source.series.map { Double(PeerHash.hash($0.labels)) / Double(UInt64.max) }
        return RatioSource(base: source, shares: shares, ratios: ratios.map { min(max($0, -1), 1) })
    }
}

/// The elements that a ratio chooses, decided by each series' place in the range of hashes.
private struct RatioSource: SeriesSource {
    let base: any SeriesSource
    /// For each series a number from 0 up to 1.
    let shares: [Double]
    /// One per step, from −1 to 1.
    let ratios: [Double]
    var series: [SeriesIdentity] { base.series }

    func read(_ index: Int, into row: inout Row, scratch: inout Scratch) throws(QueryError) {
        try base.read(index, into: &row, scratch: &scratch)
        let share = shares[index]
        row.keepPresent { step in
            let ratio = ratios[step]
            return ratio >= 0 ? share < ratio : share >= 1 + ratio
        }
    }
}

extension [Candidate] {
    /// Adds an element to a heap whose root is the first in `isOrdered`.
    fileprivate mutating func insertIntoHeap(_ element: Candidate, _ isOrdered: (Candidate, Candidate) -> Bool) {
        append(element)
        var child = count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isOrdered(self[child], self[parent]) else { return }
            swapAt(child, parent)
            child = parent
        }
    }

    /// Puts another element in the place of the heap's root.
    fileprivate mutating func replaceHeapRoot(
        with element: Candidate, _ isOrdered: (Candidate, Candidate) -> Bool
    ) {
        self[0] = element
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < count else { return }
            if child + 1 < count, isOrdered(self[child + 1], self[child]) { child += 1 }
            guard isOrdered(self[child], self[parent]) else { return }
            swapAt(child, parent)
            parent = child
        }
    }
}
