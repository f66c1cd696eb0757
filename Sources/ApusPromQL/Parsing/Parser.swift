package import ApusModel

/// Reads PromQL.
package enum Parser {
    /// Reads an expression and checks its types.
    ///
    /// - Throws: the first error in the text, in Prometheus' words.
    package static func parse(
        _ text: String, options: ParserOptions = ParserOptions()
    ) throws(ParseError) -> Expression {
        let bytes = Array(text.utf8)
        guard bytes.count <= options.maximumLength else {
            throw ParseError(
                "expression is too long: \(bytes.count) bytes, at most \(options.maximumLength) are allowed",
                at: SourceRange(start: 0, end: bytes.count), in: bytes)
        }
        var parser = try ExpressionParser(bytes, options: options)
        let expression = try parser.parseWhole()
        try TypeChecker(text: bytes).check(expression)
        return expression
    }

    /// Reads a series selector without modifiers, as `match[]` parameters hold it.
    ///
    /// - Throws: the first error in the text, in Prometheus' words.
    package static func parseSelector(
        _ text: String, options: ParserOptions = ParserOptions()
    ) throws(ParseError) -> [Matcher] {
        let expression = try parse(text, options: options)
        guard case .vectorSelector(let selector) = expression, selector.offset == nil, selector.anchor == nil,
            selector.windowExtension == nil
        else {
            throw ParseError(
                "expected a series selector, got \(QuotedText.quoted(expression.description))", at: expression.range,
                in: Array(text.utf8))
        }
        return selector.matchers
    }

    /// Reads the description of one series, `name{label="value"}`, as scripts and rule tests hold it.
    ///
    /// A label with an empty value counts as absent; no label at all is allowed.
    /// - Throws: the first error in the text, in Prometheus' words.
    package static func parseSeries(_ text: String) throws(ParseError) -> LabelSet {
        let bytes = Array(text.utf8)
        var parser = try ExpressionParser(bytes, options: ParserOptions())
        return try parser.parseWholeSeries()
    }
}
