package import ApusModel

extension Expression {
    /// The matchers of every selector in the expression, in the order of the text.
    package var selectors: [[Matcher]] {
        if case .vectorSelector(let selector) = self { return [selector.matchers] }
        return children.flatMap(\.selectors)
    }
}
