import ApusModel

/// What an aggregation does with histograms.
enum HistogramUse: Sendable {
    /// It leaves them out, with a remark.
    case ignored
    /// They are values like others.
    case counted
    /// They are added up.
    case summed
    /// Their mean is made.
    case averaged
}

/// What an aggregation keeps for one group at one step.
///
/// Cells of parts of a group are joined in the order of the series, so that a result does not depend on which thread did
/// which part.
protocol AggregationCell: Sendable {
    /// What histograms are to the aggregation.
    static var histogramUse: HistogramUse { get }
    /// Without any value.
    init()
    /// Adds a value.
    mutating func add(_ value: Double)
    /// Adds what another cell has, whose values come after this one's.
    mutating func join(_ other: Self)
    /// The result, absent without any value.
    var result: Double { get }
}

/// `sum`.
struct SumCell: AggregationCell {
    static let histogramUse = HistogramUse.summed
    private var total = CompensatedSum(Point.absent)

    init() {}

    @inline(__always)
    mutating func add(_ value: Double) {
        if Point.isAbsent(total.sum) { total.sum = value } else { total.add(value) }
    }

    mutating func join(_ other: SumCell) {
        if Point.isAbsent(other.total.sum) { return }
        if Point.isAbsent(total.sum) { total = other.total } else { total.add(other.total) }
    }

    var result: Double { Point.isAbsent(total.sum) ? total.sum : total.value }
}

/// `avg`.
struct MeanCell: AggregationCell {
    static let histogramUse = HistogramUse.averaged
    private var mean = CompensatedMean()

    init() {}

    @inline(__always)
    mutating func add(_ value: Double) { mean.add(value) }

    mutating func join(_ other: MeanCell) { mean.join(other.mean) }

    var result: Double { mean.count == 0 ? Point.absent : mean.value }
}

/// `count`, and `group`, whose result is always 1.
struct CountCell: AggregationCell {
    static let histogramUse = HistogramUse.counted
    private var count = 0.0

    init() {}

    @inline(__always)
    mutating func add(_ value: Double) { count += 1 }

    mutating func join(_ other: CountCell) { count += other.count }

    var result: Double { count == 0 ? Point.absent : count }
}

/// `group`.
struct GroupCell: AggregationCell {
    static let histogramUse = HistogramUse.counted
    private var isPresent = false

    init() {}

    mutating func add(_ value: Double) { isPresent = true }

    mutating func join(_ other: GroupCell) { isPresent = isPresent || other.isPresent }

    var result: Double { isPresent ? 1 : Point.absent }
}

/// `min`: NaN only where there is nothing else.
struct MinimumCell: AggregationCell {
    static let histogramUse = HistogramUse.ignored
    private(set) var result = Point.absent

    init() {}

    @inline(__always)
    mutating func add(_ value: Double) {
        // An absent result is a NaN too.
        if result > value || result.isNaN { result = value }
    }

    mutating func join(_ other: MinimumCell) {
        if Point.isPresent(other.result) { add(other.result) }
    }
}

/// `max`: NaN only where there is nothing else.
struct MaximumCell: AggregationCell {
    static let histogramUse = HistogramUse.ignored
    private(set) var result = Point.absent

    init() {}

    @inline(__always)
    mutating func add(_ value: Double) {
        if result < value || result.isNaN { result = value }
    }

    mutating func join(_ other: MaximumCell) {
        if Point.isPresent(other.result) { add(other.result) }
    }
}

/// `stdvar`; `stddev` is its root.
struct VarianceCell: AggregationCell {
    static let histogramUse = HistogramUse.ignored
    private var count = 0.0
    private var mean = 0.0
    private var squares = 0.0

    init() {}

    @inline(__always)
    mutating func add(_ value: Double) {
        count += 1
        if count == 1 {
            mean = value
            squares = value.isFinite ? 0 : .nan
        } else {
            let distance = value - mean
            mean += distance / count
            squares += distance * (value - mean)
        }
    }

    mutating func join(_ other: VarianceCell) {
        if other.count == 0 { return }
        if count == 0 {
            self = other
            return
        }
        let total = count + other.count
        let distance = other.mean - mean
        mean += distance * (other.count / total)
        squares += other.squares + distance * distance * (count * other.count / total)
        count = total
    }

    var result: Double { count == 0 ? Point.absent : squares / count }
}
