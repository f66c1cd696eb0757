/// The instruments of one name, one for each combination of label values.
///
/// The number of labels is part of the type, so that a wrong number of values does not compile:
///
/// ```swift
/// let requests: MetricFamily<Counter, 2> = try registry.counter(
///     "requests_total", help: "Requests answered.", labels: ["code", "method"])
/// requests["200", "get"].increment()
/// ```
///
/// A look-up costs some tens of nanoseconds; code that runs more often keeps the child. Every method may be called from any
/// thread.
public struct MetricFamily<Child: Instrument, let labelCount: Int>: Sendable {
    @usableFromInline
    let table: ChildTable
    /// The labels whose values are given already.
    @usableFromInline
    let fixed: FixedLabels?

    /// The family of a table whose children are all of class `Child`.
    init(_ table: ChildTable, fixed: FixedLabels? = nil) {
        self.table = table
        self.fixed = fixed
    }

    /// The child with the given values; the registry made the table with children of this class only.
    @inlinable
    func child(_ values: Span<String>) -> Child {
        if let fixed { return unsafe unsafeDowncast(fixed.child(values, of: table), to: Child.self) }
        return unsafe unsafeDowncast(table.child(values), to: Child.self)
    }

    /// The child with the given label values, in the order of the label names; made when it is asked for first.
    ///
    /// The form for any number of labels: `family[["a", "b", "c", "d", "e"]]`.
    @inlinable
    public subscript(_ values: [labelCount of String]) -> Child {
        child(values.span)
    }

    /// The child with label values whose number is known only when the program runs.
    ///
    /// ```swift
    /// try requests.child(for: line.split(separator: " ").map(String.init)).increment()
    /// ```
    ///
    /// - Throws: `MetricError.wrongLabelCount` when there are more or fewer values than label names.
    public func child(for values: [String]) throws(MetricError) -> Child {
        guard values.count == labelCount else {
            throw .wrongLabelCount(metric: table.descriptor.name, expected: labelCount, given: values.count)
        }
        return child(values.span)
    }

    /// Takes the child with the given label values out of the exposition.
    ///
    /// ```swift
    /// requests.remove(["200", "get"])
    /// ```
    ///
    /// - Returns: Whether there was one.
    @discardableResult
    public func remove(_ values: [labelCount of String]) -> Bool {
        if let fixed { return table.remove(fixed.all(values.span).span) }
        return table.remove(values.span)
    }

    /// Takes all children out of the exposition; of a curried family those with its values.
    ///
    /// ```swift
    /// let gets: MetricFamily<Counter, 1> = try requests.curried(["method": "get"])
    /// gets.removeAll()
    /// ```
    ///
    /// - Returns: How many there were.
    @discardableResult
    public func removeAll() -> Int {
        table.removeAll(matching: fixed?.values ?? [])
    }

    /// The number of children; of a curried family of those with its values.
    public var count: Int { table.count(matching: fixed?.values ?? []) }

    /// The family with the values of some labels given once and for all.
    ///
    /// ```swift
    /// let gets: MetricFamily<Counter, 1> = try requests.curried(["method": "get"])
    /// gets["200"].increment()
    /// ```
    ///
    /// - Throws: `MetricError.invalidCurrying` when the family has no such label, or another number of labels is left than
    ///   the type of the result says.
    public func curried<let openCount: Int>(
        _ labels: KeyValuePairs<String, String>
    ) throws(MetricError) -> MetricFamily<Child, openCount> {
        let name = table.descriptor.name
        let names = table.descriptor.labelNames
        var values = fixed?.values ?? []
        for (label, value) in labels {
            guard let position = names.firstIndex(of: label), !values.contains(where: { $0.position == position })
            else {
                throw .invalidCurrying(metric: name, reason: "it has no open label \"\(label)\"")
            }
            values.append((position, value))
        }
        let open = names.count - values.count
        guard open == openCount else {
            throw .invalidCurrying(metric: name, reason: "\(open) labels are left, not \(openCount)")
        }
        return MetricFamily<Child, openCount>(table, fixed: FixedLabels(values, of: names.count))
    }

    /// The family with values for its first open labels, of which the caller knows that there are enough.
    @usableFromInline
    func fixing<let openCount: Int>(_ leading: [String]) -> MetricFamily<Child, openCount> {
        let count = table.descriptor.labelNames.count
        var values = fixed?.values ?? []
        let open = (0..<count).filter { position in !values.contains { $0.position == position } }
        for (position, value) in zip(open, leading) { values.append((position, value)) }
        return MetricFamily<Child, openCount>(table, fixed: FixedLabels(values, of: count))
    }
}

/// The label values that a curried family has been given, by position.
@usableFromInline
final class FixedLabels: Sendable {
    let values: [(position: Int, value: String)]
    /// The values of all labels; of those that are open an empty one.
    private let template: [String]
    private let openPositions: [Int]

    init(_ values: [(position: Int, value: String)], of count: Int) {
        self.values = values
        var template = [String](repeating: "", count: count)
        for (position, value) in values { template[position] = value }
        self.template = template
        openPositions = (0..<count).filter { position in !values.contains { $0.position == position } }
    }

    /// The values of all labels.
    func all(_ open: Span<String>) -> [String] {
        var values = template
        for (index, position) in openPositions.enumerated() where index < open.count { values[position] = open[index] }
        return values
    }

    @usableFromInline
    func child(_ open: Span<String>, of table: ChildTable) -> any Instrument {
        let values = all(open)
        return table.child(values.span)
    }
}
