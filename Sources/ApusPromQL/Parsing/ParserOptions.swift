/// Which expressions are accepted.
package struct ParserOptions: Sendable, Hashable {
    /// The longest text, in bytes.
    package var maximumLength = 1 << 20
    /// The greatest height of the tree, and with it the deepest nesting.
    ///
    /// A level costs the parser less than 3 KiB of stack, so that a thread with 1 MiB can read any accepted text.
    package var maximumDepth = 250
    /// The largest number of nodes and matchers.
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
