import ApusBytes

/// What series of a block have in common: the names of their labels, and the values that all series of a shape have.
///
/// A shape is made for each combination of names and the value of the first of them, mostly the name of the metric.
struct SeriesShapes {
    /// The label of a shape.
    private struct Label {
        var name: UInt32
        /// That of the first series.
        var value: UInt32
        var isVaried = false
    }

    /// The number of the shape of each series.
    private(set) var shapeOfSeries: [UInt32] = []
    private var labels: [Label] = []
    /// The end of the labels of each shape.
    private var ends: [Int] = [0]

    /// The shapes of series, given by pairs of symbols and the end of those of each.
    init(runs: [UInt32], ends seriesEnds: [Int]) {
        shapeOfSeries.reserveCapacity(seriesEnds.count)
        var known: [[UInt32]: UInt32] = [:]
        var key: [UInt32] = []
        var previousKey: [UInt32] = []
        var start = 0
        for end in seriesEnds {
            key.removeAll(keepingCapacity: true)
            if start < end { key.append(runs[start + 1]) }
            for position in stride(from: start, to: end, by: 2) { key.append(runs[position]) }
            // In the order of label sets the same shapes mostly follow each other.
            let isSame = !shapeOfSeries.isEmpty && key == previousKey
            if let shape = isSame ? shapeOfSeries.last : known[key] {
                let first = ends[Int(shape)]
                for position in 0..<(end - start) / 2
                where labels[first + position].value != runs[start + 2 * position + 1] {
                    labels[first + position].isVaried = true
                }
                shapeOfSeries.append(shape)
            } else {
                let shape = UInt32(ends.count - 1)
                known[key] = shape
                for position in stride(from: start, to: end, by: 2) {
                    labels.append(Label(name: runs[position], value: runs[position + 1]))
                }
                ends.append(labels.count)
                shapeOfSeries.append(shape)
            }
            swap(&key, &previousKey)
            start = end
        }
    }

    /// Whether the series of a shape say the value of a label.
    func isVaried(_ shape: UInt32, _ position: Int) -> Bool { labels[ends[Int(shape)] + position].isVaried }

    /// The section of the index.
    func encoded() -> [UInt8] {
        var section = IndexSection(capacity: ends.count - 1)
        for shape in 0..<(ends.count - 1) {
            let labels = labels[ends[shape]..<ends[shape + 1]]
            section.content.appendVarint(UInt64(labels.count))
            section.content.appendVarint(UInt64(labels.count { $0.isVaried }))
            for label in labels {
                section.content.appendVarint(UInt64(label.name))
                section.content.appendVarint(label.isVaried ? 0 : UInt64(label.value) + 1)
            }
            section.endEntry()
        }
        return section.encoded()
    }
}
