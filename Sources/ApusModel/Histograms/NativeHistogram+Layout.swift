extension NativeHistogram {
    /// Drops empty buckets and merges neighbouring spans.
    package mutating func compact() {
        NativeHistogram.compact(&positiveSpans, &positiveBuckets)
        NativeHistogram.compact(&negativeSpans, &negativeBuckets)
    }

    private static func compact(_ spans: inout [Span], _ populations: inout [Double]) {
        let isCompact =
            !populations.contains(0) && spans.allSatisfy { $0.length > 0 }
            && spans.dropFirst().allSatisfy { $0.offset != 0 }
        if isCompact { return }
        var runs = BucketRuns(capacity: populations.count)
        var cursor = BucketCursor(spans, populationCount: populations.count)
        while cursor.advance() {
            let population = populations[cursor.position]
            if population != 0 { runs.append(population, at: cursor.index) }
        }
        spans = runs.spans
        populations = runs.populations
    }

    /// Merges exponential buckets until they have the coarser `schema`; nothing happens with a finer one, nor to custom
    /// bounds.
    package mutating func reduceResolution(to schema: Int32) {
        guard !isCustom, schema < self.schema else { return }
        let steps = Int(self.schema) - Int(schema)
        reduce(&positiveSpans, &positiveBuckets, by: steps)
        reduce(&negativeSpans, &negativeBuckets, by: steps)
        self.schema = schema
    }

    private func reduce(_ spans: inout [Span], _ populations: inout [Double], by steps: Int) {
        if populations.isEmpty {
            spans = []
            return
        }
        var runs = BucketRuns(capacity: populations.count)
        var cursor = BucketCursor(spans, populationCount: populations.count)
        while cursor.advance() {
            let index = NativeHistogram.reducedIndex(cursor.index, by: steps)
            if runs.endsAt(index) {
                runs.addToLast(populations[cursor.position])
            } else {
                runs.append(populations[cursor.position], at: index)
            }
        }
        spans = runs.spans
        populations = runs.populations
    }

    /// The index, `steps` schemas coarser, of the bucket that holds the bucket at `index`.
    ///
    /// Bucket i covers (base^(i−1), base^i], and each step merges pairs around the bound 1.
    package static func reducedIndex(_ index: Int, by steps: Int) -> Int {
        ((index - 1) >> steps) + 1
    }

    /// Whether two histograms have the same content: what `==` and `changes` of PromQL compare.
    ///
    /// Floats are compared by their bits, so that NaN equals itself; empty buckets count as buckets; what is known of
    /// resets does not matter.
    package func hasSameContent(as other: NativeHistogram) -> Bool {
        schema == other.schema && count.bitPattern == other.count.bitPattern
            && sum.bitPattern == other.sum.bitPattern && zeroThreshold == other.zeroThreshold
            && zeroCount.bitPattern == other.zeroCount.bitPattern
            && (!isCustom || customBounds == other.customBounds)
            && NativeHistogram.areSame(
                positiveSpans, positiveBuckets, other.positiveSpans, other.positiveBuckets)
            && NativeHistogram.areSame(
                negativeSpans, negativeBuckets, other.negativeSpans, other.negativeBuckets)
    }

    private static func areSame(_ spans: [Span], _ buckets: [Double], _ others: [Span], _ otherBuckets: [Double])
        -> Bool
    {
        guard buckets.count == otherBuckets.count else { return false }
        for position in buckets.indices
        where buckets[position].bitPattern != otherBuckets[position].bitPattern { return false }
        if spans == others { return true }
        var cursor = BucketCursor(spans, populationCount: buckets.count)
        var other = BucketCursor(others, populationCount: buckets.count)
        while cursor.advance() {
            guard other.advance(), cursor.index == other.index else { return false }
        }
        return !other.advance()
    }
}
