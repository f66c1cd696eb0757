package import ApusModel

/// The time at which a selector or subquery is evaluated, whatever the query's own time: the `@` modifier.
package enum TimeAnchor: Sendable, Hashable {
    /// `@ 1609746000`: milliseconds since the epoch.
    case timestamp(Int64)
    /// `@ start()`: the start of the query.
    case start
    /// `@ end()`: the end of the query.
    case end
}

/// How samples beside a window take part in it.
package enum WindowExtension: String, Sendable {
    /// Values at the window's edges are interpolated from the samples beside them.
    case smoothed
    /// The last sample before the window counts as its first.
    case anchored
}

/// `name{label="value"}`: the series with certain labels, one sample per step.
package struct VectorSelector: Sendable, Hashable {
    /// The metric's name when it stands before the braces; also among `matchers`.
    package var name: String?
    /// All conditions, sorted by their text; the one that stands for `name` comes last.
    package var matchers: [Matcher]
    /// How far before the evaluation time to look; negative for later.
    package var offset: DurationValue?
    /// The evaluation time, when it is not the query's.
    package var anchor: TimeAnchor?
    /// How samples beside the window take part, with `smoothed` and `anchored`.
    package var windowExtension: WindowExtension?
    /// Where the node stands, modifiers included.
    @Incidental package var range: SourceRange

    /// A selector without modifiers.
    package init(name: String?, matchers: [Matcher], range: SourceRange) {
        self.name = name
        self.matchers = matchers
        self._range = Incidental(wrappedValue: range)
    }
}

/// `name[5m]`: the series with certain labels, a window of samples per step.
package struct MatrixSelector: Sendable, Hashable {
    /// Which series, and the `offset`, `@`, `smoothed` and `anchored` of the whole.
    package var selector: VectorSelector
    /// The width of the window, open at its start and closed at its end.
    package var window: DurationValue
    /// Where the node stands, modifiers included.
    @Incidental package var range: SourceRange

    /// A window over the series of `selector`.
    package init(selector: VectorSelector, window: DurationValue, range: SourceRange) {
        self.selector = selector
        self.window = window
        self._range = Incidental(wrappedValue: range)
    }
}

/// `expression[1h:1m]`: an instant vector evaluated repeatedly, as a range vector.
package struct Subquery: Sendable, Hashable {
    /// The expression that is evaluated at each of the inner steps.
    package var inner: Expression
    /// The width of the window, open at its start and closed at its end.
    package var window: DurationValue
    /// The distance of the inner evaluation times, which are multiples of it; `nil` for the engine's default.
    package var step: DurationValue?
    /// How far before the evaluation time the window ends; negative for later.
    package var offset: DurationValue?
    /// The evaluation time, when it is not the query's.
    package var anchor: TimeAnchor?
    /// Where the node stands, modifiers included.
    @Incidental package var range: SourceRange

    /// A subquery without modifiers.
    package init(inner: Expression, window: DurationValue, step: DurationValue?, range: SourceRange) {
        self.inner = inner
        self.window = window
        self.step = step
        self._range = Incidental(wrappedValue: range)
    }
}
