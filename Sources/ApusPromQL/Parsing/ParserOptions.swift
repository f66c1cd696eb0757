/// Which expressions are accepted.
package struct ParserOptions: Sendable, Hashable {
    /// The longest text, in bytes.
    package var maximumLength = 1 << 20
    /// The greatest height of the tree, and with it the deepest nesting.
    ///
    /// A level costs the parser less than 1 KiB of stack.
    package var maximumDepth = 300
    /// The largest number of nodes.
    package var maximumNodes = 50_000
    /// Whether functions and aggregations are accepted that Prometheus has behind a feature flag.
    package var allowsExperimentalFunctions = true
    /// Whether `smoothed` and `anchored` are accepted.
    package var allowsExtendedRangeSelectors = true
    /// Whether `fill`, `fill_left` and `fill_right` are accepted.
    package var allowsFillModifiers = true

    /// The defaults: everything is accepted, within the limits.
    package init() {}
}
