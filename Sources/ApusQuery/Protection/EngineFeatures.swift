package import ApusPromQL

/// Parts of the language and of the engine that Prometheus has behind `--enable-feature`, by its names.
///
/// What only accepts more expressions is on from the start; what changes the results of expressions that exist, or makes
/// answers longer, is off.
package struct EngineFeatures: Sendable, Hashable {
    /// A feature that can be named in `--enable-feature`.
    package enum Feature: String, Sendable, CaseIterable {
        /// Functions and aggregations that Prometheus calls experimental. On by default.
        case experimentalFunctions = "promql-experimental-functions"
        /// Calculations in the places of durations. Always on, as in Prometheus since 3.14.
        case durationExpressions = "promql-duration-expr"
        /// `smoothed` and `anchored`. On by default.
        case extendedRangeSelectors = "promql-extended-range-selectors"
        /// `fill`, `fill_left` and `fill_right`. On by default.
        case fillModifiers = "promql-binop-fill-modifiers"
        /// Samples per step in `stats=all`. Off by default: it makes answers longer.
        case perStepStatistics = "promql-per-step-stats"
        /// Metric names are dropped at the end of the evaluation. Always on: it makes label functions see the name.
        case delayedNameRemoval = "promql-delayed-name-removal"
        /// Rates begin at a counter's start time where it is known. Off by default: it changes results.
        case startTimestamps = "use-start-timestamps"
        /// `__type__` and `__unit__` belong to the metric's name. Off by default: it changes results.
        case typeAndUnitLabels = "type-and-unit-labels"

        /// Whether it is on when nobody says anything.
        package var isOnByDefault: Bool {
            switch self {
            case .experimentalFunctions, .durationExpressions, .extendedRangeSelectors, .fillModifiers,
                .delayedNameRemoval:
                true
            case .perStepStatistics, .startTimestamps, .typeAndUnitLabels: false
            }
        }

        /// Whether it can be switched off.
        package var isAlwaysOn: Bool { self == .durationExpressions || self == .delayedNameRemoval }
    }

    private var enabled: Set<Feature>

    /// The defaults.
    package init() {
        enabled = Set(Feature.allCases.filter(\.isOnByDefault))
    }

    /// Whether a feature is on.
    package subscript(_ feature: Feature) -> Bool {
        get { enabled.contains(feature) }
        set {
            if newValue || feature.isAlwaysOn { enabled.insert(feature) } else { enabled.remove(feature) }
        }
    }

    /// Switches on the feature with one of Prometheus' names.
    ///
    /// - Returns: whether it is a name of a feature of PromQL.
    @discardableResult
    package mutating func enable(named name: String) -> Bool {
        guard let feature = Feature(rawValue: name) else { return false }
        self[feature] = true
        return true
    }

    /// What the parser accepts with these features.
    package var parserOptions: ParserOptions {
        var options = ParserOptions()
        options.allowsExperimentalFunctions = self[.experimentalFunctions]
        options.allowsExtendedRangeSelectors = self[.extendedRangeSelectors]
        options.allowsFillModifiers = self[.fillModifiers]
        return options
    }
}
