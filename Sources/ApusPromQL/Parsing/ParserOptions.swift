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

/// A part of the language that Prometheus has behind a feature flag, by the flag's name.
package enum LanguageFeature: String, Sendable, CaseIterable {
    /// Functions and aggregations that are experimental there.
    case experimentalFunctions = "promql-experimental-functions"
    /// `smoothed` and `anchored`.
    case extendedRangeSelectors = "promql-extended-range-selectors"
    /// `fill`, `fill_left` and `fill_right`.
    case fillModifiers = "promql-binop-fill-modifiers"
}

extension ParserOptions {
    /// The options under which exactly these features are accepted, as a Prometheus started with their flags does.
    package init(features: Set<LanguageFeature>) {
        self.init()
        allowsExperimentalFunctions = features.contains(.experimentalFunctions)
        allowsExtendedRangeSelectors = features.contains(.extendedRangeSelectors)
        allowsFillModifiers = features.contains(.fillModifiers)
    }
}
