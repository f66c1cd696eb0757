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
/// A look-up costs about 80 ns; code that runs more often keeps the child. Every method may be called from any thread.
public struct MetricFamily<Child: Instrument, let labelCount: Int>: Sendable {
    @usableFromInline
    let table: ChildTable

    /// The family of a table whose children are all of class `Child`.
    init(_ table: ChildTable) {
        self.table = table
    }

    /// The child with the given values; the registry made the table with children of this class only.
    @inlinable
    func child(_ values: Span<String>) -> Child {
        unsafe unsafeDowncast(table.child(values), to: Child.self)
    }

    /// The child with the given label values, in the order of the label names; made when it is asked for first.
    ///
    /// The form for any number of labels: `family[["a", "b", "c", "d", "e"]]`.
    @inlinable
    public subscript(_ values: [labelCount of String]) -> Child {
        child(values.span)
    }

    /// Takes the child with the given label values out of the exposition.
    ///
    /// - Returns: Whether there was one.
    @discardableResult
    public func remove(_ values: [labelCount of String]) -> Bool {
        table.remove(values.span)
    }

    /// Takes all children out of the exposition.
    public func removeAll() {
        table.removeAll()
    }

    /// The number of children.
    public var count: Int { table.count }
}

extension MetricFamily where labelCount == 1 {
    /// The child with the given label value; made when it is asked for first.
    @inlinable
    public subscript(_ value: String) -> Child {
        let values: [1 of String] = [value]
        return child(values.span)
    }
}

extension MetricFamily where labelCount == 2 {
    /// The child with the given label values; made when it is asked for first.
    @inlinable
    public subscript(_ first: String, _ second: String) -> Child {
        let values: [2 of String] = [first, second]
        return child(values.span)
    }
}

extension MetricFamily where labelCount == 3 {
    /// The child with the given label values; made when it is asked for first.
    @inlinable
    public subscript(_ first: String, _ second: String, _ third: String) -> Child {
        let values: [3 of String] = [first, second, third]
        return child(values.span)
    }
}

extension MetricFamily where labelCount == 4 {
    /// The child with the given label values; made when it is asked for first.
    @inlinable
    public subscript(_ first: String, _ second: String, _ third: String, _ fourth: String) -> Child {
        let values: [4 of String] = [first, second, third, fourth]
        return child(values.span)
    }
}
