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

    /// The family with the value of its first label given once and for all.
    ///
    /// ```swift
    /// let ok = requests.curried("200")
    /// ok["get"].increment()
    /// ```
    public func curried(_ first: String) -> MetricFamily<Child, 1> {
        fixing([first])
    }
}

extension MetricFamily where labelCount == 3 {
    /// The child with the given label values; made when it is asked for first.
    @inlinable
    public subscript(_ first: String, _ second: String, _ third: String) -> Child {
        let values: [3 of String] = [first, second, third]
        return child(values.span)
    }

    /// The family with the value of its first label given once and for all.
    public func curried(_ first: String) -> MetricFamily<Child, 2> {
        fixing([first])
    }

    /// The family with the values of its first two labels given once and for all.
    public func curried(_ first: String, _ second: String) -> MetricFamily<Child, 1> {
        fixing([first, second])
    }
}

extension MetricFamily where labelCount == 4 {
    /// The child with the given label values; made when it is asked for first.
    @inlinable
    public subscript(_ first: String, _ second: String, _ third: String, _ fourth: String) -> Child {
        let values: [4 of String] = [first, second, third, fourth]
        return child(values.span)
    }

    /// The family with the value of its first label given once and for all.
    public func curried(_ first: String) -> MetricFamily<Child, 3> {
        fixing([first])
    }

    /// The family with the values of its first two labels given once and for all.
    public func curried(_ first: String, _ second: String) -> MetricFamily<Child, 2> {
        fixing([first, second])
    }

    /// The family with the values of its first three labels given once and for all.
    public func curried(_ first: String, _ second: String, _ third: String) -> MetricFamily<Child, 1> {
        fixing([first, second, third])
    }
}
